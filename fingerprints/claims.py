"""What a matched entry claims: constants and captured values, brought into the form of an identification."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

from fingerprints.database_loader import Database
from fingerprints.schema import Capture, Means

MAX_CLAIM_CHARS = 128
"""A claimed model, version or serial number is cut to this many characters: it is device text."""

MAKERS_SEPARATOR = ", "
"""Joins the names in the claim ``makers``; the loader refuses a manufacturer's name that holds it."""


class EntryClaims:
    """What one entry claims when it matches: its constants, and the values to be taken from captured texts."""

    def __init__(self, means: Means, database: Database) -> None:
        values = means.values()
        self._database = database
        self._constants = {"makers": MAKERS_SEPARATOR.join(means.makers)} if means.makers else {}
        self._constants |= {key: value for key, value in values.items() if isinstance(value, str) and value}
        self._captures = [(key, value) for key, value in values.items() if isinstance(value, Capture)]

    def of(self, captured: Mapping[str, str | None]) -> dict[str, str]:
        """The claims with the texts ``captured`` by the entry's named groups; not to be changed by the caller.

        A capture that is empty, not in its ``map``, not a date where a date is due, or (for makers, brands and
        classes) not in the vocabulary claims nothing. What a ``map`` gives was looked up when it was loaded.
        """
        if not self._captures:
            return self._constants
        claims = dict(self._constants)
        for key, value in self._captures:
            text = _text(value, captured)
            if text and value.map is None:
                text = _in_vocabulary(key, text, self._database)
            if text:
                claims[key] = text
        return claims


def _text(value: Capture, captured: Mapping[str, str | None]) -> str | None:
    text = captured.get(value.from_) or ""
    for old, new in value.replace.items():
        text = text.replace(old, new)
    if value.strip:
        text = text.strip() if value.strip is True else text.strip(value.strip)
    if value.map is not None:
        return value.map.get(text) or value.map.get(text.lower())
    if value.format is not None:
        return iso_date(text, value.format)
    return text[:MAX_CLAIM_CHARS] or None


def _in_vocabulary(key: str, text: str, database: Database) -> str | None:
    if key in ("manufacturer", "brand") and not database.manufacturers:
        return text  # a database without vocabularies knows no better
    if key == "manufacturer":
        return _sole_maker(text, database)
    if key == "brand":
        return database.brand_name(text)
    if key == "class":
        return text if text in database.classes else None
    if key == "tag":
        return text if text in database.tags else None
    return text


def _sole_maker(text: str, database: Database) -> str | None:
    """The manufacturer of that name, unless the name is a label that others have made devices for."""
    brand = database.brands.get(database.brand_name(text) or "")
    name = database.manufacturer_name(text)
    if brand is not None and any(relation.maker != name for relation in brand.relations):
        return None
    return name


def iso_date(text: str, form: str) -> str | None:
    """``text`` as an ISO date; None where it is none. Two-digit years are of this century.

    ``form`` is ``yymmdd``, ``yyyymmdd`` or ``iso`` (any single separator between year, month and day).
    """
    digits = {"yymmdd": r"(\d\d)(\d\d)(\d\d)", "yyyymmdd": r"(\d{4})(\d\d)(\d\d)"}.get(
        form, r"(\d{4})[-/. ](\d\d?)[-/. ](\d\d?)"
    )
    found = re.fullmatch(digits, text.strip(), re.ASCII)
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups())
    try:
        return datetime.date(year + 2000 if form == "yymmdd" else year, month, day).isoformat()
    except ValueError:
        return None
