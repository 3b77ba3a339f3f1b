"""How makers write their model numbers: the typed form of ``database/grammars/``, read and checked.

A grammar splits a model number from left to right into named parts; each part has a table of what its values
mean. A rule's facts come from its own statement, then from its parts in their order, then from marks that may
stand anywhere behind them; a later fact replaces an earlier one, and ``null`` takes one back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml
from msgspec import UNSET, UnsetType

from fingerprints.database_loader import DatabaseError, DatabaseYaml, name_key
from fingerprints.schema import Problem, Source, did_you_mean

GRAMMAR_FOLDER = Path(__file__).parent / "database" / "grammars"
MAX_MODEL = 128
"""Characters of a model number that are looked at."""

ModelClass = Literal[
    "access_control", "alarm", "analog_camera", "audio", "camera", "dvr", "intercom", "nvr", "switch"
]
FormFactor = Literal[
    "box", "bullet", "covert", "cube", "dome", "door_station", "dual_lens", "face_terminal", "fisheye"
] | Literal[
    "indoor_station", "ip_speaker", "kit", "mini_dome", "multisensor", "panel", "panoramic", "poe_switch"
] | Literal["pt_cube", "ptz", "recessed_dome", "recorder", "turret"]
NumberField = Literal["resolution_mp", "channels", "poe_ports", "optical_zoom", "drive_bays", "sensors"]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Facts(_Strict, frozen=True, kw_only=True, omit_defaults=True):
    """What a rule, or one value of a part, says. What is left out says nothing; ``null`` takes a fact back."""

    class_: ModelClass | UnsetType | None = msgspec.field(default=UNSET, name="class")
    form_factor: FormFactor | UnsetType | None = UNSET
    resolution_mp: float | UnsetType | None = UNSET
    """Megapixels of one picture, all sensors of a stitched picture together; of visible light only."""
    channels: int | UnsetType | None = UNSET
    """Video channels: what a recorder takes in, what a camera gives out."""
    poe_ports: int | UnsetType | None = UNSET
    """Ports that feed other devices."""
    ptz: bool | UnsetType | None = UNSET
    thermal: bool | UnsetType | None = UNSET
    generation: str | UnsetType | None = UNSET
    """The maker's own word for it, such as G2."""
    optical_zoom: int | UnsetType | None = UNSET
    thermal_px: tuple[int, int] | UnsetType | None = UNSET
    """Width and height of the thermal picture."""
    drive_bays: int | UnsetType | None = UNSET
    sensors: int | UnsetType | None = UNSET

    def stated(self) -> dict[str, Any]:
        """The facts that are stated, by attribute; None where one is taken back."""
        return {
            name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not UNSET
        }


class Part(_Strict, frozen=True, kw_only=True):
    """A piece of a model number: fixed ``text``, or a named ``part`` whose values mean something.

    ``means`` maps a value (or several, ``"A, B"``) to facts. ``like`` is a regular expression for values that the
    table does not list; a group ``(?P<value>…)`` in it singles out what counts. ``number`` is the fact that the
    digits themselves say. ``otherwise`` holds where an ``optional`` part is missing or its value is not listed.
    """

    text: str | None = None
    part: str | None = None
    like: str | None = None
    means: dict[str, Facts] = {}
    number: NumberField | None = None
    otherwise: Facts = Facts()
    optional: bool = False
    keep: Literal["generation"] | None = None
    """The fact that the value itself is, as text."""
    note: str | None = None

    def values(self) -> dict[str, Facts]:
        """The table with one key a value."""
        return {value: facts for key, facts in self.means.items() for value in key.split(", ")}

    def pattern(self) -> str:
        """The regular expression for this piece, without its being optional."""
        if self.text is not None:
            return re.escape(self.text)
        if self.like is not None:
            return self.like
        return "|".join(re.escape(value) for value in sorted(self.values(), key=lambda value: (-len(value), value)))


class Rule(_Strict, frozen=True, kw_only=True):
    """One way of numbering: the pieces from left to right, what they say, and numbers that prove it."""

    rule: str
    says: str
    number: tuple[Part, ...]
    facts: Facts = Facts()
    anywhere: tuple[Part, ...] = ()
    """Marks that may stand anywhere behind ``number``."""
    source: Source
    examples: dict[str, Facts]
    not_: dict[str, str] = msgspec.field(default={}, name="not")
    """Model numbers that this rule must not read, and what they are."""
    note: str | None = None


class Cleaning(_Strict, frozen=True, kw_only=True):
    """A spelling that is replaced before the rules look; ``replace`` is a regular expression."""

    replace: str
    by: str = ""
    because: str


class Grammar(_Strict, frozen=True, kw_only=True):
    """The rules of some vendors (makers or labels that number alike). The first rule that fits decides."""

    vendors: tuple[str, ...]
    then: tuple[str, ...] = ()
    """Vendors whose rules are tried where none of these fits: labels often keep the maker's own number."""
    clean: tuple[Cleaning, ...] = ()
    rules: tuple[Rule, ...]


class Grammars:
    """All grammars, found by vendor."""

    def __init__(self, files: Mapping[str, Grammar]) -> None:
        self.files = dict(files)
        self._by_vendor: dict[str, list[Grammar]] = {}
        for grammar in files.values():
            for vendor in grammar.vendors:
                self._by_vendor.setdefault(name_key(vendor), []).append(grammar)

    def of(self, vendor: str) -> tuple[Grammar, ...]:
        """The grammars for a vendor, its own first; empty where the vendor is not known here."""
        own = self._by_vendor.get(name_key(vendor[:MAX_MODEL]), [])
        further = [grammar for item in own for name in item.then for grammar in self._by_vendor.get(name_key(name), [])]
        return tuple(dict.fromkeys([*own, *further]))

    def every(self) -> tuple[Grammar, ...]:
        """Every grammar, in the order of the files' names."""
        return tuple(self.files.values())

    def vendors(self) -> tuple[str, ...]:
        """The vendors that have rules of their own, sorted."""
        return tuple(sorted({vendor for grammar in self.files.values() for vendor in grammar.vendors}))


@lru_cache(maxsize=4)
def load_grammars(folder: Path = GRAMMAR_FOLDER) -> Grammars:
    """The grammars in ``folder``. Read once per process. Raises ``DatabaseError`` with every problem found."""
    grammars, problems = read_grammars(folder)
    if problems:
        raise DatabaseError(problems)
    return grammars


def read_grammars(folder: Path) -> tuple[Grammars, list[Problem]]:
    """Like ``load_grammars``, but a file that cannot be used is left out and told, not raised."""
    problems: list[Problem] = []
    files: dict[str, Grammar] = {}
    for path in sorted(folder.glob("*.yaml")):
        found = _read(path, problems)
        if found is not None:
            files[path.name] = found
    grammars = Grammars(files)
    known = {name_key(vendor) for vendor in grammars.vendors()}
    for name, grammar in files.items():
        for vendor in grammar.then:
            if name_key(vendor) not in known:
                reason = f"no grammar is for {vendor!r}{did_you_mean(vendor, list(grammars.vendors()))}"
                problems.append(Problem(f"grammars/{name}", "then", reason))
    if not files and not problems:
        problems.append(Problem(str(folder), "", "holds no grammar"))
    return grammars, problems


def _read(path: Path, problems: list[Problem]) -> Grammar | None:
    file = f"grammars/{path.name}"
    try:
        raw = yaml.load(path.read_bytes().decode("utf-8"), Loader=DatabaseYaml)  # noqa: S506 - a safe loader
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        problems.append(Problem(file, "", f"cannot be read as YAML: {error}"))
        return None
    try:
        grammar = msgspec.convert(raw, Grammar)
    except msgspec.ValidationError as error:
        problems.append(_invalid(file, raw, str(error)))
        return None
    found = [Problem(file, entry, reason) for entry, reason in _grammar_problems(grammar)]
    problems += found
    return None if found else grammar


def _invalid(file: str, raw: Any, message: str) -> Problem:
    """msgspec's message, with the rule's name instead of its place in the list."""
    reason, _, place = message.partition(" - at ")
    where = re.search(r"\.rules\[(\d+)\](.*?)`?$", place)
    entry = ""
    if where:
        rule = raw["rules"][int(where[1])]
        name = rule.get("rule") if isinstance(rule, dict) else None
        entry = name if isinstance(name, str) else f"rule {int(where[1]) + 1}"
        place = where[2].lstrip(".")
    if "got `int`" in reason or "got `float`" in reason or "got `bool`" in reason:
        reason += " (YAML reads bare numbers, yes and no as such: put a text in quotes)"
    return Problem(file, entry, f"{place.strip('`$.')}: {reason}" if place.strip("`$.") else reason)


def _grammar_problems(grammar: Grammar) -> Iterator[tuple[str, str]]:
    if not grammar.vendors:
        yield "vendors", "names nobody"
    for cleaning in grammar.clean:
        reason = _pattern_problem(cleaning.replace)
        if reason:
            yield "clean", f"{cleaning.replace!r}: {reason}"
    names: set[str] = set()
    for rule in grammar.rules:
        if rule.rule in names:
            yield rule.rule, "two rules bear this name"
        names.add(rule.rule)
        for reason in _rule_problems(rule):
            yield rule.rule, reason


def _rule_problems(rule: Rule) -> Iterator[str]:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.rule):
        yield "rule must be lower-case words joined by single hyphens"
    if not rule.number:
        yield "number has no parts"
    if not rule.examples:
        yield "has no example"
    names = set()
    for part in (*rule.number, *rule.anywhere):
        label = part.text or part.part or part.like or "a part"
        if part.part in names:
            yield f"part {part.part!r} stands there twice"
        names.add(part.part or object())
        for reason in _part_problems(part):
            yield f"{label}: {reason}"


def _part_problems(part: Part) -> Iterator[str]:
    if (part.text is None) == (part.part is None):
        yield "states exactly one of text and part"
        return
    if part.text is not None and (part.means or part.number or part.like or part.keep):
        yield "a fixed text means nothing by itself: name it with part"
    if part.part is not None and part.like is None and not part.means:
        yield "needs like, or means with the values"
        return
    reason = _pattern_problem(part.pattern())
    if reason:
        yield f"{part.pattern()!r}: {reason}"
        return
    if part.like is not None:
        yield from _unreachable(part, part.like)


def _unreachable(part: Part, like: str) -> Iterator[str]:
    """Values of the table that the expression can never give, where that can be told."""
    if "(?P<value>" in like or "(?=" in like or "(?!" in like or "(?<" in like:
        return
    for value in part.values():
        if not re.fullmatch(like, value):
            yield f"means lists {value!r}, which {like!r} never gives"


def _pattern_problem(pattern: str) -> str:
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"not a regular expression: {error}"
    if compiled.groups and (compiled.groups != 1 or "value" not in compiled.groupindex):
        return "only one group, (?P<value>…), may capture; write (?:…) elsewhere"
    return ""
