"""Checks that a knowledge base does not contradict itself and refers to nothing that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from regulations import consistency_lists as of_lists
from regulations import consistency_rules as of_rules
from regulations.consistency_words import unknown_words
from regulations.knowledge_base import Knowledge
from regulations.yaml_files import KnowledgeError


def check_consistency(knowledge: Knowledge) -> None:
    """KnowledgeError for the first thing that is wrong, naming its file, its entry and the reason."""
    for problem in _problems(knowledge):
        raise problem


def _problems(knowledge: Knowledge) -> Iterator[KnowledgeError]:
    for file, checks in (
        ("vocabulary.yaml", of_rules.vocabulary_problems),
        ("regimes.yaml", of_lists.list_problems),
        ("regimes.yaml", of_lists.regime_problems),
        ("entities.yaml", of_lists.entity_problems),
        ("entities.yaml", of_lists.name_problems),
        ("listings.yaml", of_lists.listing_problems),
        ("listings.yaml", of_lists.category_problems),
        ("listings.yaml", of_lists.component_problems),
        ("timeline.yaml", of_lists.event_problems),
        ("general.yaml", of_rules.general_problems),
        ("remarks.yaml", of_rules.remark_problems),
        ("device_words.yaml", of_rules.device_word_problems),
    ):
        for entry, reason in checks(knowledge):
            yield KnowledgeError(file, entry, reason)
    for entry, reason in of_rules.rule_problems(knowledge):
        yield KnowledgeError(knowledge.rule_files[entry], entry, reason)
    for file, entry, cited in _all_cites(knowledge):
        for reason in unknown_words(cited, knowledge.sources, "source"):
            yield KnowledgeError(file, entry, reason)


def _all_cites(knowledge: Knowledge) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every entry that cites sources: its file, its name, and what it cites."""
    for key, one in knowledge.lists.items():
        yield "regimes.yaml", key, one.sources
    for key, regime in knowledge.regimes.items():
        cited = (*regime.sources, *(source for phase in regime.phases for source in phase.sources))
        yield "regimes.yaml", key, cited
    for key, entity in knowledge.entities.items():
        cited = (*entity.sources, *(source for relation in entity.part_of for source in relation.sources))
        yield "entities.yaml", key, cited
    for number, listing in enumerate(knowledge.listings, start=1):
        yield "listings.yaml", f"entry {number} ({listing.entity} on {listing.list})", listing.sources
    for key, category in knowledge.categories.items():
        cited = (*category.sources, *(source for way_out in category.exceptions for source in way_out.sources))
        yield "listings.yaml", key, cited
    for number, event in enumerate(knowledge.events, start=1):
        yield "timeline.yaml", f"entry {number} ({event.day})", event.sources
    for number, part in enumerate(knowledge.components, start=1):
        yield "listings.yaml", f"entry {number} ({part.component})", part.sources
    for rule in knowledge.rules:
        yield knowledge.rule_files[rule.id], rule.id, rule.cite
    for remark in knowledge.remarks:
        yield "remarks.yaml", remark.id, remark.cite
