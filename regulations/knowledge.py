"""Reads the knowledge base from YAML and checks it: who is on which list since when, and the rules over it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from regulations import entries
from regulations.consistency import check_consistency
from regulations.knowledge_base import Knowledge, Vocabulary
from regulations.yaml_files import KnowledgeError, keyed_entries, listed_entries, read_sections

__all__ = ["FOLDER", "Knowledge", "KnowledgeError", "load_knowledge", "read_knowledge"]

FOLDER = Path(__file__).parent
"""Where the knowledge base that ships with the program stands."""

_NO_RULES = ("vocabulary.yaml", "places.yaml", "general.yaml", "remarks.yaml", "device_words.yaml")

_SHAPES: dict[str, type[entries.Word]] = {
    "determinations": entries.Word,
    "acts": entries.ActWord,
    "groups": entries.Word,
    "operators": entries.OperatorWord,
    "use_classes": entries.Word,
    "uses": entries.UseWord,
    "devices": entries.DeviceWord,
    "fundings": entries.Word,
    "components": entries.Word,
    "productions": entries.Word,
    "exceptions": entries.Word,
    "relations": entries.Word,
    "transactions": entries.Word,
    "conditions": entries.ConditionWord,
}

_PLACES: dict[str, type[entries.Word]] = {"states": entries.Word, "countries": entries.Word}


def load_knowledge(path: Path | None = None) -> Knowledge:
    """The knowledge base in the folder ``path`` (with ``lists/`` and ``rules/``), or the one that ships.

    A folder is read once per process. Raises KnowledgeError, which names file, entry and reason, for anything
    that cannot be read, has an unknown field or word, refers to what is not there, or contradicts itself.
    """
    return _load((path or FOLDER).resolve())


def read_knowledge(folder: Path) -> Knowledge:
    """As ``load_knowledge``, but read anew."""
    knowledge = _read(folder)
    check_consistency(knowledge)
    return knowledge


_load = lru_cache(maxsize=8)(read_knowledge)


def _read(folder: Path) -> Knowledge:
    lists, rules_folder = folder / "lists", folder / "rules"
    sources = read_sections(lists / "sources.yaml", ("reviewed", "sources"))
    regimes = read_sections(lists / "regimes.yaml", ("lists", "regimes"))
    listings = read_sections(lists / "listings.yaml", ("listings", "shared", "categories", "components"))
    entities = read_sections(lists / "entities.yaml", ("entities",))
    timeline = read_sections(lists / "timeline.yaml", ("events",))
    general = read_sections(rules_folder / "general.yaml", ("answers", "doubts"))
    remarks = read_sections(rules_folder / "remarks.yaml", ("remarks",))
    classes = read_sections(rules_folder / "device_words.yaml", ("classes",))
    rules, rule_files = _read_rules(rules_folder)
    if type(sources["reviewed"]) is not date:
        raise KnowledgeError("sources.yaml", "reviewed", "should be a day, as 2026-11-24")
    return Knowledge(
        reviewed=sources["reviewed"],
        sources=keyed_entries("sources.yaml", sources["sources"], entries.Source),
        lists=keyed_entries("regimes.yaml", regimes["lists"], entries.ListOfEntities),
        regimes=keyed_entries("regimes.yaml", regimes["regimes"], entries.Regime),
        entities=keyed_entries("entities.yaml", entities["entities"], entries.Entity),
        listings=(
            *listed_entries("listings.yaml", listings["listings"], entries.Listing),
            *_shared(listings["shared"]),
        ),
        categories=keyed_entries("listings.yaml", listings["categories"], entries.CategoryEntry),
        components=listed_entries("listings.yaml", listings["components"], entries.ComponentEntry),
        events=listed_entries("timeline.yaml", timeline["events"], entries.Event),
        vocabulary=_read_vocabulary(rules_folder / "vocabulary.yaml"),
        rules=rules,
        rule_files=rule_files,
        answers=keyed_entries("general.yaml", general["answers"], entries.GeneralAnswer),
        doubts=keyed_entries("general.yaml", general["doubts"], entries.Doubt),
        remarks=listed_entries("remarks.yaml", remarks["remarks"], entries.Remark),
        device_classes=keyed_entries("device_words.yaml", classes["classes"], entries.DeviceClass),
    )


def _read_vocabulary(path: Path) -> Vocabulary:
    words: dict[str, Any] = {}
    for file, shapes in ((path, _SHAPES), (path.parent / "places.yaml", _PLACES)):
        sections = read_sections(file, shapes)
        words |= {name: keyed_entries(file.name, sections[name], shape) for name, shape in shapes.items()}
    return Vocabulary(**words)


def _shared(section: Any) -> tuple[entries.Listing, ...]:
    return tuple(
        listing
        for shared in listed_entries("listings.yaml", section, entries.SharedListing)
        for listing in shared.listings()
    )


def _read_rules(folder: Path) -> tuple[tuple[entries.Rule, ...], dict[str, str]]:
    """The rules of every file that holds any, in order of file names; an id may stand only once."""
    rules: list[entries.Rule] = []
    files: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.name in _NO_RULES:
            continue
        for rule in listed_entries(path.name, read_sections(path, ("rules",))["rules"], entries.Rule):
            if rule.id in files:
                raise KnowledgeError(path.name, rule.id, f"a rule of this id stands in {files[rule.id]} already")
            files[rule.id] = path.name
            rules.append(rule)
    if not rules:
        raise KnowledgeError(folder.name, "the folder", "holds no rules")
    return tuple(rules), files
