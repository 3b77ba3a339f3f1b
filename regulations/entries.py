"""The typed form of everything that stands in ``lists/`` and ``rules/``: one class a kind of entry.

Unknown fields are refused. In every dated entry ``from`` is the first day, ``to`` the first day that no longer
counts (an open end is no promise: it means that no end was seen). Grades: V the document itself was read, VL a
public parse of the official list was read, C computed from such, A our analysis, M from memory and unverified.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

import msgspec

Grade = Literal["V", "VL", "C", "A", "M"]
GRADES: tuple[Grade, ...] = ("V", "VL", "C", "A", "M")
UNVERIFIED: Grade = "M"
EVERYONE = "everyone"


def weakest(grades: Iterable[Grade]) -> Grade:
    """The grade of an answer: that of the weakest fact that it rests on."""
    return max(grades, key=GRADES.index)


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every entry is: immutable, without unknown fields."""


class Source(Entry, frozen=True, kw_only=True):
    """A document: what it is, where it was found, how old the copy that was read is, and how it was read."""

    key: str
    title: str
    url: str | None = None
    also: tuple[str, ...] = ()
    dated: date | None = msgspec.field(name="date", default=None)
    grade: Grade


class ListOfEntities(Entry, frozen=True, kw_only=True):
    """An official list: its name, whether it takes subsidiaries and affiliates with it, the newest copy read.

    ``holds_more``: it has names that do not stand in this knowledge base, so of an unknown maker nothing can be said.
    ``fixed``: one act named them once and for all, so that a copy does not grow old.
    """

    key: str
    name: str
    reaches_affiliates: bool
    holds_more: bool = False
    fixed: bool = False
    last_seen: date
    grade: Grade
    sources: tuple[str, ...]
    note: str | None = None


class Phase(Entry, frozen=True, kw_only=True):
    """A stage of a regime. ``known_from`` is the day on which ``from`` was fixed, where that was earlier, and
    ``to_known_from`` that on which ``to`` was fixed, where that was after the stage began.
    """

    name: str
    what: str
    from_: date = msgspec.field(name="from")
    to: date | None = None
    known_from: date | None = None
    to_known_from: date | None = None
    grade: Grade
    sources: tuple[str, ...]

    def end_as_of(self, day: date) -> date | None:
        """The first day after the stage, null where none was fixed yet on ``day``."""
        return None if self.to_known_from is not None and self.to_known_from > day else self.to

    def known_on(self, day: date) -> bool:
        """Whether the phase's first day was already fixed on ``day``."""
        return (self.known_from or self.from_) <= day


class Place(Entry, frozen=True, kw_only=True):
    """Where a regime is asked about at all: in ``states``, in ``countries``, and for operators who named no state.

    ``elsewhere`` is set on the regime that answers for every state or country of which nothing else is known; with
    ``operators`` only for those.
    """

    states: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    without_state: tuple[str, ...] = ()
    elsewhere: Literal["state", "country"] | None = None
    operators: tuple[str, ...] = ()


class Regime(Entry, frozen=True, kw_only=True):
    """A body of law: whom it binds, what it forbids, which lists it reads, since when, and on which acts.

    ``acts`` names for each act the operators bound (or ``everyone``). The first of ``phases`` is the day from
    which the regime bars anything; ``days_after_listing`` are added to an entry's first day, but not for the acts
    ``without_delay``. ``unlisted`` is the determination for a maker on none of ``lists``. ``reaches_affiliates`` takes
    the place of what the lists say, ``reaches_parents`` whether affiliates include the companies above.
    ``by_place`` is empty where the regime is asked about everywhere.
    """

    key: str
    name: str
    binds: str
    forbids: str
    does_not: str
    authority: tuple[str, ...]
    lists: tuple[str, ...]
    reaches_affiliates: bool | None = None
    reaches_parents: bool = True
    reads_categories: bool = True
    by_place: Place | None = None
    days_after_listing: int = 0
    without_delay: tuple[str, ...] = ()
    unlisted: str = "not_prohibited"
    acts: dict[str, tuple[str, ...]]
    phases: tuple[Phase, ...] = ()
    after_the_others: bool = False
    last_verified: date
    grade: Grade
    sources: tuple[str, ...]
    open_points: tuple[str, ...] = ()

    @property
    def in_force_from(self) -> str | None:
        """The first day on which the regime bars anything (ISO), null where it has none."""
        return self.phases[0].from_.isoformat() if self.phases else None


class Relation(Entry, frozen=True, kw_only=True):
    """That an entity belongs to another (subsidiary, holding …), from when to when, on which ground."""

    entity: str
    kind: str
    from_: date | None = msgspec.field(name="from", default=None)
    to: date | None = None
    grade: Grade
    sources: tuple[str, ...] = ()
    note: str | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the relation is known to hold on ``day``."""
        return (self.from_ is None or self.from_ <= day) and (self.to is None or day < self.to)


class Entity(Entry, frozen=True, kw_only=True):
    """A company or body under one key. ``name`` is the trade name, ``group`` that of the vocabulary, if any.

    ``label_only``: a seller under whose label others' equipment runs, so that the label alone names no producer
    outside the time of a relation. ``namesake_of``: a name that must not be taken for that entity. ``doubt`` is
    what an answer must say of it.
    """

    key: str
    name: str
    legal: str | None = None
    aliases: tuple[str, ...] = ()
    group: str | None = None
    part_of: tuple[Relation, ...] = ()
    label_only: bool = False
    namesake_of: str | None = None
    doubt: str | None = None
    grade: Grade
    sources: tuple[str, ...] = ()
    note: str | None = None


class ListEntry(Entry, frozen=True, kw_only=True):
    """What entries of lists have in common: scope, dates, citation. ``announced`` if fixed before ``from``."""

    list: str
    scope: str
    from_: date = msgspec.field(name="from")
    to: date | None = None
    announced: date | None = None
    citation: str | None = None
    grade: Grade
    sources: tuple[str, ...]
    note: str | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the entry stands on the list on ``day``."""
        return self.from_ <= day and (self.to is None or day < self.to)

    def known_on(self, day: date) -> bool:
        """Whether the entry was already announced on ``day``."""
        return (self.announced or self.from_) <= day


class Listing(ListEntry, frozen=True, kw_only=True):
    """One entity on one list, under which name, and what of its goods the entry reaches.

    ``by_this_name_only``: ``named`` is another company of the group, which a look-up by another legal name of the
    entity does not find.
    """

    entity: str
    named: str | None = None
    by_this_name_only: bool = False
    reach: Literal["equipment", "software", "services"] = "equipment"
    purpose_limited: bool = False
    last_seen: date | None = None


class SharedListing(ListEntry, frozen=True, kw_only=True):
    """Several entities that came on one list by the same act, with everything but their names in common."""

    entities: tuple[str, ...]

    def listings(self) -> tuple[Listing, ...]:
        """One listing for each entity."""
        common = {name: getattr(self, name) for name in ListEntry.__struct_fields__}
        return tuple(Listing(entity=entity, **common) for entity in self.entities)


class CategoryException(Entry, frozen=True, kw_only=True):
    """A way out of a category entry that an owner may show, and on which days it is open."""

    exception: str
    from_: date = msgspec.field(name="from")
    to: date | None = None
    grade: Grade
    sources: tuple[str, ...]
    note: str | None = None


class CategoryEntry(ListEntry, frozen=True, kw_only=True):
    """A kind of equipment that stands on a list whoever makes it; ``if_produced_abroad``: only what is made abroad."""

    key: str
    name: str
    group: str | None = None
    if_produced_abroad: bool = True
    devices: tuple[str, ...]
    exceptions: tuple[CategoryException, ...] = ()


class ComponentEntry(Entry, frozen=True, kw_only=True):
    """A part that draws the unit around it into some regimes; ``asked_of`` are acts where it is asked about.

    ``beside_listed_maker`` says whether it adds anything where the maker itself is on the list.
    """

    component: str
    scope: str
    group: str | None = None
    regimes: tuple[str, ...]
    acts: tuple[str, ...]
    asked_of: tuple[str, ...] = ()
    beside_listed_maker: bool
    from_: date = msgspec.field(name="from")
    grade: Grade
    sources: tuple[str, ...]
    note: str | None = None


class Event(Entry, frozen=True, kw_only=True):
    """An act or decision in the chain; ``known_from`` where its day was fixed earlier, ``about`` regimes and lists."""

    day: date = msgspec.field(name="date")
    known_from: date | None = None
    what: str
    about: tuple[str, ...]
    grade: Grade
    sources: tuple[str, ...]


class Word(Entry, frozen=True, kw_only=True):
    """One word of a closed vocabulary, with its meaning in one line."""

    key: str
    means: str


class ActWord(Word, frozen=True, kw_only=True):
    """An act; ``judged_on`` are the dates of the question that say on which day it is judged, else ``as_of``."""

    judged_on: tuple[str, ...] = ()


class OperatorWord(Word, frozen=True, kw_only=True):
    """Who asks; ``also`` are the profiles whose rules bind this operator too, ``in_state`` those that come with a state.

    ``state`` and ``country`` are where such an operator is, if its name says so.
    """

    also: tuple[str, ...] = ()
    in_state: dict[str, str] = {}
    state: str | None = None
    country: str | None = None


class UseWord(Word, frozen=True, kw_only=True):
    """What a unit is used for; ``class`` says whether that is one of the listed purposes."""

    class_: str = msgspec.field(name="class")


class DeviceWord(Word, frozen=True, kw_only=True):
    """A kind of device; ``has_soc`` where the question of a HiSilicon chip arises."""

    has_soc: bool = False


class ConditionWord(Word, frozen=True, kw_only=True):
    """A key that rules may use under ``when``: its own words, those of another vocabulary, or both."""

    words: tuple[str, ...] = ()
    words_of: str | None = None


class DeviceClass(Word, frozen=True, kw_only=True):
    """A product class of an identification and the device word that the law's vocabulary has for it."""

    device: str


class Rule(Entry, frozen=True, kw_only=True):
    """If an entry reaches the unit and all of ``when`` holds, the determination is ``then``.

    Rules of one regime are read in the order of their file; the first that fits decides. ``entries_from`` and
    ``entries_until`` restrict it to entries that came on the list in that time, ``days_since_entry`` to those that
    have been there for so many days. ``whatever_the_maker`` rules hold on every day and for every maker, before dates
    and lists are looked at; ``listed_or_not`` rules once the regime is in force, also for makers on none of its lists.
    """

    id: str
    regime: tuple[str, ...]
    act: tuple[str, ...]
    when: dict[str, tuple[str, ...]] = {}
    entries_from: date | None = None
    entries_until: date | None = None
    days_since_entry: int | None = None
    phase: str | None = None
    whatever_the_maker: bool = False
    listed_or_not: bool = False
    then: str
    why: str
    must_say: str | None = None
    cite: tuple[str, ...]
    grade: Grade


class GeneralAnswer(Entry, frozen=True, kw_only=True):
    """An answer that a step gives in every regime; ``then`` is null where the regime says which."""

    key: str
    then: str | None
    why: str
    must_say: str | None = None


class Doubt(Entry, frozen=True, kw_only=True):
    """A reason for which a prohibition is only conditional: the condition, as the answer must say it."""

    key: str
    say: str


class Remark(Entry, frozen=True, kw_only=True):
    """A caveat that is added to answers; the same ``when`` as in rules, over all regimes and acts unless named.

    ``from`` and ``to`` restrict it to acts judged in that time.
    """

    id: str
    regime: tuple[str, ...] = ()
    act: tuple[str, ...] = ()
    when: dict[str, tuple[str, ...]] = {}
    from_: date | None = msgspec.field(name="from", default=None)
    to: date | None = None
    say: str
    cite: tuple[str, ...] = ()
