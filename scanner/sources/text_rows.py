"""Lines of text and rows of delimited text out of a stream, with their line numbers and within bounds."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from scanner.character_sets import decode
from scanner.sources.decompression import Chunk
from scanner.sources.reading import BadLine
from scanner.sources.text_lines import numbered_lines

MAX_LINE = 1_048_576
MAX_ROW_CHARS = 1_048_576
MAX_COLUMNS = 1_024
_MAX_LINES_IN_A_ROW = 1_000


class TextLine(str):
    """A line of text that knows its number and whether it had a line end."""

    __slots__ = ("ended", "number")

    number: int
    ended: bool


def text_lines(
    chunks: Iterable[Chunk], file: str, *, otherwise: str = "utf-8", max_bytes: int = MAX_LINE
) -> Iterator[TextLine | BadLine]:
    """The lines that are not blank; what is not UTF-8 is read as ``otherwise``."""
    for piece in numbered_lines(chunks, max_bytes):
        if piece.problem is not None:
            yield BadLine(piece.line, piece.problem, file)
            continue
        # With its line end, so that half a character at the end does not pass for one that was cut.
        line = TextLine(decode(piece.data + b"\n", otherwise=otherwise).rstrip("\r\n\0"))
        line.number, line.ended = piece.line, piece.ended
        yield line


class Row(list[str]):
    """The cells of a row, the number of its first line, and whether its last line had an end."""

    __slots__ = ("ended", "number")

    number: int
    ended: bool


def delimited_rows(lines: Iterable[TextLine | BadLine], file: str, delimiter: str) -> Iterator[Row | BadLine]:
    """Rows of delimited text; a quoted cell may span lines, and one that never ends costs no other row."""
    waiting: list[TextLine] = []
    size, quoted = 0, False
    for line in lines:
        if isinstance(line, BadLine):
            yield line
            continue
        waiting.append(line)
        size += len(line)
        quoted = _ends_quoted(line, delimiter, quoted)
        if quoted and size <= MAX_ROW_CHARS and len(waiting) < _MAX_LINES_IN_A_ROW:
            continue
        yield from _rows_of(waiting, file, delimiter, whole=not quoted)
        waiting, size, quoted = [], 0, False
    yield from _rows_of(waiting, file, delimiter, whole=False)


def _ends_quoted(line: str, delimiter: str, quoted: bool) -> bool:
    """Whether the end of ``line`` is inside a quoted cell; a quotation mark opens one only where a cell begins."""
    at = 0
    while True:
        if quoted:
            at = line.find('"', at)
            if at < 0:
                return True
            at += 1
            if line.startswith('"', at):  # doubled: a quotation mark in the text
                at += 1
                continue
            quoted = False
            at = line.find(delimiter, at)
        elif _cell_begins_quoted(line, at):
            at, quoted = line.index('"', at) + 1, True
            continue
        else:
            at = line.find(delimiter, at)
        if at < 0:
            return False
        at += 1


def _cell_begins_quoted(line: str, at: int) -> bool:
    while line.startswith(" ", at):
        at += 1
    return line.startswith('"', at)


def _rows_of(lines: list[TextLine], file: str, delimiter: str, *, whole: bool) -> Iterator[Row | BadLine]:
    """The row that ``lines`` make; where a quotation mark never ended, each line is a row by itself."""
    if len(lines) > 1 and not whole:
        for line in lines:
            yield from _rows_of([line], file, delimiter, whole=False)
        return
    if not lines:
        return
    try:
        cells = next(csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error as error:
        yield BadLine(lines[0].number, f"not a row of delimited text: {error}", file)
        return
    row = Row(cell.strip() for cell in cells[:MAX_COLUMNS])
    row.number, row.ended = lines[0].number, lines[-1].ended
    yield row
