"""The typed form of the fingerprint database's YAML files, and what can be checked on one entry alone.

Each file under ``fingerprints/database/`` is a list of one of the structures below. ``schema.json`` beside
the files says the same for editors; this module is what a running coverscan relies on.
"""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from fingerprints.observation import ENDPOINT_NAMES, FIELDS

HOWS = ("is", "one_of", "starts_with", "ends_with", "contains", "matches", "absent", "oui_in")
"""The ways in which a condition may look at a field; a condition states exactly one."""

CLAIM_KEYS = (
    "manufacturer",
    "makers",
    "brand",
    "class",
    "model",
    "firmware",
    "firmware_date",
    "serial",
    "mac",
    "tag",
)
"""The keys of ``Evidence.claims``, and of an example's ``expect``."""


class Problem(NamedTuple):
    """Why a part of the database cannot be used: which file, which entry of it, and the reason."""

    file: str
    entry: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.entry}: {self.reason}" if self.entry else f"{self.file}: {self.reason}"


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Condition(_Strict, frozen=True, kw_only=True):
    """One field of an observation, and how its text must look. ``how`` and ``what`` read it back."""

    field: str
    is_: str | UnsetType = msgspec.field(default=UNSET, name="is")
    one_of: tuple[str, ...] | UnsetType = UNSET
    starts_with: str | UnsetType = UNSET
    ends_with: str | UnsetType = UNSET
    contains: str | UnsetType = UNSET
    matches: str | UnsetType = UNSET
    absent: bool | UnsetType = UNSET
    oui_in: tuple[str, ...] | UnsetType = UNSET
    ignore_case: bool = False

    @property
    def stated(self) -> tuple[str, ...]:
        """The ways of looking that this condition states (valid: exactly one)."""
        return tuple(how for how, name in zip(HOWS, _HOW_NAMES, strict=True) if getattr(self, name) is not UNSET)

    @property
    def how(self) -> str:
        """The one way of looking."""
        return next(how for how, name in zip(HOWS, _HOW_NAMES, strict=True) if getattr(self, name) is not UNSET)

    @property
    def texts(self) -> tuple[str, ...]:
        """What is looked for, as texts; empty for ``absent``."""
        value: str | tuple[str, ...] | bool = getattr(self, _HOW_NAMES[HOWS.index(self.how)])
        return (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()


_HOW_NAMES = ("is_", *HOWS[1:])
"""The attribute of ``Condition`` for each of ``HOWS``."""


class Capture(_Strict, frozen=True, kw_only=True):
    """A value taken from a named group of a ``matches`` condition.

    Applied in this order: ``replace`` (text → text), ``strip`` (true: white space; text: these characters),
    ``map`` (value → constant; a value that is not listed claims nothing), ``format`` (a date's form).
    """

    from_: str = msgspec.field(name="from")
    replace: dict[str, str] = {}
    strip: bool | str = False
    map: dict[str, str] | None = None
    format: Literal["yymmdd", "yyyymmdd", "iso"] | None = None


Value = str | Capture


class Means(_Strict, frozen=True, kw_only=True):
    """What follows when an entry matches. ``manufacturer: null`` and the like switch a file's default off."""

    manufacturer: Value | UnsetType | None = UNSET
    makers: tuple[str, ...] = ()
    brand: Value | UnsetType | None = UNSET
    class_: Value | UnsetType | None = msgspec.field(default=UNSET, name="class")
    class_weight: float | None = None
    model: Value | None = None
    firmware: Value | None = None
    firmware_date: Value | None = None
    serial: Value | None = None
    mac: Value | None = None
    tag: str | None = None

    def values(self) -> dict[str, Value]:
        """The stated values by claim key, ``makers`` left out (it is a list of constants)."""
        named = {
            "manufacturer": self.manufacturer,
            "brand": self.brand,
            "class": self.class_,
            "model": self.model,
            "firmware": self.firmware,
            "firmware_date": self.firmware_date,
            "serial": self.serial,
            "mac": self.mac,
            "tag": self.tag,
        }
        return {key: value for key, value in named.items() if isinstance(value, (str, Capture))}


class Source(_Strict, frozen=True, kw_only=True):
    """Where the fact comes from, when it was seen, and whether it was observed, known or derived."""

    text: str
    seen: datetime.date
    url: str | None = None
    mark: Literal["observed", "known", "derived"]


FieldText = str | int | bool | tuple[str | int, ...]


class Example(_Strict, frozen=True, kw_only=True):
    """An observation's fields that the entry must match, and the claims that it must yield."""

    fields: dict[str, FieldText]
    expect: dict[str, str | tuple[str, ...] | None] = {}
    note: str | None = None


class LookAlike(_Strict, frozen=True, kw_only=True):
    """An observation's fields that the entry must not match, and what they really are."""

    what: str
    fields: dict[str, FieldText]


class Entry(_Strict, frozen=True, kw_only=True):
    """One fingerprint: if all of ``match`` holds on one observation, ``means`` follows with ``weight``."""

    id: str
    description: str
    family: str
    weight: float
    match: tuple[Condition, ...]
    means: Means
    source: Source
    since: str | int | float | None = None
    until: str | int | float | None = None
    note: str | None = None
    examples: tuple[Example, ...] = ()
    not_: tuple[LookAlike, ...] = msgspec.field(default=(), name="not")


class Defaults(_Strict, frozen=True, kw_only=True):
    """What a file's entries mean where they do not say otherwise."""

    manufacturer: str | None = None
    brand: str | None = None
    class_: str | None = msgspec.field(default=None, name="class")


class Relation(_Strict, frozen=True, kw_only=True):
    """Who made devices of a brand: ``certainty`` is about a device of that brand found today."""

    maker: str
    relation: Literal["own", "subsidiary", "oem", "several"]
    certainty: Literal["high", "middling", "low"]
    source: str
    seen: datetime.date
    since: str | int | None = None
    until: str | int | None = None
    note: str | None = None


class Brand(_Strict, frozen=True, kw_only=True):
    """A label that devices bear, its other spellings, and who has made devices for it."""

    brand: str
    aliases: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()
    note: str | None = None


class Manufacturer(_Strict, frozen=True, kw_only=True):
    """A manufacturer's short trade name and its other spellings.

    ``parts_maker``: its chips, modules, boards or virtual machines are in or under devices of others, so that a
    hardware address of its says nothing about the device. ``namesakes``: other companies in the IEEE's registry
    whose name reads as one of its spellings.
    """

    manufacturer: str
    aliases: tuple[str, ...] = ()
    parts_maker: bool = False
    namesakes: tuple[str, ...] = ()
    note: str | None = None


class ModelRule(_Strict, frozen=True, kw_only=True):
    """What class a model number of one manufacturer (or of one brand) says. ``matches`` is searched."""

    matches: str
    class_: str = msgspec.field(name="class")
    source: str | Source
    manufacturer: str | None = None
    brand: str | None = None
    note: str | None = None
    examples: tuple[str, ...] = ()


class Family(_Strict, frozen=True, kw_only=True):
    """A family of evidence; families of one ``group`` are correlated and count once together."""

    family: str
    group: str
    meaning: str


class ClassWord(_Strict, frozen=True, kw_only=True):
    """A class of device and its meaning."""

    class_: str = msgspec.field(name="class")
    meaning: str


class TagWord(_Strict, frozen=True, kw_only=True):
    """A tag that an entry may set, and its meaning."""

    tag: str
    meaning: str


class CalibrationPoint(_Strict, frozen=True, kw_only=True):
    """What confidence is published for what the weights of evidence combine to (both 0 to 1)."""

    combined: float
    published: float


def entry_problems(entry: Entry, stem: str) -> list[str]:
    """Reasons why ``entry``, read from the file ``stem``.yaml, is unusable (vocabularies are not looked at)."""
    reasons = []
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.id):
        reasons.append("id must be lower-case words joined by single hyphens")
    if not entry.id.startswith(f"{stem}-"):
        reasons.append(f"id must start with the file's name: {stem}-…")
    if not 0 < entry.weight <= 1:
        reasons.append(f"weight {entry.weight} is not above 0 and at most 1")
    if not entry.description.strip():
        reasons.append("description is empty")
    if not any(condition.stated != ("absent",) for condition in entry.match):
        reasons.append("match needs at least one condition that is not absent: true")
    groups: set[str] = set()
    for position, condition in enumerate(entry.match, 1):
        found, reason = _condition(condition)
        if reason:
            reasons.append(f"condition {position} ({condition.field}): {reason}")
        elif found & groups:
            reasons.append(f"group {sorted(found & groups)[0]!r} is captured by two conditions")
        groups |= found
    if not reasons:
        reasons += _means_problems(entry.means, groups)
    return reasons


def _condition(condition: Condition) -> tuple[set[str], str]:
    """The groups that a condition captures, and the reason why it is unusable (empty where it is fine)."""
    if condition.field not in FIELDS and condition.field not in ENDPOINT_NAMES:
        return set(), f"no field of that name{did_you_mean(condition.field, [*FIELDS, *ENDPOINT_NAMES])}"
    if len(condition.stated) != 1:
        said = " and ".join(condition.stated) or "nothing"
        return set(), f"states {said}; a condition states exactly one of {', '.join(HOWS)}"
    if condition.how == "absent":
        return set(), "" if condition.absent is True else "absent can only be true"
    if not condition.texts:
        return set(), f"{condition.how} lists nothing"
    if condition.how == "oui_in":
        bad = [text for text in condition.texts if not re.fullmatch(r"[0-9A-Fa-f]{6,7}|[0-9A-Fa-f]{9}", text)]
        return set(), f"{bad[0]!r} is not 6, 7 or 9 hexadecimal digits" if bad else ""
    if condition.how in ("starts_with", "ends_with", "contains") and not condition.texts[0]:
        return set(), f"{condition.how} an empty text holds always"
    if condition.how == "matches":
        return _pattern(condition.texts[0])
    return set(), ""


@lru_cache(maxsize=8_192)
def compiled_pattern(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """The compiled pattern, kept: ``re`` itself forgets all but 512. Raises ``re.error``."""
    return re.compile(pattern, flags)


def _pattern(pattern: str) -> tuple[set[str], str]:
    try:
        compiled = compiled_pattern(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return set(), f"not a regular expression: {error}"
    if compiled.groups != len(compiled.groupindex):
        return set(), "has an unnamed group: write (?P<name>…), or (?:…) where nothing is captured"
    if compiled.search("") and compiled.search("\x00~\n"):
        return set(), "holds on any text"
    return set(compiled.groupindex), ""


def pattern_problem(pattern: str) -> str:
    """Why ``pattern`` cannot be used as a regular expression; empty where it can."""
    return _pattern(pattern)[1]


def _means_problems(means: Means, groups: set[str]) -> list[str]:
    reasons = []
    used = set()
    for key, value in means.values().items():
        if not isinstance(value, Capture):
            continue
        used.add(value.from_)
        if value.from_ not in groups:
            reasons.append(f"{key} is taken from the group {value.from_!r}, which no condition captures")
        if (key == "firmware_date") != (value.format is not None):
            reasons.append(
                "firmware_date needs a format (yymmdd, yyyymmdd or iso)"
                if key == "firmware_date"
                else f"{key} takes no format; it is for firmware_date"
            )
    for group in sorted(groups - used):
        reasons.append(f"the group {group!r} is captured but not used in means")
    if means.makers and isinstance(means.manufacturer, (str, Capture)):
        reasons.append("states both manufacturer and makers")
    if len(means.makers) == 1:
        reasons.append("makers lists several; one maker is manufacturer")
    if means.class_weight is not None and not 0 < means.class_weight <= 1:
        reasons.append(f"class_weight {means.class_weight} is not above 0 and at most 1")
    if not means.values() and not means.makers:
        reasons.append("means states nothing")
    return reasons


def did_you_mean(word: str, words: list[str]) -> str:
    """``; did you mean X?`` for the nearest of ``words``, or nothing where none is near."""
    import difflib  # only where something is wrong: not worth its start-up time otherwise

    lowered = {known.lower(): known for known in reversed(words)}
    near = difflib.get_close_matches(word.lower(), list(lowered), n=1, cutoff=0.6)
    return f"; did you mean {lowered[near[0]]!r}?" if near else ""
