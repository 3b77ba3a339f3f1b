"""Small files in the user's cache folder: what was derived once and would take long to derive again.

A cache is never needed. Whatever is wrong with a file or its folder (missing, damaged, somebody else's, not
writable) reads as "nothing there", and a failed write is forgotten. ``COVERSCAN_NO_CACHE=1`` switches it off.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

MAX_FILE_BYTES = 64 * 1_048_576
MAX_FOLDER_BYTES = 128 * 1_048_576
MAX_FILES = 8

_MAGIC = b"coverscan cache 1\n"
_SUFFIX = ".cache"
_STALE_SECONDS = 3_600
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def cache_folder() -> Path | None:
    """Where this user's cache lies on this system; None where it is switched off or there is no home."""
    if os.environ.get("COVERSCAN_NO_CACHE", "") not in ("", "0"):
        return None
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
        return (Path(base) if base else home / "AppData" / "Local") / "coverscan" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "coverscan"
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else home / ".cache") / "coverscan"


def read_cached(name: str, key: str) -> bytes | None:
    """What was kept under ``name`` and ``key``; None where there is nothing that can be trusted."""
    folder = cache_folder()
    if folder is None:
        return None
    try:
        if not _is_ours(folder.lstat(), stat.S_ISDIR):
            return None
        content = _read(folder / _file_name(name, key))
    except (OSError, ValueError):
        return None
    head = _head(key)
    if content is None or not content.startswith(head):
        return None
    body = content[len(head) + 32 :]
    return body if hashlib.sha256(body).digest() == content[len(head) : len(head) + 32] else None


def write_cached(name: str, key: str, body: bytes) -> None:
    """Keep ``body`` under ``name`` and ``key``, if that is possible; older files make room."""
    folder = cache_folder()
    if folder is None or len(body) > MAX_FILE_BYTES - 1_024:
        return
    with contextlib.suppress(OSError, ValueError):
        if _may_be_made(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours(folder.lstat(), stat.S_ISDIR):
            return
        _write(folder / _file_name(name, key), _head(key) + hashlib.sha256(body).digest() + body)
        _make_room(folder)


def _file_name(name: str, key: str) -> str:
    return f"{name}-{key[:24]}{_SUFFIX}"


def _head(key: str) -> bytes:
    return _MAGIC + key.encode() + b"\n"


def _is_ours(status: os.stat_result, kind: Callable[[int], bool]) -> bool:
    """Whether it is of that kind, this user's, and nobody else may write to it."""
    if not kind(status.st_mode):
        return False
    if sys.platform == "win32":
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_MAY_WRITE


def _may_be_made(folder: Path) -> bool:
    """Not under somebody else's home: a root-owned folder there would shut its owner out."""
    above = next((parent for parent in folder.parents if parent.exists()), None)
    return above is not None and (sys.platform == "win32" or above.stat().st_uid == os.geteuid())


def _read(path: Path) -> bytes | None:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not _is_ours(status, stat.S_ISREG) or status.st_size > MAX_FILE_BYTES:
            return None
        return stream.read(MAX_FILE_BYTES)


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, so that a second process never reads half a file."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{time.monotonic_ns()}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _make_room(folder: Path) -> None:
    """Removes the oldest files beyond the bounds, and what an interrupted process left half written."""
    now = time.time()
    for left in folder.glob(f"*{_SUFFIX}.*.tmp"):
        if now - left.stat().st_mtime > _STALE_SECONDS:
            left.unlink(missing_ok=True)
    kept = size = 0
    files = [(path.stat(), path) for path in folder.glob(f"*{_SUFFIX}")]
    for status, path in sorted(files, key=lambda item: item[0].st_mtime, reverse=True):
        kept, size = kept + 1, size + status.st_size
        if kept > MAX_FILES or (size > MAX_FOLDER_BYTES and kept > 1):
            path.unlink(missing_ok=True)
