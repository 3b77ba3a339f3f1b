"""The knowledge base as one typed value: lists, entities, listings, regimes, vocabularies, rules, and look-ups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import msgspec

from regulations import entries

UNLISTED = "other"
"""The vendor word for a known maker on no list of the knowledge base."""
WHATEVER = "any"
"""The vendor word for a question about a kind of equipment, whoever makes it."""
UNKNOWN = "unknown"
"""The vendor word for a maker that is not known."""
ENTITIES = "entities"
"""What a condition names in ``words_of`` to take the keys of entities."""
VENDOR_WORDS = (UNLISTED, WHATEVER, UNKNOWN)


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """The closed vocabularies of ``rules/vocabulary.yaml``, each by its words."""

    determinations: dict[str, entries.Word]
    acts: dict[str, entries.ActWord]
    groups: dict[str, entries.Word]
    operators: dict[str, entries.OperatorWord]
    use_classes: dict[str, entries.Word]
    uses: dict[str, entries.UseWord]
    devices: dict[str, entries.DeviceWord]
    fundings: dict[str, entries.Word]
    components: dict[str, entries.Word]
    productions: dict[str, entries.Word]
    exceptions: dict[str, entries.Word]
    relations: dict[str, entries.Word]
    transactions: dict[str, entries.Word]
    states: dict[str, entries.Word]
    countries: dict[str, entries.Word]
    conditions: dict[str, entries.ConditionWord]

    def words(self, vocabulary: str) -> Mapping[str, entries.Word]:
        """One vocabulary by its name, as ``operators``."""
        found: Mapping[str, entries.Word] = getattr(self, vocabulary)
        return found

    def profiles(self, operator: str, state: str | None = None) -> frozenset[str]:
        """The operator with every profile whose rules bind it too, those of its state among them."""
        found: set[str] = set()
        waiting = [operator]
        while waiting:
            profile = waiting.pop()
            if profile not in found:
                found.add(profile)
                word = self.operators[profile]
                waiting.extend(word.also)
                if state in word.in_state:
                    waiting.append(word.in_state[state])
        return frozenset(found)


@dataclass(frozen=True, eq=False, kw_only=True)
class Knowledge:
    """The whole knowledge base, checked. Everything is immutable; ``load_knowledge`` makes it.

    ``rule_files`` says in which file each rule stands, by its id. ``reviewed`` is the day on which all of it was
    gone through; ``last_verified`` is older: the day of the oldest copy of a list that an answer may rest on.
    """

    reviewed: date
    sources: Mapping[str, entries.Source]
    lists: Mapping[str, entries.ListOfEntities]
    regimes: Mapping[str, entries.Regime]
    entities: Mapping[str, entries.Entity]
    listings: tuple[entries.Listing, ...]
    categories: Mapping[str, entries.CategoryEntry]
    components: tuple[entries.ComponentEntry, ...]
    events: tuple[entries.Event, ...]
    vocabulary: Vocabulary
    rules: tuple[entries.Rule, ...]
    rule_files: Mapping[str, str]
    answers: Mapping[str, entries.GeneralAnswer]
    doubts: Mapping[str, entries.Doubt]
    remarks: tuple[entries.Remark, ...]
    device_classes: Mapping[str, entries.DeviceClass]

    @cached_property
    def last_verified(self) -> str:
        """The day of the oldest copy of a list that an answer may rest on (ISO); lists that move, not single acts."""
        return min(one.last_seen for one in self.lists.values() if not one.fixed).isoformat()

    def entity_named(self, name: str | None) -> entries.Entity | None:
        """The entity that bears exactly this name, alias, or name on a list; case does not matter."""
        return self._names.get(normal_name(name)) if name else None

    def entity_key_for(self, manufacturer: str | None) -> str:
        """The ``vendor`` of a question for a manufacturer's name: an entity key, ``other``, or ``unknown``.

        ``other`` is a maker with a name that this knowledge base does not have, so on none of its lists. Names
        are never matched by likeness.
        """
        if not manufacturer or not manufacturer.strip():
            return UNKNOWN
        entity = self.entity_named(manufacturer)
        return entity.key if entity else UNLISTED

    def device_word(self, device_class: str) -> str:
        """The device word of the law's vocabulary for a product class; ``unknown`` for a class that has none."""
        known = self.device_classes.get(device_class)
        return known.device if known else UNKNOWN

    def condition_words(self, condition: str) -> tuple[str, ...]:
        """The words that may stand for ``condition`` under ``when``."""
        word = self.vocabulary.conditions[condition]
        if word.words_of == ENTITIES:
            return (*word.words, *self.entities)
        return (*word.words, *(self.vocabulary.words(word.words_of) if word.words_of else ()))

    def listings_of(self, entity: str, list_name: str) -> tuple[entries.Listing, ...]:
        """The entries of one entity on one list, of all times."""
        return self._listings.get((entity, list_name), ())

    def rules_for(self, regime: str, act: str) -> tuple[entries.Rule, ...]:
        """The rules of a regime about an act, in the order in which they are read."""
        return self._rules.get((regime, act), ())

    def parts_of(self, entity: str) -> tuple[tuple[entries.Entity, entries.Relation], ...]:
        """The entities that belong to ``entity`` or did, with their relation to it."""
        return self._parts.get(entity, ())

    @cached_property
    def _names(self) -> dict[str, entries.Entity]:
        return {name: self.entities[key] for name, key in names_of_entities(self.entities, self.listings)}

    @cached_property
    def _listings(self) -> dict[tuple[str, str], tuple[entries.Listing, ...]]:
        found: dict[tuple[str, str], tuple[entries.Listing, ...]] = {}
        for listing in self.listings:
            key = listing.entity, listing.list
            found[key] = (*found.get(key, ()), listing)
        return found

    @cached_property
    def _rules(self) -> dict[tuple[str, str], tuple[entries.Rule, ...]]:
        found: dict[tuple[str, str], tuple[entries.Rule, ...]] = {}
        for rule in self.rules:
            for key in ((regime, act) for regime in rule.regime for act in rule.act):
                found[key] = (*found.get(key, ()), rule)
        return found

    @cached_property
    def _parts(self) -> dict[str, tuple[tuple[entries.Entity, entries.Relation], ...]]:
        found: dict[str, tuple[tuple[entries.Entity, entries.Relation], ...]] = {}
        for entity in self.entities.values():
            for relation in entity.part_of:
                found[relation.entity] = (*found.get(relation.entity, ()), (entity, relation))
        return found


def normal_name(name: str) -> str:
    """A name as it is compared: upper and lower case alike, white space joined; nothing else is forgiven."""
    return " ".join(name.casefold().split())


def names_of_entities(
    all_entities: Mapping[str, entries.Entity], listings: tuple[entries.Listing, ...]
) -> Iterator[tuple[str, str]]:
    """Every name as it is compared, with the key of the entity that bears it."""
    for entity in all_entities.values():
        for name in (entity.name, entity.legal, *entity.aliases):
            if name:
                yield normal_name(name), entity.key
    for listing in listings:
        if listing.named and listing.entity in all_entities:
            yield normal_name(listing.named), listing.entity
