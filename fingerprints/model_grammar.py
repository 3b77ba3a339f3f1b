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
from typing import Any, Literal, TypeVar

import msgspec
import yaml
from msgspec import UNSET, UnsetType

from fingerprints.database_loader import DatabaseError, DatabaseYaml, name_key
from fingerprints.schema import Problem, Source, did_you_mean

GRAMMAR_FOLDER = Path(__file__).parent / "database" / "grammars"
DEFAULTS_FILE = "classes.yaml"
MAX_MODEL = 128
"""Characters of a model number that are looked at."""

ModelClass = Literal[
    "access_control", "alarm", "analog_camera", "audio", "camera", "dvr", "intercom", "nvr", "switch"
]
FormFactor = Literal[
    "box",
    "bullet",
    "covert",
    "cube",
    "dome",
    "door_station",
    "dual_lens",
    "face_terminal",
    "fisheye",
    "indoor_station",
    "ip_speaker",
    "kit",
    "mini_dome",
    "multisensor",
    "panel",
    "panoramic",
    "poe_switch",
    "pt_cube",
    "ptz",
    "recessed_dome",
    "recorder",
    "turret",
]
NumberField = Literal["resolution_mp", "channels", "poe_ports", "optical_zoom", "drive_bays", "sensors"]

T = TypeVar("T")


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
        return {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not UNSET}


class Part(_Strict, frozen=True, kw_only=True):
    """A piece of a model number: fixed ``text``, or a named ``part`` whose values mean something.

    ``means`` maps a value (or several, ``"A, B"``) to facts, beside those of the file's ``table``. ``like`` is a
    regular expression for values that the table does not list; a group ``(?P<value>…)`` in it singles out what
    counts. ``number``: the digits themselves are these facts. ``keep``: the value itself is this fact, as text.
    ``otherwise`` holds where an ``optional`` part is missing or its value is not listed.
    """

    text: str | None = None
    part: str | None = None
    like: str | None = None
    table: str | None = None
    """A table of the file that ``means`` adds to."""
    means: dict[str, Facts] = {}
    number: NumberField | tuple[NumberField, ...] = ()
    otherwise: Facts = Facts()
    optional: bool = False
    keep: Literal["generation"] | None = None
    note: str | None = None

    def values(self) -> dict[str, Facts]:
        """What each value means: ``means`` with one key a value (the loader has put ``table`` into it)."""
        return {value: facts for key, facts in self.means.items() for value in key.split(", ")}

    def numbers(self) -> tuple[NumberField, ...]:
        """The facts that the digits say."""
        return (self.number,) if isinstance(self.number, str) else self.number

    def pattern(self) -> str:
        """The regular expression for this piece, without its being optional."""
        if self.text is not None:
            return re.escape(self.text)
        if self.like is not None:
            return self.like
        return "|".join(
            re.escape(value) for value in sorted(self.values(), key=lambda value: (-len(value), value))
        )


class Rule(_Strict, frozen=True, kw_only=True, eq=False):
    """One way of numbering: the pieces from left to right, what they say, and numbers that prove it."""

    rule: str
    says: str
    number: tuple[Part, ...]
    facts: Facts = Facts()
    anywhere: tuple[Part, ...] = ()
    """Marks that may stand anywhere behind ``number``."""
    source: Source | None = None
    """Where it is not the file's."""
    examples: dict[str, Facts]
    not_: dict[str, str] = msgspec.field(default={}, name="not")
    """Model numbers that this rule must not read, and what they are."""
    note: str | None = None


class Cleaning(_Strict, frozen=True, kw_only=True):
    """A spelling that is replaced before the rules look; ``replace`` is a regular expression."""

    replace: str
    by: str = ""
    because: str


class Grammar(_Strict, frozen=True, kw_only=True, eq=False):
    """The rules of some vendors (makers or labels that number alike). The first rule that fits decides."""

    vendors: tuple[str, ...]
    source: Source
    then: tuple[str, ...] = ()
    """Vendors whose rules are tried where none of these fits: labels often keep the maker's own number."""
    clean: tuple[Cleaning, ...] = ()
    tables: dict[str, dict[str, Facts]] = {}
    """What values mean that several rules share."""
    rules: tuple[Rule, ...]


class Defaults(_Strict, frozen=True, kw_only=True):
    """What a class or a form factor says by itself, where a rule says nothing else."""

    source: Source
    classes: dict[ModelClass, Facts] = {}
    forms: dict[FormFactor, Facts] = {}


class Grammars:
    """All grammars, found by vendor, and what classes and forms say by themselves."""

    def __init__(self, files: Mapping[str, Grammar], defaults: Defaults | None = None) -> None:
        self.files = dict(files)
        self._of_class: dict[str, dict[str, Any]] = _stated(defaults.classes if defaults else {})
        self._of_form: dict[str, dict[str, Any]] = _stated(defaults.forms if defaults else {})
        self._by_vendor: dict[str, list[Grammar]] = {}
        for grammar in files.values():
            for vendor in grammar.vendors:
                self._by_vendor.setdefault(name_key(vendor), []).append(grammar)

    def of(self, vendor: str) -> tuple[Grammar, ...]:
        """The grammars for a vendor, its own first; empty where the vendor is not known here."""
        own = self._by_vendor.get(name_key(vendor[:MAX_MODEL]), [])
        further = [
            grammar for item in own for name in item.then for grammar in self._by_vendor.get(name_key(name), [])
        ]
        return tuple(dict.fromkeys([*own, *further]))

    def completed(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """``facts`` with what their class and form say by themselves.

        A fact that a rule takes back is one that the class does not decide; the form still may.
        """
        of_class = self._of_class.get(facts.get("class_", ""), {})
        of_form = self._of_form.get(facts.get("form_factor", ""), {})
        stated = {name: value for name, value in facts.items() if value is not None}
        return {**of_class, **dict.fromkeys(facts.keys() - stated.keys()), **of_form, **stated}

    def every(self) -> tuple[Grammar, ...]:
        """Every grammar, in the order of the files' names."""
        return tuple(self.files.values())

    def vendors(self) -> tuple[str, ...]:
        """The vendors that have rules of their own, sorted."""
        return tuple(sorted({vendor for grammar in self.files.values() for vendor in grammar.vendors}))


def _stated(table: Mapping[Any, Facts]) -> dict[str, dict[str, Any]]:
    return {name: facts.stated() for name, facts in table.items()}


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
    defaults = None
    for path in sorted(folder.glob("*.yaml")):
        if path.name == DEFAULTS_FILE:
            defaults = _typed(path, Defaults, problems)
            continue
        found = _read(path, problems)
        if found is not None:
            files[path.name] = found
    grammars = Grammars(files, defaults)
    known = {name_key(vendor) for vendor in grammars.vendors()}
    for name, grammar in files.items():
        for vendor in grammar.then:
            if name_key(vendor) not in known:
                reason = f"no grammar is for {vendor!r}{did_you_mean(vendor, list(grammars.vendors()))}"
                problems.append(Problem(f"grammars/{name}", "then", reason))
    if not files and not problems:
        problems.append(Problem(str(folder), "", "holds no grammar"))
    return grammars, problems


def _typed(path: Path, form: type[T], problems: list[Problem]) -> T | None:
    """The file in its typed form; None where it cannot be read, and then the reason is told."""
    file = f"grammars/{path.name}"
    try:
        raw = yaml.load(path.read_bytes().decode("utf-8"), Loader=DatabaseYaml)  # noqa: S506 - a safe loader
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        problems.append(Problem(file, "", f"cannot be read as YAML: {error}"))
        return None
    try:
        return msgspec.convert(raw, form)
    except msgspec.ValidationError as error:
        problems.append(_invalid(file, raw, str(error)))
        return None


def _read(path: Path, problems: list[Problem]) -> Grammar | None:
    grammar = _typed(path, Grammar, problems)
    if grammar is None:
        return None
    file = f"grammars/{path.name}"
    filled = _with_tables(grammar)
    found = [
        Problem(file, entry, reason) for entry, reason in (*_unreachable(grammar), *_grammar_problems(filled))
    ]
    problems += found
    return None if found else filled


def _with_tables(grammar: Grammar) -> Grammar:
    """The grammar with each named table in the parts that use it; an unknown name stays and is told later."""

    def filled(part: Part) -> Part:
        shared = grammar.tables.get(part.table or "")
        if shared is None:
            return part
        values = Part(part="", means=shared).values() | part.values()
        return msgspec.structs.replace(part, table=None, means=values)

    rules = tuple(
        msgspec.structs.replace(
            rule, number=tuple(map(filled, rule.number)), anywhere=tuple(map(filled, rule.anywhere))
        )
        for rule in grammar.rules
    )
    return msgspec.structs.replace(grammar, rules=rules)


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
        for part in (*rule.number, *rule.anywhere):
            if part.table is not None:
                yield rule.rule, f"no table {part.table!r}{did_you_mean(part.table, list(grammar.tables))}"


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
    if part.text is not None and (part.means or part.table or part.number or part.like or part.keep):
        yield "a fixed text means nothing by itself: name it with part"
    if part.part is not None and part.like is None and not part.means and part.table is None:
        yield "needs like, or means with the values"
        return
    reason = _pattern_problem(part.pattern())
    if reason:
        yield f"{part.pattern()!r}: {reason}"
        return


def _unreachable(grammar: Grammar) -> Iterator[tuple[str, str]]:
    """Values of a part's own table that its expression can never give, where that can be told."""
    for rule in grammar.rules:
        for part in (*rule.number, *rule.anywhere):
            if part.like is None or "(?" in part.like.replace("(?:", "") or _pattern_problem(part.like):
                continue
            for value in part.values():
                if not re.fullmatch(part.like, value):
                    yield rule.rule, f"{part.part}: means lists {value!r}, which {part.like!r} never gives"


def _pattern_problem(pattern: str) -> str:
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"not a regular expression: {error}"
    if compiled.groups and (compiled.groups != 1 or "value" not in compiled.groupindex):
        return "only one group, (?P<value>…), may capture; write (?:…) elsewhere"
    return ""
