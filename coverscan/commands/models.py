"""``coverscan models``: what a model number says, by the maker's own way of numbering."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import NamedTuple, cast

import click
import msgspec

from coverscan.failures import Failure
from coverscan.options import note
from fingerprints.brand_relations import makers_of_brand
from fingerprints.database_loader import Database, DatabaseError, load_database
from fingerprints.model_decode import DecodedModel, decode
from fingerprints.model_grammar import Grammars, load_grammars
from reports.terminal_text import pad, terminal_text

MAX_LINE = 4_096
"""Bytes of an input line that are looked at."""

MAX_ECHO = 256
"""Characters of a vendor or model that are given back."""

_EPILOG = """\b
Examples:
  coverscan models decode DS-2CD2143G2-I
  coverscan models decode --vendor Dahua IPC-HFW2849S-S-IL NVR4216-16P-4KS2
  printf 'Hikvision\\tDS-7608NI-K2/8P\\n' | coverscan models decode --json -
"""

_COLUMNS = (
    ("model", 30),
    ("class", 15),
    ("form", 15),
    ("MP", 5),
    ("channels", 9),
    ("PoE", 4),
    ("PTZ", 4),
    ("thermal", 8),
)


class Question(NamedTuple):
    """A vendor, where one is stated, and a model number."""

    vendor: str | None
    model: str


@click.group(epilog=_EPILOG)
def command() -> None:
    """What a model number says: class, form factor, resolution, channels, PoE ports."""


@command.command("decode", epilog=_EPILOG)
@click.argument("names", nargs=-1, required=True, metavar="NAME...|-")
@click.option("--vendor", help="Who writes the numbers: a maker or a label. Default: whoever numbers like this.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a model number, in order.")
@click.option("--quiet", is_flag=True, help="No notes on stderr.")
def decode_names(*, names: tuple[str, ...], vendor: str | None, as_json: bool, quiet: bool) -> None:
    """Decode model numbers, from the command line or, with `-`, one VENDOR<TAB>MODEL a line from standard input.

    What a number does not say is null (– in the table). Every line in gives one line out.
    """
    vendors = _Vendors()
    out = sys.stdout.buffer
    noted: set[str] = set()
    if not as_json:
        out.write((_heading() + "\n").encode())
    for question in _questions(names, vendor):
        known, decoded = vendors.answer(question)
        if not known and question.vendor not in noted and len(noted) < 64:
            noted.add(question.vendor or "")
            note(terminal_text(f"Note: no way of numbering is known for {question.vendor}"), quiet)
        line = msgspec.json.encode(decoded) if as_json else _row(decoded).encode()
        out.write(line + b"\n")
    out.flush()


class _Vendors:
    """The grammars, and the database for names that the grammars do not have themselves (read only then)."""

    def __init__(self) -> None:
        try:
            self.grammars: Grammars = load_grammars()
        except DatabaseError as error:
            raise Failure(str(error)) from None
        self.makers = lru_cache(maxsize=1_024)(self._makers)

    def answer(self, question: Question) -> tuple[bool, DecodedModel]:
        """Whether the vendor is known (nobody is), and what the number says."""
        if question.vendor is None:
            return True, decode(None, question.model, self.grammars)
        makers = self.makers(question.vendor)
        return bool(makers), decode(question.vendor, question.model, self.grammars, makers)

    def _makers(self, vendor: str) -> tuple[str, ...]:
        """The vendors with grammars that ``vendor`` may stand for: itself, its usual name, who makes its devices."""
        if self.grammars.of(vendor):
            return (vendor,)
        names: list[str] = []
        for name in (self._database.manufacturer_name(vendor), self._database.brand_name(vendor)):
            if name:
                names += [name, *sorted(makers_of_brand(name, self._database).makers)]
        return tuple(name for name in dict.fromkeys(names) if self.grammars.of(name))

    @cached_property
    def _database(self) -> Database:
        try:
            return load_database()
        except DatabaseError as error:
            raise Failure(str(error)) from None


def _questions(names: Iterable[str], vendor: str | None) -> Iterator[Question]:
    """The questions of the command line; ``-`` stands for the lines of standard input."""
    for name in names:
        if name == "-":
            for line in _lines(cast(io.BufferedReader, sys.stdin.buffer)):
                yield _question(line, vendor)
        else:
            # an argument that is no UTF-8 comes with surrogates, which no output can hold
            yield _question(name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"), vendor)


def _question(text: str, vendor: str | None) -> Question:
    stated, tab, model = text.rpartition("\t")
    who = (stated.strip() if tab else "") or vendor
    return Question(who[:MAX_ECHO] if who else None, model.strip()[:MAX_ECHO])


def _lines(stream: io.BufferedReader) -> Iterator[str]:
    """The lines of a stream, each cut to ``MAX_LINE`` bytes."""
    while line := stream.readline(MAX_LINE):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE)
        yield line.decode("utf-8", "replace").rstrip("\r\n")


def _heading() -> str:
    return " ".join(pad(name, width) for name, width in _COLUMNS) + " more"


def _row(decoded: DecodedModel) -> str:
    cells = (
        decoded.model,
        decoded.class_,
        decoded.form_factor,
        None if decoded.resolution_mp is None else f"{decoded.resolution_mp:g}",
        decoded.channels,
        decoded.poe_ports,
        decoded.ptz,
        decoded.thermal,
    )
    row = " ".join(pad(_cell(cell), width) for cell, (_, width) in zip(cells, _COLUMNS, strict=True))
    return f"{row} {', '.join(_more(decoded))}".rstrip()


def _cell(value: str | int | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _more(decoded: DecodedModel) -> Iterator[str]:
    if decoded.generation:
        yield f"generation {terminal_text(decoded.generation, 12)}"
    if decoded.optical_zoom:
        yield f"zoom {decoded.optical_zoom}×"
    if decoded.thermal_px:
        yield "thermal picture {}×{}".format(*decoded.thermal_px)
    if decoded.drive_bays:
        yield f"{decoded.drive_bays} drive bays" if decoded.drive_bays > 1 else "1 drive bay"
    if decoded.sensors:
        yield f"{decoded.sensors} sensors"
