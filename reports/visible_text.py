"""Device text made harmless to look at: what is invisible, or moves other text about, is shown as a sign.

Every renderer for people passes text through ``visible`` first, and then through the escaper of its medium.
"""

from __future__ import annotations

import functools
import unicodedata

MAX_CHARS = 4_096
"""How much of one text is shown, in characters, unless the caller says less."""

_MAX_COMBINING = 3
"""Combining marks in a row that real scripts need; more of them only paint over the neighbouring lines."""

# Printable by their Unicode category, yet blank on the page: fillers, selectors, joiners.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0") | frozenset(
    map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)


@functools.lru_cache(maxsize=4_096)
def _sign(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if char.isprintable() and char not in _BLANK:
        return char
    return f"⟨U+{code:04X}⟩"


def _signs(text: str) -> str:
    shown: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        shown.append(_sign(char) if marks <= _MAX_COMBINING else f"⟨U+{ord(char):04X}⟩")
    return "".join(shown)


def visible(text: str, max_chars: int = MAX_CHARS) -> str:
    """``text`` on one line, with control, bidi and invisible characters as signs (``␛``, ``⟨U+202E⟩``).

    The result holds printable characters only and can be encoded as UTF-8. What exceeds ``max_chars``
    characters of the original is cut off, and the text says how much that was.
    """
    kept = text[:max_chars]
    if not (kept.isascii() and kept.isprintable()):
        kept = _signs(kept)
    left_out = len(text) - max_chars
    return f"{kept} … ({left_out:,} more characters)" if left_out > 0 else kept
