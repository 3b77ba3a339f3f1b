"""The header block that HTTP and RTSP replies begin with, read as leniently as embedded servers write it.

Accepted: bare LF, lines without a colon, folded lines, a start line without reason, NUL and stray CR inside a
line. Bounded: 16 kB and 100 lines. Lines are kept verbatim, because their white space is evidence.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_HEAD_BYTES = 16_384
MAX_LINES = 100

_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(r"[A-Za-z]{2,8}/[0-9.]{1,8}[ \t]{1,8}([0-9]{3})(?![0-9])")
_REALM = re.compile(
    r"""(?<![A-Za-z0-9_-])realm[ \t]*+=[ \t]*+
        (?:"(?P<quoted>(?:[^"\\]++|\\.)*+)"? | (?P<bare>[^\s,;"]++))""",
    re.VERBOSE | re.IGNORECASE,
)


class HeaderBlock(NamedTuple):
    """A header block: verbatim, as lines (the start line first), and as names in lower case with values.

    ``ended`` tells whether its blank line was seen, ``whole`` whether every line was kept as well.
    """

    raw: bytes
    lines: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    ended: bool
    whole: bool

    @property
    def status(self) -> str | None:
        """The three digits of the status line."""
        found = _STATUS_LINE.match(self.lines[0]) if self.lines else None
        return found[1] if found else None

    def first(self, name: str) -> str | None:
        """The value of the first header called ``name`` (in lower case), empty if it is empty."""
        return next((value for key, value in self.headers if key == name), None)

    def every(self, name: str) -> tuple[str, ...]:
        """The values of all headers called ``name`` (in lower case)."""
        return tuple(value for key, value in self.headers if key == name)


def leading_blanks(data: bytes | bytearray) -> int:
    """How many line ends stand before the start line (sloppy servers leave some from the reply before)."""
    at = 0
    while at < min(len(data), 8) and data[at] in b"\r\n":
        at += 1
    return at


def end_of_head(data: bytes | bytearray, start: int = 0) -> int | None:
    """Where the header block ends, its blank line included, searching from ``start``; None if not there."""
    found = _BLANK_LINE.search(data, start)
    return found.end() if found else None


def parse_head(data: bytes) -> HeaderBlock:
    """Read the header block that ``data`` begins with; total, and bounded whatever follows."""
    start = leading_blanks(data)
    end = end_of_head(data[: MAX_HEAD_BYTES + 4], start)
    raw = data[:end] if end is not None else data[:MAX_HEAD_BYTES]
    lines = [_without_cr(line) for line in raw[start:].decode("utf-8", "replace").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    kept = lines[:MAX_LINES]
    ended = end is not None
    return HeaderBlock(raw, tuple(kept), _headers(kept[1:]), ended, ended and len(kept) == len(lines))


def realm_of(challenges: tuple[str, ...]) -> str | None:
    """The first realm in WWW-Authenticate values: quotes may hold brackets and commas, or be missing."""
    for challenge in challenges:
        found = _REALM.search(challenge)
        if found:
            quoted = found["quoted"]
            return found["bare"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    return None


def declared_length(values: tuple[str, ...]) -> int | None:
    """What Content-Length says where it can be believed: digits only, and all of several alike."""
    lengths = {value.strip() for value in values}
    if len(lengths) != 1:
        return None
    length = lengths.pop()
    return int(length) if re.fullmatch(r"[0-9]{1,18}", length, re.ASCII) else None


def _headers(lines: list[str]) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and headers:
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {line.strip()}".strip())
            continue
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name.strip().lower(), value.strip()))
    return tuple(headers)


def _without_cr(line: str) -> str:
    return line.removesuffix("\r")
