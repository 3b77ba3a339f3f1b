"""Reads any table of devices in delimited text: exports of camera and asset managers, CMDBs, kept-by-hand lists.

Delimiter and character set are taken from what makes sense of the heading, which may have title lines above it.
What each column was taken for comes first, as a ``ColumnMapping``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from fingerprints.observation import Observation
from scanner.sources.decompression import Chunk, Damage
from scanner.sources.inventory_columns import ColumnMapping, guess_mapping, observations_from_row
from scanner.sources.reading import BadLine, Item
from scanner.sources.text_rows import Row, delimited_rows, text_lines

SOURCE = "inventory-csv"

_DELIMITERS = ",;\t|"
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
_SAMPLE_BYTES = 65_536
_SAMPLE_ROWS = 200


def recognise_table(head: bytes) -> bool:
    """Whether a text begins as a table of devices."""
    return _guess(head[:_SAMPLE_BYTES]) is not None


def _guess(sample: bytes) -> tuple[str, str, ColumnMapping] | None:
    """Encoding, delimiter and mapping: those that make sense of most headings."""
    end = sample.rfind(b"\n")
    best: tuple[str, str, ColumnMapping] | None = None
    for encoding in _encodings(sample[: end + 1]):
        for delimiter in _DELIMITERS:
            rows: list[Row] = []
            for row in delimited_rows(
                text_lines([sample[: end + 1] or sample], "", otherwise=encoding), "", delimiter
            ):
                if isinstance(row, Row):
                    rows.append(row)
                if len(rows) >= _SAMPLE_ROWS:
                    break
            found = guess_mapping(rows)
            if found is not None and (best is None or len(found[1].columns) > len(best[2].columns)):
                best = encoding, delimiter, msgspec.structs.replace(found[1], line=rows[found[0]].number)
    return best


def _encodings(sample: bytes) -> tuple[str, ...]:
    """The character sets to try, the likelier first: in Chinese text bytes beyond ASCII stand in pairs."""
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError:
        runs = _HIGH_BYTES.findall(sample)
        chinese = sum(len(run) > 1 for run in runs) * 2 > len(runs)
        return ("gb18030", "cp1252") if chinese else ("cp1252", "gb18030")
    return ("utf-8",)


def read_inventory_csv(
    chunks: Iterable[Chunk], file: str, *, document: bool = False
) -> Iterator[Item | ColumnMapping]:
    """The mapping, then the observations of each row; ``document`` is of no account here."""
    stream = iter(chunks)
    sample, taken = b"", list[Chunk]()
    for chunk in stream:
        taken.append(chunk)
        sample += b"" if isinstance(chunk, Damage) else chunk
        if len(sample) >= _SAMPLE_BYTES:
            break
    guess = _guess(sample[:_SAMPLE_BYTES])
    if guess is None:
        yield BadLine(1, "no heading with columns that are known: address, MAC, serial, model, manufacturer", file)
        return
    encoding, delimiter, mapping = guess
    yield mapping
    for row in delimited_rows(text_lines(chain(taken, stream), file, otherwise=encoding), file, delimiter):
        if isinstance(row, BadLine):
            yield row
        elif row.number > mapping.line:
            yield from _from_row(row, mapping, file)


def _from_row(row: Row, mapping: ColumnMapping, file: str) -> Iterator[Item]:
    last = max(at for places in mapping.places.values() for at in places)
    if not row.ended and len(row) <= last:
        yield BadLine(row.number, "the last line is cut off", file)
    for found in observations_from_row(row, mapping, SOURCE):
        yield found if isinstance(found, Observation) else BadLine(row.number, found, file)
