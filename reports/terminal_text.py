"""Device text for a terminal: no escape sequence, no control or bidi character, no more columns than asked."""

from __future__ import annotations

import unicodedata

from reports.visible_text import MAX_CHARS, visible


def _char_columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def text_columns(text: str) -> int:
    """How many columns of a terminal ``text`` fills; East Asian wide characters fill two."""
    return len(text) if text.isascii() else sum(_char_columns(char) for char in text)


def terminal_text(text: str, max_columns: int | None = None) -> str:
    """``text`` made safe for a terminal, on one line, cut with ``…`` where it is wider than ``max_columns``.

    The one way for device text to reach a terminal.
    """
    safe = visible(text, MAX_CHARS)
    if max_columns is None or text_columns(safe) <= max_columns:
        return safe
    return _beginning(safe, max_columns - 1) + "…" if max_columns > 0 else ""


def _beginning(safe: str, columns: int) -> str:
    """As much of ``safe`` as fits into ``columns``."""
    for place, char in enumerate(safe):
        columns -= _char_columns(char)
        if columns < 0:
            return safe[:place]
    return safe


def pad(text: str, width: int) -> str:
    """``text`` made safe, cut and filled with blanks to exactly ``width`` columns."""
    safe = terminal_text(text, width)
    return safe + " " * (width - text_columns(safe))


def wrapped(text: str, width: int) -> list[str]:
    """``text`` made safe, in lines of at most ``width`` columns (2 or more), broken between words where it can be."""
    lines: list[str] = []
    line = ""
    for word in terminal_text(text).split():
        longer = f"{line} {word}" if line else word
        if text_columns(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        while text_columns(word) > width:
            piece = _beginning(word, width)
            lines.append(piece)
            word = word[len(piece) :]
        line = word
    return [*lines, line] if line else lines
