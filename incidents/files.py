"""Files as evidence: what is taken, under which name it is kept, and where its bytes lie.

Bytes lie under their SHA-256 in a folder outside the web root. They are written before any row names them, so that a
row never points to nothing; bytes that no row names are harmless.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
import unicodedata
import zipfile
from pathlib import Path

from django.conf import settings

LARGEST = 15 * 1024 * 1024
LONGEST_NAME = 120
FOLDER = "evidence"

# media type → the endings that fit it, the usual one first
ENDINGS: dict[str, tuple[str, ...]] = {
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/webp": ("webp",),
    "image/heic": ("heic", "heif"),
    "application/pdf": ("pdf",),
    "text/plain": ("txt", "log"),
    "text/csv": ("csv",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
}
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
OFFICE = {"xl/workbook.xml": "spreadsheetml.sheet", "word/document.xml": "wordprocessingml.document"}
MOST_PARTS = 5_000
# Characters that hide or reorder the rest of a name (bidirectional overrides, zero-width ones).
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def media_type_of(data: bytes, name: str) -> str:
    """What the bytes are, whatever the name claims; "" when it is nothing that is taken."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS:
        return "image/heic"
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    if data.startswith(b"PK\x03\x04"):
        return office_type(data)
    if is_text(data):
        return "text/csv" if name.lower().endswith(".csv") else "text/plain"
    return ""


def office_type(data: bytes) -> str:
    """A workbook or a document without macros; only its table of contents is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            parts = set(file.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return ""
    if len(parts) > MOST_PARTS or any(part.lower().endswith("vbaproject.bin") for part in parts):
        return ""
    kind = next((kind for part, kind in OFFICE.items() if part in parts), "")
    return f"application/vnd.openxmlformats-officedocument.{kind}" if kind else ""


def is_text(data: bytes) -> bool:
    """Text in UTF-8 or GB 18030 without control characters."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return bool(text.strip()) and not re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", text)
    return False


def safe_name(name: str, media_type: str) -> str:
    """The last part of a path, without characters that hide or mislead, with an ending that tells the truth."""
    last = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode()).replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(sign for sign in last if unicodedata.category(sign) not in INVISIBLE)
    shown = re.sub(r"[<>:\"|?*%;]", "_", shown).strip(" .")
    stem, _dot, ending = shown.rpartition(".")
    endings = ENDINGS[media_type]
    if not stem or ending.lower() not in endings:
        stem, ending = (stem if stem and len(ending) <= 5 else shown), endings[0]
    stem = stem.strip(" .") or "file"
    return f"{stem[: LONGEST_NAME - len(ending) - 1].rstrip(' .')}.{ending}"


def path_of(sha256: str) -> Path:
    """Where the bytes with this sum lie, whether they are there or not."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError("not a SHA-256")
    return Path(settings.MEDIA_ROOT) / FOLDER / sha256[:2] / sha256


def keep(data: bytes) -> str:
    """Write the bytes under their SHA-256, safely on disk when this returns; the same bytes are written once."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = path_of(sha256)
    if path.exists() and path.stat().st_size == len(data):
        return sha256
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return sha256
