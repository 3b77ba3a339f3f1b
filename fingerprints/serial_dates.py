"""When a device was made, as far as its serial number says; the forms are in ``database/serials/``.

Pure: no clock. A date in a serial number is the maker's; a running number only hints at a range of months.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from fingerprints.database_loader import DatabaseError, DatabaseYaml, name_key
from fingerprints.schema import Problem, Source

SERIALS_FILE = Path(__file__).parent / "database" / "serials" / "serials.yaml"
MAX_SERIAL = 96
"""Characters of a serial number that are looked at; a longer one says nothing."""

_FIRST_YEAR = 2005


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class SerialForm(_Strict, frozen=True, kw_only=True):
    """One form of serial number with a date in it."""

    vendor: str
    says: str
    form: str
    certainty: Literal["stated", "likely"]
    source: Source
    examples: dict[str, str]


class Run(_Strict, frozen=True, kw_only=True):
    """A stretch of running numbers of one form: beginnings that were seen, each with its month."""

    form: str
    seen: dict[str, str]
    before: str | None = None
    """The month from which another run follows."""


class Counter(_Strict, frozen=True, kw_only=True):
    """A maker's running number."""

    vendor: str
    says: str
    source: Source
    runs: tuple[Run, ...]
    examples: dict[str, tuple[str, str]]


class Serials(_Strict, frozen=True, kw_only=True):
    """What is known about the serial numbers of all vendors."""

    forms: tuple[SerialForm, ...]
    counters: tuple[Counter, ...]


class SerialDate(msgspec.Struct, frozen=True, kw_only=True):
    """When a device was made. ``date`` is YYYY-MM-DD or YYYY-MM; a hint has only ``earliest`` and ``latest``."""

    vendor: str
    certainty: Literal["stated", "likely", "hint"]
    date: str | None = None
    earliest: str | None = None
    latest: str | None = None
    """First and last month (YYYY-MM) that the number allows; None where it is open."""
    model: str | None = None
    """The model number that stands in the serial number."""
    counter: str | None = None
    """The running number in it."""


@lru_cache(maxsize=2)
def load_serials(path: Path = SERIALS_FILE) -> Serials:
    """What is known about serial numbers, read once per process. Raises ``DatabaseError``."""
    name = f"serials/{path.name}"
    try:
        raw = yaml.load(path.read_bytes().decode("utf-8"), Loader=DatabaseYaml)  # noqa: S506 - a safe loader
        serials = msgspec.convert(raw, Serials)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise DatabaseError([Problem(name, "", str(error))]) from None
    problems = [
        Problem(name, form.vendor, reason) for form in serials.forms if (reason := _form_problem(form.form))
    ]
    if problems:
        raise DatabaseError(problems)
    return serials


def _form_problem(form: str) -> str:
    try:
        groups = re.compile(form).groupindex
    except re.error as error:
        return f"not a regular expression: {error}"
    if "date" not in groups and not {"year", "month"} <= groups.keys():
        return "names no group date, nor year and month"
    return ""


def manufacture_date(
    vendor: str, serial: str, serials: Serials, latest: dt.date | None = None
) -> SerialDate | None:
    """When ``vendor`` made the device with this serial number; None where the number does not say.

    A day that does not exist, or lies behind ``latest`` (today, when the caller has a clock), is no date.
    """
    text = serial.strip().upper()
    if len(text) > MAX_SERIAL:
        return None
    for form in serials.forms:
        found = re.fullmatch(form.form, text) if name_key(form.vendor) == name_key(vendor) else None
        date = _date(found.groupdict(), latest) if found else None
        if found and date:
            said = found.groupdict()
            return SerialDate(
                vendor=form.vendor,
                certainty=form.certainty,
                date=date,
                earliest=date[:7],
                latest=date[:7],
                model=said.get("model"),
                counter=said.get("counter"),
            )
    return None


def _date(said: dict[str, Any], latest: dt.date | None) -> str | None:
    """The date of the named groups in ISO form; None where there is no such day, or it is still to come."""
    try:
        if "date" in said:
            day = dt.date(int(said["date"][:4]), int(said["date"][4:6]), int(said["date"][6:]))
            text = day.isoformat()
        else:
            month = said["month"]  # one digit where it may be A, B or C
            day = dt.date(2000 + int(said["year"]), int(month, 16 if len(month) == 1 else 10), 1)
            text = day.isoformat()[:7]
    except ValueError:
        return None
    return None if day.year < _FIRST_YEAR or (latest is not None and day > latest) else text


def counter_hint(vendor: str, counter: str, serials: Serials) -> SerialDate | None:
    """Between which months a running number was given out, by its neighbours; None where nothing is known.

    ``counter`` may be cut: five characters, as login realms show them, are enough. Only a hint: other works
    and products count apart.
    """
    text = counter.strip().upper()
    for known in serials.counters:
        if name_key(known.vendor) != name_key(vendor):
            continue
        for run in known.runs:
            if re.fullmatch(run.form, text):
                return _between(known.vendor, text, run)
    return None


def _between(vendor: str, text: str, run: Run) -> SerialDate | None:
    """The months of the seen beginnings on both sides; None before the first, of which nothing is known."""
    behind = [month for beginning, month in run.seen.items() if beginning <= text]
    ahead = [month for beginning, month in run.seen.items() if beginning > text]
    if not behind:
        return None
    latest = min(ahead) if ahead else run.before
    return SerialDate(vendor=vendor, certainty="hint", earliest=max(behind), latest=latest, counter=text)
