"""Drafts entries from one observation, so that a newcomer begins with something that runs."""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import yaml

from fingerprints.anonymous_text import Anonymiser
from fingerprints.database_loader import DatabaseYaml
from fingerprints.entry_layout import entry_text
from fingerprints.lint import is_generic
from fingerprints.mac_addresses import find_mac
from fingerprints.observation import FieldValue, Observation

PLACEHOLDER_MAKER = "name-of-the-maker"
"""Stands in a draft for the one thing that no observation tells; the linter names it."""

MAX_ENTRIES = 3
DRAFT_WEIGHT = 0.5
_MAX_LITERAL = 60
_MAX_EXAMPLE_CHARS = 200
_MIN_LITERAL = 3
_FILE = Path(__file__).parent / "telling_fields.yaml"
_CHANGING = re.compile(r"(?<![0-9.])[vV]?\d+(?:\.\d+)+|\d{5,}|[vV]\d+|(?<=[/ _-])\d+$")
"""What differs from one device or version to the next; a condition stops before it."""

_STEM = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class TellingField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field that usually tells who made a device, its family, and how an entry about it is described."""

    field: str
    family: str
    says: str
    starts: str = ""


class Draft(NamedTuple):
    """The text of a file of entries, how many there are, and what was left out and why."""

    text: str
    entries: int
    left_out: tuple[str, ...]


class NothingTelling(ValueError):
    """The observation holds nothing that an entry could rest on; the message says what was seen."""


def stem_problem(stem: str) -> str:
    """Why no file of entries may be called so; empty where it may."""
    return "" if _STEM.fullmatch(stem) else "must be lower-case words joined by hyphens, such as my-camera.yaml"


def draft(observation: Observation, stem: str, maker: str | None, today: datetime.date) -> Draft:
    """A file of up to ``MAX_ENTRIES`` entries about ``observation``, one a telling field.

    Each has the observation, made anonymous, as its example. ``stem`` is the file's name without ``.yaml``.
    Raises ``NothingTelling``.
    """
    anonymous = Anonymiser()
    fields = anonymous.fields(observation.fields)
    chosen: list[tuple[TellingField, dict[str, str], str]] = []
    left_out = []
    for telling, text in _telling(fields):
        condition = _condition(telling.field, text)
        if condition is None:
            left_out.append(f"{telling.field} {text[:60]!r}: too short, or a version and nothing else")
        elif is_generic(_literal(condition)):
            left_out.append(f"{telling.field} {text[:60]!r}: many makers' devices say that")
        elif len(chosen) == MAX_ENTRIES:
            left_out.append(f"{telling.field} {text[:60]!r}: {MAX_ENTRIES} entries are enough to begin with")
        else:
            chosen.append((telling, condition, _literal(condition)))
    if not chosen:
        raise NothingTelling(
            "; ".join(left_out)
            or f"none of its fields usually tells a maker: {', '.join(sorted(observation.fields)) or 'it has no fields'}"
        )
    example = _example(observation, fields, anonymous)
    entries = [
        _entry(stem, telling, condition, text, example, maker, today) for telling, condition, text in chosen
    ]
    head = (
        f"# Drafted on {today.isoformat()} from one observation: write who made the device, then read every line.\n"
        f"defaults: {{manufacturer: {maker or PLACEHOLDER_MAKER}}}\nentries:\n"
    )
    return Draft(head + "\n".join(entry_text(entry) for entry in entries), len(entries), tuple(left_out))


def _telling(fields: dict[str, FieldValue]) -> Iterator[tuple[TellingField, str]]:
    for telling in telling_fields():
        value = fields.get(telling.field, ())
        for text in (value,) if isinstance(value, str) else value:
            if text.strip() and text.startswith(telling.starts):
                yield telling, text
                break


@functools.cache
def telling_fields() -> tuple[TellingField, ...]:
    """The fields, most telling first."""
    loaded = yaml.load(_FILE.read_text("utf-8"), Loader=DatabaseYaml)  # noqa: S506 - a safe loader
    return msgspec.convert(loaded["fields"], tuple[TellingField, ...])


def _condition(field: str, text: str) -> dict[str, str] | None:
    """The humblest condition that holds on ``text`` and on the next version of it: whole, or its start."""
    if field.endswith(("_mmh3", "_md5", "sysobjectid")):
        return {"field": field, "is": text}
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    changing = _CHANGING.search(first)
    start = first[: changing.start()] if changing else first
    if start == text and len(text) <= _MAX_LITERAL:
        return {"field": field, "is": text}
    start = start[:_MAX_LITERAL]
    if len(re.findall(r"[^\W\d_]", start)) < _MIN_LITERAL:
        return None
    return {"field": field, "starts_with": start}


def _literal(condition: dict[str, str]) -> str:
    return condition.get("is") or condition["starts_with"]


def _example(
    observation: Observation, fields: dict[str, FieldValue], anonymous: Anonymiser
) -> dict[str, str | list[str]]:
    """The whole observation as an example's fields, long texts cut."""
    mac = find_mac(observation.mac or "")
    endpoint = {"mac": anonymous.text("mac", observation.mac or "")} if mac else {}
    shown: dict[str, str | list[str]] = {**endpoint}
    for name, value in fields.items():
        if isinstance(value, str):
            shown[name] = value[:_MAX_EXAMPLE_CHARS]
        else:
            shown[name] = [item[:_MAX_EXAMPLE_CHARS] for item in value]
    return shown


def _entry(
    stem: str,
    telling: TellingField,
    condition: dict[str, str],
    text: str,
    example: dict[str, str | list[str]],
    maker: str | None,
    today: datetime.date,
) -> dict[str, object]:
    expect = {"expect": {"manufacturer": maker}} if maker else {}
    part = telling.starts.rstrip("/").rpartition("/")[2]
    shown = " ".join(text.removeprefix(telling.starts).split()) or text
    return {
        "id": "-".join(filter(None, [stem, re.sub(r"[^a-z0-9]+", "-", telling.field), part])),
        "description": telling.says.format(shown.replace('"', "'")).rstrip("."),
        "family": telling.family,
        "weight": DRAFT_WEIGHT,
        "match": [condition],
        "means": {},
        "source": {"text": "one device, seen by a contributor", "seen": today.isoformat(), "mark": "observed"},
        "examples": [{"fields": example, **expect}],
    }
