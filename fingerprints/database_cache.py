"""The checked database and what the matcher derives from it, kept between runs.

Kept as msgpack and read back into the same typed structures, so a file that is not of this form is no database.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from pathlib import Path

import msgspec

from fingerprints.cache_files import read_cached, write_cached
from fingerprints.match_index import MatchIndex
from fingerprints.schema import Brand, CalibrationPoint, Entry, Family, Manufacturer, ModelRule

_NAME = "fingerprints"
_CODE = ("schema.py", "database_loader.py", "database_cache.py", "match_index.py", "pattern_literals.py")
"""What decides the form and content of what is kept: other code, other cache."""


class StoredDatabase(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of ``database_loader.Database`` under the same names, and its index."""

    entries: tuple[Entry, ...]
    families: dict[str, Family]
    classes: tuple[str, ...]
    tags: tuple[str, ...]
    manufacturers: dict[str, Manufacturer]
    brands: dict[str, Brand]
    models: tuple[ModelRule, ...]
    model_files: tuple[str, ...]
    calibration: tuple[CalibrationPoint, ...]
    requested: tuple[str, ...]
    files: dict[str, str]
    sha256: str
    names: dict[str, str]
    labels: dict[str, str]
    index: MatchIndex


def stored_database(folder: Path) -> StoredDatabase | None:
    """The database of ``folder`` as it was kept when its files were the same as now; None where it was not."""
    try:
        content = content_sha256(database_files(folder))
    except OSError:
        return None
    body = read_cached(_NAME, _key(content))
    if body is None:
        return None
    try:
        found = msgspec.msgpack.decode(body, type=StoredDatabase)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None
    return found if found.sha256 == content else None


def store_database(database: StoredDatabase) -> None:
    """Keep ``database`` for the next run."""
    write_cached(_NAME, _key(database.sha256), msgspec.msgpack.encode(database))


def database_files(folder: Path) -> list[Path]:
    """The files of a database, in the order in which they are read."""
    return [*sorted(folder.glob("*.yaml")), *sorted((folder / "models").glob("*.yaml"))]


def content_sha256(paths: list[Path]) -> str:
    """The hash of names and bytes of the files. Raises ``OSError``."""
    digest = hashlib.sha256()
    for path in paths:
        add_file(digest, path, path.read_bytes())
    return digest.hexdigest()


def add_file(digest: hashlib._Hash, path: Path, content: bytes) -> None:
    """Adds one file's name (with its folder's) and content to ``digest``."""
    digest.update("/".join(path.parts[-2:]).encode("utf-8", "replace") + b"\0" + content + b"\0")


def _key(content: str) -> str:
    """One key for the files, the code that reads them, the interpreter, the library and the processor."""
    folder = Path(__file__).parent
    code = [(folder / name).read_bytes() if (folder / name).is_file() else b"" for name in _CODE]
    digest = hashlib.sha256(b"\0".join(code))
    parts = (content, sys.version, sys.implementation.cache_tag or "", platform.machine(), msgspec.__version__)
    digest.update("\0".join(parts).encode())
    return digest.hexdigest()
