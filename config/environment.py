"""What the process environment says, read once. Standard library only: it is used before Django is set up."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("FENGHUO_HOME") or BASE_DIR / ".run").absolute()
PORT = int(os.environ.get("PORT") or 8000)
BIND = os.environ.get("BIND") or "127.0.0.1"
LOOPBACK = BIND in {"127.0.0.1", "::1", "localhost"}
PUBLIC_URL = (os.environ.get("FENGHUO_PUBLIC_URL") or f"http://127.0.0.1:{PORT}").rstrip("/")
# How many requests a web process works on at once; each thread keeps a database connection.
WEB_THREADS = int(os.environ.get("FENGHUO_WEB_THREADS") or 12)
# Where a monitor outside waits for a sign of life; the operator's own choice.
HEARTBEAT_URL = os.environ.get("FENGHUO_HEARTBEAT_URL") or ""
SAMPLE = os.environ.get("FENGHUO_SAMPLE", "1") != "0"

# A UNIX socket path holds at most 107 bytes, and PostgreSQL appends "/.s.PGSQL.5432".
LONGEST_SOCKET_FOLDER = 85


def socket_folder() -> Path:
    """Where the embedded servers put their sockets: in the data folder, or under /tmp when that path is too long."""
    folder = HOME / "sockets"
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
        return folder
    digest = hashlib.sha256(os.fsencode(HOME)).hexdigest()[:12]
    return Path("/tmp") / f"fenghuo-{digest}"


def database() -> dict[str, object]:
    """Django's database settings from DATABASE_URL, else those of the embedded server.

    Raises ValueError when the URL is not a PostgreSQL one.
    """
    url = os.environ.get("DATABASE_URL")
    if not url:
        return {"NAME": "fenghuo", "USER": "postgres", "HOST": str(socket_folder()), "PORT": "5432"}
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError("DATABASE_URL must begin with postgresql://")
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.lstrip("/")) or "fenghuo",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
    }


def redis_url() -> str:
    return os.environ.get("REDIS_URL") or f"unix://{socket_folder() / 'redis.sock'}"


def celery_broker_url() -> str:
    """Celery spells a UNIX socket redis+socket:// and names the database virtual_host."""
    url = redis_url()
    if url.startswith("unix://"):
        return "redis+socket://" + url.removeprefix("unix://") + "?virtual_host=1"
    return url


def secret_key() -> str:
    """FENGHUO_SECRET_KEY, else one generated on first use and kept in the data folder."""
    given = os.environ.get("FENGHUO_SECRET_KEY")
    if given:
        return given
    path = HOME / "secret_key"
    HOME.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        key = secrets.token_urlsafe(50)
        file.write(key)
    return key
