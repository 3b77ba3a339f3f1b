"""Reads the IEEE's files of assigned hardware blocks, and writes coverscan's own list from them.

Read are ``oui.csv``, ``mam.csv``, ``oui36.csv`` and ``iab.csv``, the same lists as ``.txt``, and Wireshark's
``manuf``. The files are other people's: every line is checked, and one bad line refuses the file.
"""

from __future__ import annotations

import csv
import datetime
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from fingerprints.hardware_blocks import MAX_FILE_BYTES, TITLE, Block, BlocksError

MAX_NAME_CHARS = 128
_MAX_LINE_CHARS = 4_096
_COLUMNS = ["Registry", "Assignment", "Organization Name", "Organization Address"]
_DIGITS = {"MA-L": 6, "MA-M": 7, "MA-S": 9, "IAB": 9}
_HEX_LINE = re.compile(r"([0-9A-F]{2})-([0-9A-F]{2})-([0-9A-F]{2})\s+\(hex\)\s*(.*)")
_BASE_LINE = re.compile(r"([0-9A-F]{6})(?:-([0-9A-F]{6}))?\s+\(base 16\)\s*(.*)")
_MANUF_LINE = re.compile(r"([0-9A-F]{2}(?::[0-9A-F]{2}){2,5})(?:/(24|28|36))?\s*\t([^\t]*)(?:\t([^\t]*))?")
_LICENCE = (
    "Who was assigned which block is a fact of the IEEE's public registry (standards-oui.ieee.org). "
    "Nothing but prefixes and registered names is kept."
)

_Line = tuple[int, str]


class BlockFile(NamedTuple):
    """What one file says: its blocks, and the day it was last changed on this machine (ISO)."""

    name: str
    changed: str
    blocks: tuple[Block, ...]


def read_block_file(path: Path) -> BlockFile:
    """The blocks of one file, whichever of the known forms it has. Raises ``BlocksError`` naming line and reason."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise BlocksError(f"{path}: larger than {MAX_FILE_BYTES // 1_048_576} MB")
        text = path.read_bytes().decode("utf-8-sig")
        changed = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC).date().isoformat()
    except OSError as error:
        raise BlocksError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BlocksError(f"{path}: line {line}: not UTF-8 text") from None
    try:
        blocks = tuple(_reader(text)(_lines(text)))
    except _BadLine as bad:
        raise BlocksError(f"{path}: line {bad.line}: {bad.reason}") from None
    if not blocks:
        raise BlocksError(f"{path}: holds no block")
    return BlockFile(path.name, changed, blocks)


class _BadLine(ValueError):
    def __init__(self, line: int, reason: str) -> None:
        self.line, self.reason = line, reason


def _lines(text: str) -> Iterator[_Line]:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > _MAX_LINE_CHARS:
            raise _BadLine(number, f"longer than {_MAX_LINE_CHARS} characters")
        yield number, line.rstrip("\r")


def _reader(text: str) -> Callable[[Iterator[_Line]], Iterator[Block]]:
    head = text[:4_096]
    if head.startswith("Registry,"):
        return _from_csv
    if "(hex)" in head:
        return _from_text
    first = next((line for line in head.split("\n") if line.strip() and not line.startswith("#")), "")
    if _MANUF_LINE.match(first):
        return _from_manuf
    raise _BadLine(1, "none of the known files: oui.csv, mam.csv, oui36.csv, iab.csv, oui.txt, manuf")


def _from_csv(lines: Iterator[_Line]) -> Iterator[Block]:
    """Rows of ``Registry,Assignment,Organization Name,Organization Address``; a field may go over several lines."""
    rows = csv.reader((line + "\n" for _, line in lines), strict=True)
    try:
        for row in rows:
            if not row:
                continue
            if rows.line_num == 1:
                if row != _COLUMNS:
                    raise _BadLine(1, f"columns are not {', '.join(_COLUMNS)}")
                continue
            if len(row) != len(_COLUMNS):
                raise _BadLine(rows.line_num, f"{len(row)} columns instead of {len(_COLUMNS)}")
            yield _block(rows.line_num, row[1], row[2], _DIGITS.get(row[0]), row[0])
    except csv.Error as error:
        raise _BadLine(rows.line_num, f"not CSV: {error}") from None


def _from_text(lines: Iterator[_Line]) -> Iterator[Block]:
    """``XX-XX-XX (hex) name`` and below it ``XXXXXX (base 16) name``, in small blocks ``first-last (base 16)``."""
    above = ""
    for number, line in lines:
        found = _HEX_LINE.fullmatch(line)
        if found:
            above = "".join(found.groups()[:3])
            continue
        based = _BASE_LINE.fullmatch(line)
        if based is None:
            if "(hex)" in line or "(base 16)" in line:
                raise _BadLine(number, "not of the form XXXXXX (base 16) name")
            continue
        first, last, name = based.groups()
        if not above or (last is None and first != above):
            raise _BadLine(number, "no (hex) line of the same block above it")
        yield _block(number, above if last is None else above + _shared_start(first, last), name)
        above = ""
    if above:
        raise _BadLine(number, f"ends before the (base 16) line of {above}")


def _shared_start(first: str, last: str) -> str:
    """The digits that the first and last address of a range have in common: A00000-AFFFFF → A."""
    length = next((place for place in range(6) if first[place] != last[place]), 6)
    return first[:length] if first[length:] == "0" * (6 - length) and last[length:] == "F" * (6 - length) else ""


def _from_manuf(lines: Iterator[_Line]) -> Iterator[Block]:
    """``XX:XX:XX<TAB>short<TAB>name``, smaller blocks with ``/28`` or ``/36``."""
    for number, line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        found = _MANUF_LINE.fullmatch(line)
        if found is None:
            raise _BadLine(number, "not of the form XX:XX:XX<TAB>short name<TAB>name")
        digits, bits, short, name = found.groups()
        if digits == "00:00:00":  # a remark of Wireshark's stands in the place of the name
            continue
        length = int(bits or 24) // 4
        yield _block(number, digits.replace(":", "")[:length], (name or short).strip(), length)


def _block(number: int, prefix: str, name: str, length: int | None = 0, registry: str = "") -> Block:
    if length is None:
        never = "; company ids are in no hardware address" if registry == "CID" else ""
        raise _BadLine(number, f"registry {registry[:20]!r} is none of {', '.join(_DIGITS)}{never}")
    digits = prefix.strip().upper()
    if not re.fullmatch(r"[0-9A-F]{6,7}|[0-9A-F]{9}", digits) or (length and len(digits) != length):
        raise _BadLine(number, f"{prefix[:40]!r} is not {length or '6, 7 or 9'} hexadecimal digits")
    cleaned = " ".join("".join(c if c.isprintable() else " " for c in name).split())[:MAX_NAME_CHARS]
    if not cleaned:
        raise _BadLine(number, f"block {digits} has no organisation")
    return Block(digits, cleaned)


def merged_blocks(files: Iterable[BlockFile], kept: Mapping[str, str]) -> dict[str, str]:
    """The blocks of ``files`` over those that were known: a file of one registry leaves the others as they are.

    The registry gives a few old blocks to several organisations; the first one named stands.
    """
    found: dict[str, str] = {}
    for file in files:
        for block in file.blocks:
            found.setdefault(block.prefix, block.organisation)
    return {**kept, **found}


def write_blocks(path: Path, blocks: Mapping[str, str], dated: str, source: str) -> None:
    """Write the list in coverscan's own form, whole or not at all. Raises ``BlocksError``."""
    rows = [f"{prefix}\t{name}".encode() for prefix, name in blocks.items()]
    heading = [
        f"{TITLE}: whom the IEEE assigned which hardware (MAC) addresses",
        f"# date: {dated}",
        f"# source: {source}",
        f"# licence: {_LICENCE}",
        f"# blocks: {len(rows)}",
    ]
    content = "\n".join(heading).encode() + b"\n" + b"\n".join(sorted(rows)) + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as stream:
            temporary = Path(stream.name)
            stream.write(content)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise BlocksError(f"{path}: cannot be written ({error.strerror})") from None
