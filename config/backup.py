"""One file that holds an instance: the database dump, uploaded files and the secret key.

A restore loads the dump into a new database beside the old one and swaps them only when it is whole. A restored
instance starts a new epoch (cursors stay in order although the new server counts transactions from the beginning) and
holds all sending, so that a copy can never message anybody by itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from config import environment, services

FORMAT = 1
DUMP, MANIFEST, SECRET, MEDIA = "database.dump", "manifest.json", "secret_key", "media"


class BackupRefused(Exception):
    """The file or the instance is not in a state for this; the message says what to do."""


@contextlib.contextmanager
def server() -> Iterator[dict[str, Any]]:
    """Connection parameters of a server that answers: the configured one, or the embedded one started for a while."""
    parameters = environment.database()
    if os.environ.get("DATABASE_URL"):
        yield parameters
        return
    sockets = environment.socket_folder()
    with contextlib.suppress(TimeoutError):
        services.wait_for_socket(sockets / ".s.PGSQL.5432", seconds=0.2)
        yield parameters
        return
    program = services.postgres(environment.HOME, sockets)
    child = subprocess.Popen(program.argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **program.popen)
    try:
        services.wait_for_socket(sockets / ".s.PGSQL.5432")
        services.create_database(parameters, data=environment.HOME / "postgres")
        yield parameters
    finally:
        child.send_signal(program.stop_signal)
        child.wait(30)


def run_tool(name: str, parameters: dict[str, Any], *arguments: str) -> None:
    """Run pg_dump or pg_restore; its complaint becomes ours."""
    settings = {
        "PGHOST": parameters["HOST"],
        "PGPORT": parameters["PORT"],
        "PGUSER": parameters["USER"],
        "PGPASSWORD": parameters.get("PASSWORD", ""),
    }
    extra = {key: str(value) for key, value in settings.items() if value}
    done = subprocess.run(
        [str(services.postgres_bin() / name), *arguments], env={**os.environ, **extra}, capture_output=True, text=True
    )
    if done.returncode:
        raise BackupRefused(f"{name}: {done.stderr.strip()}")


def back_up(target: Path) -> int:
    """Write the instance to `target` (readable by its owner only); returns its size in bytes. May run beside `up`."""
    with server() as parameters, tempfile.TemporaryDirectory(dir=target.absolute().parent) as folder:
        dump = Path(folder, DUMP)
        run_tool("pg_dump", parameters, "--format=custom", "--no-owner", "--file", str(dump), str(parameters["NAME"]))
        manifest = Path(folder, MANIFEST)
        manifest.write_text(json.dumps({"format": FORMAT}))
        packed = Path(folder, "packed")
        with os.fdopen(os.open(packed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                tar.add(manifest, MANIFEST)
                tar.add(dump, DUMP)
                if (environment.HOME / SECRET).exists():
                    tar.add(environment.HOME / SECRET, SECRET)
                if (environment.HOME / MEDIA).exists():
                    tar.add(environment.HOME / MEDIA, MEDIA)
        packed.replace(target)
    return target.stat().st_size


def restore(source: Path) -> None:
    """Replace a stopped instance's data by a backup. Raises BackupRefused, having changed nothing."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with tarfile.open(source) as tar:
                tar.extractall(folder, filter="data")
            manifest = json.loads(Path(folder, MANIFEST).read_text())
        except (OSError, tarfile.TarError, ValueError) as error:
            raise BackupRefused(f"{source} is not a Fenghuo backup: {error}") from error
        if manifest.get("format") != FORMAT:
            raise BackupRefused(f"{source} has format {manifest.get('format')}; this version reads {FORMAT}")
        with server() as parameters:
            load(Path(folder, DUMP), parameters)
        for name in (SECRET, MEDIA):
            if Path(folder, name).exists():
                put_in_place(Path(folder, name), environment.HOME / name)


def load(dump: Path, parameters: dict[str, Any]) -> None:
    name = str(parameters["NAME"])
    fresh, old = f"{name}_restoring", f"{name}_replaced"
    with contextlib.closing(connect(parameters, "postgres")) as admin, admin.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name])
        if cursor.fetchone()[0]:
            raise BackupRefused("The instance is running; stop it first.")
        for leftover in (fresh, old):
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(leftover)))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(fresh)))
        run_tool("pg_restore", parameters, "--no-owner", "--exit-on-error", "--dbname", fresh, str(dump))
        with contextlib.closing(connect(parameters, fresh)) as database, database.cursor() as inside:
            inside.execute("UPDATE journal_installation SET epoch = epoch + 1, send_hold = true")
        for before, after in ((name, old), (fresh, name)):
            statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            cursor.execute(statement.format(sql.Identifier(before), sql.Identifier(after)))
        cursor.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(old)))


def connect(parameters: dict[str, Any], name: str) -> Any:
    database = psycopg2.connect(
        host=parameters["HOST"],
        port=parameters["PORT"] or None,
        user=parameters["USER"] or None,
        password=parameters.get("PASSWORD") or None,
        dbname=name,
    )
    database.autocommit = True
    return database


def put_in_place(source: Path, target: Path) -> None:
    """Swap a file or folder in, across file systems. A folder stays itself: it may be a volume's mount point."""
    if not source.is_dir():
        shutil.move(str(source), str(target))
        return
    target.mkdir(parents=True, exist_ok=True)
    for old in target.iterdir():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    for new in source.iterdir():
        shutil.move(str(new), str(target / new.name))
