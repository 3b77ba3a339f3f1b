"""Reads official lists from files: the Consolidated Screening List (CSV, JSON) and OFAC's lists (XML, CSV).

Only what a comparison of names needs is kept. Files are untrusted: sizes are bounded, XML with a document type or
entities is refused, and nothing in a file is followed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from xml.parsers import expat  # entities and document types are refused below

import msgspec

MAX_BYTES = 300_000_000
MAX_FIELD = 200_000

_LIST_CODES = {"EL": "BIS_ENTITY", "SDN": "OFAC_SDN", "CMIC": "NS_CMIC"}
"""The code that the Consolidated Screening List has in brackets behind a source, and the list that it is here."""
_CMIC_PROGRAM = "CMIC-EO13959"
_NOTHING = ("", "-0-")


class ScreeningFileError(ValueError):
    """A file that is no list which can be read here, and why."""


class ListedName(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of an official list: its names (the first is the main one), since when, under which citation."""

    list: str
    names: tuple[str, ...]
    since: date | None = None
    citation: str | None = None


class ScreeningFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds of the lists that are known here. ``dated`` is the day that the file itself states."""

    form: str
    sha256: str
    dated: date | None
    names: tuple[ListedName, ...]
    note: str | None = None

    def lists(self) -> tuple[str, ...]:
        """The lists of which the file has entries."""
        return tuple(dict.fromkeys(name.list for name in self.names))


def read_screening_file(path: Path) -> ScreeningFile:
    """The lists in a file, told by its contents; ScreeningFileError says why it cannot be used."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ScreeningFileError(f"more than {MAX_BYTES} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise ScreeningFileError(f"cannot be read ({error.strerror})") from error
    start = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        return _from_xml(data)
    return _from_json(data) if start.startswith((b"{", b"[")) else _from_csv(data)


class _JsonEntry(msgspec.Struct):
    source: str = ""
    name: str = ""
    alt_names: list[str] | str | None = None
    start_date: str | None = None
    federal_register_notice: str | None = None


class _JsonFile(msgspec.Struct):
    results: list[_JsonEntry]
    search_performed_at: str | None = None


def _from_json(data: bytes) -> ScreeningFile:
    try:
        held = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_JsonFile)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ScreeningFileError(f"no Consolidated Screening List in JSON ({error})") from error
    rows = (
        {
            "source": one.source,
            "name": one.name,
            "alt_names": one.alt_names if isinstance(one.alt_names, str) else ";".join(one.alt_names or ()),
            "start_date": one.start_date or "",
            "federal_register_notice": one.federal_register_notice or "",
        }
        for one in held.results
    )
    return _file(
        "Consolidated Screening List (JSON)", data, _day((held.search_performed_at or "")[:10]), _screened(rows)
    )


def _from_csv(data: bytes) -> ScreeningFile:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    rows = _csv_rows(text)
    first = next(rows, None)
    if first is None:
        raise ScreeningFileError("the file is empty")
    heading = [cell.strip().lower() for cell in first]
    if {"source", "name"} <= set(heading):
        screened = _screened(dict(zip(heading, row, strict=False)) for row in rows)
        return _file("Consolidated Screening List (CSV)", data, None, screened)
    if len(first) == 12 and first[0].strip().isdigit():
        names = [(row[3], (row[1],)) for row in (first, *rows) if len(row) == 12]
        note = "This form has no other names of the parties; the XML file or the Consolidated Screening List has them."
        return _ofac("OFAC list (CSV)", data, None, names, note)
    raise ScreeningFileError("neither a Consolidated Screening List nor an OFAC list (CSV)")


def _csv_rows(text: str) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_FIELD)
    try:
        yield from csv.reader(io.StringIO(text, newline=""))
    except csv.Error as error:
        raise ScreeningFileError(f"the table cannot be read ({error})") from error


def _screened(rows: Iterable[Mapping[str, str | None]]) -> Iterator[ListedName]:
    for row in rows:
        code = re.search(r"\(([A-Z]{2,5})\)", row.get("source") or "")
        known = _LIST_CODES.get(code.group(1)) if code else None
        if known:
            others = (row.get("alt_names") or "").split(";")
            names = _names([row.get("name") or "", *others])
            if names:
                citation = (row.get("federal_register_notice") or "").strip() or None
                yield ListedName(
                    list=known, names=names, since=_day(row.get("start_date") or ""), citation=citation
                )


def _ofac(
    form: str,
    data: bytes,
    dated: date | None,
    entries: Sequence[tuple[str, tuple[str, ...]]],
    note: str | None = None,
) -> ScreeningFile:
    """An OFAC file: the consolidated one where any entry is of the NS-CMIC programme, else the SDN list."""
    consolidated = any(_CMIC_PROGRAM in program for program, _ in entries)
    wanted = [names for program, names in entries if not consolidated or _CMIC_PROGRAM in program]
    key = "NS_CMIC" if consolidated else "OFAC_SDN"
    listed = (ListedName(list=key, names=_names(names)) for names in wanted if _names(names))
    return _file(form, data, dated, listed, note)


class _OfacXml:
    """Collects the entries of an OFAC XML file while it is parsed."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, tuple[str, ...]]] = []
        self.dated: date | None = None
        self.root: str | None = None
        self._path: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._first: str = ""
        self._names: list[str] = []
        self._programs: list[str] = []

    def start(self, tag: str, _attributes: object) -> None:
        name = tag.rsplit(":", 1)[-1]
        self.root = self.root or name
        if len(self._path) > 50:
            raise ScreeningFileError("elements are nested too deeply")
        self._path.append(name)
        self._text, self._length = [], 0
        if name == "sdnEntry":
            self._names, self._programs = [], []
        if name in ("sdnEntry", "aka"):
            self._first = ""

    def text(self, data: str) -> None:
        self._length += len(data)
        if self._length < MAX_FIELD:
            self._text.append(data)

    def end(self, _tag: str) -> None:
        name, text = self._path.pop(), "".join(self._text).strip()
        self._text, self._length = [], 0
        if name == "Publish_Date":
            self.dated = _day(text)
        elif name == "firstName":
            self._first = text
        elif name == "lastName":
            self._names.append(f"{self._first} {text}".strip())
        elif name == "program":
            self._programs.append(text)
        elif name == "sdnEntry":
            self.entries.append((" ".join(self._programs), tuple(self._names)))


def _from_xml(data: bytes) -> ScreeningFile:
    found = _OfacXml()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = found.start
    parser.EndElementHandler = found.end
    parser.CharacterDataHandler = found.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ScreeningFileError(f"the XML cannot be read ({error})") from error
    if found.root != "sdnList":
        raise ScreeningFileError("no OFAC list in the form of sdn.xml or consolidated.xml")
    return _ofac("OFAC list (XML)", data, found.dated, found.entries)


def _refuse(*_: object) -> None:
    raise ScreeningFileError("XML with a document type or entities is refused")


def _file(
    form: str, data: bytes, dated: date | None, names: Iterable[ListedName], note: str | None = None
) -> ScreeningFile:
    found = tuple(names)
    if not found:
        raise ScreeningFileError(f"{form}: holds no entry of a list that is known here")
    return ScreeningFile(form=form, sha256=hashlib.sha256(data).hexdigest(), dated=dated, names=found, note=note)


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip() not in _NOTHING))


def _day(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day, no time
        except ValueError:
            continue
    return None
