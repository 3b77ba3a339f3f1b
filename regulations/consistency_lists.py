"""Checks of ``lists/``: regimes, entities, listings, categories and parts, and what they refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from regulations import entries
from regulations.consistency_words import Problems, given, unknown_words
from regulations.entries import EVERYONE, UNVERIFIED
from regulations.knowledge_base import VENDOR_WORDS, Knowledge, names_of_entities


def list_problems(knowledge: Knowledge) -> Problems:
    for key, one in knowledge.lists.items():
        if one.last_seen > knowledge.reviewed:
            yield key, f"last seen on {one.last_seen}, after the review of {knowledge.reviewed}"


def regime_problems(knowledge: Knowledge) -> Problems:
    vocabulary = knowledge.vocabulary
    for key, regime in knowledge.regimes.items():
        yield from ((key, reason) for reason in unknown_words(regime.lists, knowledge.lists, "list"))
        yield from (
            (key, reason)
            for reason in unknown_words((regime.unlisted,), vocabulary.determinations, "determination")
        )
        yield from ((key, reason) for reason in _place_problems(knowledge, regime.by_place))
        if regime.days_after_listing < 0:
            yield key, "days_after_listing is negative"
        if regime.last_verified > knowledge.reviewed:
            yield key, f"last verified on {regime.last_verified}, after the review of {knowledge.reviewed}"
        for act, bound in regime.acts.items():
            yield from ((key, reason) for reason in unknown_words((act,), vocabulary.acts, "act"))
            yield from (
                (key, reason) for reason in unknown_words(bound, (*vocabulary.operators, EVERYONE), "operator")
            )
            if act in vocabulary.acts and not bound:
                yield key, f"{act} binds nobody; leave it out, or say whom"
            if not knowledge.rules_for(key, act):
                yield key, f"no rule says anything about {act}"
        yield from ((key, reason) for reason in _phase_problems(regime))


def _place_problems(knowledge: Knowledge, place: entries.Place | None) -> Iterator[str]:
    vocabulary = knowledge.vocabulary
    if place is None:
        return
    yield from unknown_words(place.states, vocabulary.states, "state")
    yield from unknown_words(place.countries, vocabulary.countries, "country")
    yield from unknown_words((*place.without_state, *place.operators), vocabulary.operators, "operator")
    if not any((place.states, place.countries, place.elsewhere)):
        yield "by_place names no place"
    if place.elsewhere and (place.states or place.countries):
        yield "by_place is either a place or 'elsewhere', not both"


def _phase_problems(regime: entries.Regime) -> Iterator[str]:
    names = [phase.name for phase in regime.phases]
    for phase in regime.phases:
        if names.count(phase.name) > 1:
            yield f"the phase {phase.name!r} stands twice"
        if phase.to is not None and phase.to <= phase.from_:
            yield f"the phase {phase.name!r} ends ({phase.to}) before it begins ({phase.from_})"
        if phase.known_from is not None and phase.known_from > phase.from_:
            yield f"the phase {phase.name!r} is known only from {phase.known_from}, after its start {phase.from_}"
        if phase.from_ < regime.phases[0].from_:
            yield f"the phase {phase.name!r} begins before the first one, which opens the regime"


def entity_problems(knowledge: Knowledge) -> Problems:
    entities = knowledge.entities
    for key, entity in entities.items():
        if key in VENDOR_WORDS:
            yield key, f"this key is taken: {', '.join(VENDOR_WORDS)} are words for vendors without an entry"
        yield from (
            (key, reason) for reason in unknown_words(given(entity.group), knowledge.vocabulary.groups, "group")
        )
        yield from ((key, reason) for reason in unknown_words(given(entity.namesake_of), entities, "entity"))
        if entity.namesake_of and not entity.doubt:
            yield key, "a namesake needs a 'doubt' that says what is known of it"
        if not entity.sources and entity.grade != UNVERIFIED:
            yield key, "has no source; then its grade can only be M"
        for relation in entity.part_of:
            yield from ((key, reason) for reason in unknown_words((relation.entity,), entities, "entity"))
            if not relation.sources and relation.grade != UNVERIFIED:
                yield key, f"its relation to {relation.entity} has no source; then its grade can only be M"
            if relation.from_ and relation.to and relation.to <= relation.from_:
                yield (
                    key,
                    f"its relation to {relation.entity} ends ({relation.to}) before it begins ({relation.from_})",
                )
        if key in _above(entities, key):
            yield key, "belongs to itself by a circle of relations"


def _above(entities: Mapping[str, entries.Entity], key: str) -> set[str]:
    found: set[str] = set()
    waiting = [relation.entity for relation in entities[key].part_of]
    while waiting:
        parent = waiting.pop()
        if parent not in found and parent in entities:
            found.add(parent)
            waiting.extend(relation.entity for relation in entities[parent].part_of)
    return found


def name_problems(knowledge: Knowledge) -> Problems:
    seen: dict[str, str] = {}
    for name, key in names_of_entities(knowledge.entities, knowledge.listings):
        if seen.setdefault(name, key) != key:
            yield key, f"bears the name {name!r}, which is {seen[name]}'s; namesakes are never merged"


def listing_problems(knowledge: Knowledge) -> Problems:
    seen: dict[tuple[str, str, str], list[entries.Listing]] = {}
    for number, listing in enumerate(knowledge.listings, start=1):
        name = f"entry {number} ({listing.entity} on {listing.list})"
        yield from ((name, reason) for reason in unknown_words((listing.entity,), knowledge.entities, "entity"))
        yield from ((name, reason) for reason in _entry_problems(knowledge, listing))
        if listing.last_seen and listing.last_seen < listing.from_:
            yield name, f"last seen on {listing.last_seen}, before its first day {listing.from_}"
        same = seen.setdefault((listing.entity, listing.list, listing.reach), [])
        for other in same:
            if listing.from_ < (other.to or date.max) and other.from_ < (listing.to or date.max):
                yield (
                    name,
                    f"overlaps in time with another entry of the same entity on that list, from {other.from_}",
                )
        same.append(listing)


def _entry_problems(knowledge: Knowledge, entry: entries.ListEntry) -> Iterator[str]:
    """What may be wrong with any entry of a list."""
    yield from unknown_words((entry.list,), knowledge.lists, "list")
    if entry.to is not None and entry.to <= entry.from_:
        yield f"ends ({entry.to}) before it begins ({entry.from_})"
    if entry.announced is not None and entry.announced > entry.from_:
        yield f"announced on {entry.announced}, after its first day {entry.from_}"
    known = knowledge.lists.get(entry.list)
    if known and entry.from_ > known.last_seen:
        yield f"begins on {entry.from_}, after the newest copy of the list that was read ({known.last_seen})"


def category_problems(knowledge: Knowledge) -> Problems:
    vocabulary = knowledge.vocabulary
    for key, category in knowledge.categories.items():
        yield from ((key, reason) for reason in _entry_problems(knowledge, category))
        yield from ((key, reason) for reason in unknown_words(category.devices, vocabulary.devices, "device"))
        yield from ((key, reason) for reason in unknown_words(given(category.group), vocabulary.groups, "group"))
        for way_out in category.exceptions:
            yield from (
                (key, reason) for reason in unknown_words((way_out.exception,), vocabulary.exceptions, "exception")
            )
            if way_out.from_ < category.from_ or (way_out.to is not None and way_out.to <= way_out.from_):
                yield key, f"the exception {way_out.exception} has days that cannot be"


def component_problems(knowledge: Knowledge) -> Problems:
    vocabulary = knowledge.vocabulary
    for number, part in enumerate(knowledge.components, start=1):
        name = f"entry {number} ({part.component})"
        yield from (
            (name, reason) for reason in unknown_words((part.component,), vocabulary.components, "component")
        )
        yield from ((name, reason) for reason in unknown_words(given(part.group), vocabulary.groups, "group"))
        yield from ((name, reason) for reason in unknown_words(part.regimes, knowledge.regimes, "regime"))
        yield from ((name, reason) for reason in unknown_words(part.acts, vocabulary.acts, "act"))
        yield from ((name, reason) for reason in unknown_words(part.asked_of, part.acts, "act of this entry"))


def event_problems(knowledge: Knowledge) -> Problems:
    """Events out of order, about nothing known, or known only after they happened."""
    before = date.min
    for number, event in enumerate(knowledge.events, start=1):
        name = f"entry {number} ({event.day})"
        about = (*knowledge.regimes, *knowledge.lists)
        yield from ((name, reason) for reason in unknown_words(event.about, about, "regime or list"))
        if event.day < before:
            yield name, f"stands after an event of {before}"
        if event.known_from and event.known_from > event.day:
            yield name, f"is known only from {event.known_from}, after its day"
        before = event.day
