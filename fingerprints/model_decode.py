"""What a model number says: class, form, resolution, channels, ports, by the maker's own way of numbering.

Pure: everything known comes from the grammars (``fingerprints.model_grammar``). What a number does not say is
None; a value is an inference from a name and gives way to what the device itself reports.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from fingerprints.model_grammar import MAX_MODEL, Grammar, Grammars, Part, Rule

CLASS_OF_DEVICE = {
    "access_control": "access-control",
    "alarm": "alarm",
    "analog_camera": "camera",
    "audio": "other",
    "camera": "camera",
    "dvr": "recorder",
    "intercom": "intercom",
    "nvr": "recorder",
    "switch": "switch",
}
"""The class of an identification for each class that a model number can say."""


class DecodedModel(msgspec.Struct, frozen=True, kw_only=True):
    """What one model number says. Every field but the question itself may be None: the number does not say."""

    vendor: str | None
    model: str
    class_: str | None = msgspec.field(default=None, name="class")
    form_factor: str | None = None
    resolution_mp: float | None = None
    channels: int | None = None
    poe_ports: int | None = None
    ptz: bool | None = None
    thermal: bool | None = None
    generation: str | None = None
    optical_zoom: int | None = None
    thermal_px: tuple[int, int] | None = None
    drive_bays: int | None = None
    sensors: int | None = None
    rule: str | None = None
    """The rule that decided, as vendor and rule; None where none fits or several agree."""


class Reading(NamedTuple):
    """A rule that fits a number, and the facts that follow."""

    grammar: Grammar
    rule: Rule
    facts: dict[str, Any]


def decode(vendor: str | None, model: str, grammars: Grammars, makers: Iterable[str] = ()) -> DecodedModel:
    """What ``model`` says when ``vendor`` writes it; ``makers`` are tried where the vendor's own rules do not fit.

    Without a vendor every grammar is asked, and only what all that fit agree on is said.
    """
    if vendor:
        asked = dict.fromkeys(grammar for name in (vendor, *makers) for grammar in grammars.of(name))
        reading = next((found for grammar in asked if (found := read_number(model, grammar))), None)
        readings = [reading] if reading else []
    else:
        readings = [found for grammar in grammars.every() if (found := read_number(model, grammar))]
    facts = _agreed([grammars.completed(reading.facts) for reading in readings])
    rule = f"{readings[0].grammar.vendors[0]}: {readings[0].rule.rule}" if len(readings) == 1 else None
    return DecodedModel(vendor=vendor, model=model, rule=rule, **facts)


def _agreed(said: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The facts on which all agree; one who says nothing about a fact does not hinder it."""
    agreed: dict[str, Any] = {}
    for name in {name for facts in said for name in facts}:
        values = {facts[name] for facts in said if facts.get(name) is not None}
        if len(values) == 1:
            agreed[name] = values.pop()
    return agreed


def read_number(model: str, grammar: Grammar) -> Reading | None:
    """The first rule of ``grammar`` that fits ``model``, with the facts; None where none fits."""
    text = cleaned(model, grammar)
    for rule in grammar.rules:
        facts = read_by_rule(text, rule)
        if facts is not None:
            return Reading(grammar, rule, facts)
    return None


def cleaned(model: str, grammar: Grammar) -> str:
    """The number as the grammar's rules look at it: upper case, no blanks at the ends, spellings evened."""
    text = " ".join(model[:MAX_MODEL].upper().split())
    for cleaning in grammar.clean:
        text = _compiled(cleaning.replace).sub(cleaning.by, text)
    return text


def read_by_rule(text: str, rule: Rule) -> dict[str, Any] | None:
    """The facts that ``rule`` reads from a cleaned number, by attribute; None where it does not fit."""
    found = _compiled(rule_pattern(rule)).match(text)
    if found is None:
        return None
    facts = rule.facts.stated()
    for place, part in enumerate(rule.number):
        if part.part is not None:
            facts.update(_part_facts(part, _value(found, place)))
    rest = text[found.end() :]
    for part in rule.anywhere:
        mark = _compiled(part_pattern(part)).search(rest)
        facts.update(_part_facts(part, _value(mark, 0) if mark else None))
    return facts


def rule_pattern(rule: Rule) -> str:
    """The one regular expression that the rule's pieces make together, read from the number's beginning."""
    return "".join(part_pattern(part, place) for place, part in enumerate(rule.number))


def part_pattern(part: Part, place: int = 0) -> str:
    """The regular expression of one piece, its groups named after its ``place`` in the number."""
    pattern = part.pattern().replace("(?P<value>", f"(?P<value{place}>")
    return f"(?P<part{place}>{pattern})" + ("?" if part.optional else "")


def _value(found: re.Match[str], place: int) -> str | None:
    """The value of the part at ``place``: its inner group where it has one; None where it is missing."""
    name = f"value{place}"
    return found[name] if name in found.re.groupindex else found[f"part{place}"]


def _part_facts(part: Part, value: str | None) -> dict[str, Any]:
    if value is None:
        return part.otherwise.stated()
    facts: dict[str, Any] = {}
    listed = part.values().get(value)
    if part.number and listed is None and re.fullmatch(r"[0-9]{1,3}(?:\.[0-9])?", value):
        for name in part.numbers():
            facts[name] = float(value) if name == "resolution_mp" else int(float(value))
    elif listed is None:
        facts.update(part.otherwise.stated())
    if part.keep:
        facts[part.keep] = value
    if listed is not None:
        facts.update(listed.stated())
    return facts


@lru_cache(maxsize=4_096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
