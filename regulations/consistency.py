"""Checks that a knowledge base does not contradict itself and refers to nothing that is not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from regulations import entries, texts
from regulations.entries import EVERYONE, UNVERIFIED
from regulations.knowledge_base import VENDOR_WORDS, Knowledge, names_of_entities
from regulations.yaml_files import KnowledgeError, did_you_mean

GENERAL_ANSWERS = (
    "not_bound",
    "not_yet_known",
    "not_yet_begun",
    "producer_unknown",
    "namesake",
    "entry_not_verified",
    "not_on_list",
    "no_rule_fits",
)
"""The answers that the steps of a determination give in every regime; ``general.yaml`` holds each."""

DOUBTS = ("producer_inferred", "place_of_production", "parent_as_affiliate")
"""The reasons for which a prohibition is only conditional; ``general.yaml`` holds the words of each."""

CONDITIONS = (
    "group",
    "stands",
    "reach",
    "use",
    "operator",
    "device",
    "funding",
    "component",
    "exception",
    "authorised",
    "unit",
    "award",
    "own_use_elsewhere",
    "label",
    "producer",
    "determination",
)
"""The conditions that the program can judge; ``vocabulary.yaml`` explains each."""

QUESTION_DATES = ("acquired", "purchase", "authorised", "service_contract", "grant_date")
"""The dates of a question on which an act may be judged."""

OPEN_ANSWERS = ("prohibited_conditional", "indeterminate", "prudential")
"""Determinations that are of no use without the condition, the question or the advice that goes with them."""

REMARKS_ONLY = ("determination",)


def check_consistency(knowledge: Knowledge) -> None:
    """KnowledgeError for the first thing that is wrong, naming its file, its entry and the reason."""
    for problem in _problems(knowledge):
        raise problem


def _problems(knowledge: Knowledge) -> Iterator[KnowledgeError]:
    for file, checks in (
        ("vocabulary.yaml", _vocabulary_problems),
        ("regimes.yaml", _list_problems),
        ("regimes.yaml", _regime_problems),
        ("entities.yaml", _entity_problems),
        ("entities.yaml", _name_problems),
        ("listings.yaml", _listing_problems),
        ("listings.yaml", _category_problems),
        ("listings.yaml", _component_problems),
        ("general.yaml", _general_problems),
        ("remarks.yaml", _remark_problems),
        ("device_words.yaml", _device_word_problems),
    ):
        for entry, reason in checks(knowledge):
            yield KnowledgeError(file, entry, reason)
    for entry, reason in _rule_problems(knowledge):
        yield KnowledgeError(knowledge.rule_files[entry], entry, reason)
    for file, entry, cited in _all_cites(knowledge):
        for reason in _unknown(cited, knowledge.sources, "source"):
            yield KnowledgeError(file, entry, reason)


Problems = Iterator[tuple[str, str]]
"""Pairs of an entry's name and what is wrong with it."""


def _vocabulary_problems(knowledge: Knowledge) -> Problems:
    vocabulary = knowledge.vocabulary
    for act, act_word in vocabulary.acts.items():
        for reason in _unknown(act_word.judged_on, QUESTION_DATES, "date of a question"):
            yield act, reason
    for operator, operator_word in vocabulary.operators.items():
        for reason in _unknown(operator_word.also, vocabulary.operators, "operator"):
            yield operator, reason
    for use, use_word in vocabulary.uses.items():
        for reason in _unknown((use_word.class_,), vocabulary.use_classes, "class of use"):
            yield use, reason
    for condition in CONDITIONS:
        if condition not in vocabulary.conditions:
            yield condition, "this condition is missing under 'conditions'"
    for condition, word in vocabulary.conditions.items():
        for reason in _unknown((condition,), CONDITIONS, "condition"):
            yield condition, reason
        if bool(word.words) == bool(word.words_of):
            yield condition, "needs either 'words' or 'words_of'"
        elif word.words_of and word.words_of not in vocabulary.__struct_fields__:
            yield condition, f"there is no vocabulary {word.words_of!r}"


def _list_problems(knowledge: Knowledge) -> Problems:
    for key, one in knowledge.lists.items():
        if one.last_seen > knowledge.reviewed:
            yield key, f"last seen on {one.last_seen}, after the review of {knowledge.reviewed}"


def _regime_problems(knowledge: Knowledge) -> Problems:
    vocabulary = knowledge.vocabulary
    for key, regime in knowledge.regimes.items():
        yield from ((key, reason) for reason in _unknown(regime.lists, knowledge.lists, "list"))
        yield from (
            (key, reason) for reason in _unknown((regime.unlisted,), vocabulary.determinations, "determination")
        )
        if regime.days_after_listing < 0:
            yield key, "days_after_listing is negative"
        if regime.last_verified > knowledge.reviewed:
            yield key, f"last verified on {regime.last_verified}, after the review of {knowledge.reviewed}"
        for act, bound in regime.acts.items():
            yield from ((key, reason) for reason in _unknown((act,), vocabulary.acts, "act"))
            yield from ((key, reason) for reason in _unknown(bound, (*vocabulary.operators, EVERYONE), "operator"))
            if not bound:
                yield key, f"{act} binds nobody; leave it out, or say whom"
            if not knowledge.rules_for(key, act):
                yield key, f"no rule says anything about {act}"
        yield from ((key, reason) for reason in _phase_problems(regime))


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


def _entity_problems(knowledge: Knowledge) -> Problems:
    entities = knowledge.entities
    for key, entity in entities.items():
        if key in VENDOR_WORDS:
            yield key, f"this key is taken: {', '.join(VENDOR_WORDS)} are words for vendors without an entry"
        yield from (
            (key, reason) for reason in _unknown(_given(entity.group), knowledge.vocabulary.groups, "group")
        )
        yield from ((key, reason) for reason in _unknown(_given(entity.namesake_of), entities, "entity"))
        if entity.namesake_of and not entity.doubt:
            yield key, "a namesake needs a 'doubt' that says what is known of it"
        if not entity.sources and entity.grade != UNVERIFIED:
            yield key, "has no source; then its grade can only be M"
        for relation in entity.part_of:
            yield from ((key, reason) for reason in _unknown((relation.entity,), entities, "entity"))
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


def _name_problems(knowledge: Knowledge) -> Problems:
    seen: dict[str, str] = {}
    for name, key in names_of_entities(knowledge.entities, knowledge.listings):
        if seen.setdefault(name, key) != key:
            yield key, f"bears the name {name!r}, which is {seen[name]}'s; namesakes are never merged"


def _listing_problems(knowledge: Knowledge) -> Problems:
    seen: dict[tuple[str, str, str], list[entries.Listing]] = {}
    for number, listing in enumerate(knowledge.listings, start=1):
        name = f"entry {number} ({listing.entity} on {listing.list})"
        yield from ((name, reason) for reason in _unknown((listing.entity,), knowledge.entities, "entity"))
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
    yield from _unknown((entry.list,), knowledge.lists, "list")
    if entry.to is not None and entry.to <= entry.from_:
        yield f"ends ({entry.to}) before it begins ({entry.from_})"
    if entry.announced is not None and entry.announced > entry.from_:
        yield f"announced on {entry.announced}, after its first day {entry.from_}"
    known = knowledge.lists.get(entry.list)
    if known and entry.from_ > known.last_seen:
        yield f"begins on {entry.from_}, after the newest copy of the list that was read ({known.last_seen})"


def _category_problems(knowledge: Knowledge) -> Problems:
    vocabulary = knowledge.vocabulary
    for key, category in knowledge.categories.items():
        yield from ((key, reason) for reason in _entry_problems(knowledge, category))
        yield from ((key, reason) for reason in _unknown(category.devices, vocabulary.devices, "device"))
        yield from ((key, reason) for reason in _unknown((category.group,), vocabulary.groups, "group"))
        for way_out in category.exceptions:
            yield from (
                (key, reason) for reason in _unknown((way_out.exception,), vocabulary.exceptions, "exception")
            )
            if way_out.from_ < category.from_ or (way_out.to is not None and way_out.to <= way_out.from_):
                yield key, f"the exception {way_out.exception} has days that cannot be"


def _component_problems(knowledge: Knowledge) -> Problems:
    vocabulary = knowledge.vocabulary
    for number, part in enumerate(knowledge.components, start=1):
        name = f"entry {number} ({part.component})"
        yield from ((name, reason) for reason in _unknown((part.component,), vocabulary.components, "component"))
        yield from ((name, reason) for reason in _unknown(_given(part.group), vocabulary.groups, "group"))
        yield from ((name, reason) for reason in _unknown(part.regimes, knowledge.regimes, "regime"))
        yield from ((name, reason) for reason in _unknown(part.acts, vocabulary.acts, "act"))
        yield from ((name, reason) for reason in _unknown(part.asked_of, part.acts, "act of this entry"))


def _general_problems(knowledge: Knowledge) -> Problems:
    for key in (*GENERAL_ANSWERS, *DOUBTS):
        if key not in knowledge.answers and key not in knowledge.doubts:
            yield key, "this entry is missing"
    for key, answer in knowledge.answers.items():
        yield from ((key, reason) for reason in _unknown((key,), GENERAL_ANSWERS, "answer"))
        determinations = knowledge.vocabulary.determinations
        yield from ((key, reason) for reason in _unknown(_given(answer.then), determinations, "determination"))
        yield from ((key, reason) for reason in _text_problems(answer.why, answer.must_say))
        if answer.then is None and key != "not_on_list":
            yield key, "needs a determination under 'then'"
    for key, doubt in knowledge.doubts.items():
        yield from ((key, reason) for reason in _unknown((key,), DOUBTS, "condition"))
        yield from ((key, reason) for reason in _text_problems(doubt.say))


def _rule_problems(knowledge: Knowledge) -> Problems:
    homes: dict[str, str] = {}
    for rule in knowledge.rules:
        yield from ((rule.id, reason) for reason in _scope_problems(knowledge, rule))
        yield from ((rule.id, reason) for reason in _when_problems(knowledge, rule.when, REMARKS_ONLY))
        yield from ((rule.id, reason) for reason in _text_problems(rule.why, rule.must_say))
        determinations = knowledge.vocabulary.determinations
        yield from ((rule.id, reason) for reason in _unknown((rule.then,), determinations, "determination"))
        if not rule.cite:
            yield rule.id, "cites nothing"
        if rule.grade == UNVERIFIED and rule.then == "prohibited":
            yield (
                rule.id,
                "rests on memory (M); then it can say prohibited_conditional or indeterminate, not prohibited",
            )
        if rule.then in OPEN_ANSWERS and not rule.must_say:
            yield rule.id, f"says {rule.then}, and then 'must_say' has to name the condition or the question"
        if rule.entries_from and rule.entries_until and rule.entries_until < rule.entries_from:
            yield rule.id, f"entries_until ({rule.entries_until}) lies before entries_from ({rule.entries_from})"
        if rule.whatever_the_maker and (rule.when or rule.phase or rule.entries_from or rule.entries_until):
            yield rule.id, "holds whatever the maker, and then it can have no further condition"
        for regime in rule.regime:
            home = homes.setdefault(regime, knowledge.rule_files[rule.id])
            if home != knowledge.rule_files[rule.id]:
                yield (
                    rule.id,
                    f"the rules of {regime} stand in {home}; their order decides, so keep them in one file",
                )


def _scope_problems(knowledge: Knowledge, rule: entries.Rule) -> Iterator[str]:
    yield from _unknown(rule.regime, knowledge.regimes, "regime")
    for regime in (knowledge.regimes[key] for key in rule.regime if key in knowledge.regimes):
        if rule.phase and rule.phase not in [phase.name for phase in regime.phases]:
            yield f"{regime.key} has no phase {rule.phase!r}"
        if not set(rule.act) & set(regime.acts):
            yield f"{regime.key} has none of the acts {', '.join(rule.act)}"
    acts = {act for key in rule.regime if key in knowledge.regimes for act in knowledge.regimes[key].acts}
    yield from _unknown(rule.act, acts, "act of these regimes")


def _remark_problems(knowledge: Knowledge) -> Problems:
    seen: set[str] = set()
    for remark in knowledge.remarks:
        if remark.id in seen:
            yield remark.id, "a remark of this id stands here already"
        seen.add(remark.id)
        yield from ((remark.id, reason) for reason in _unknown(remark.regime, knowledge.regimes, "regime"))
        yield from ((remark.id, reason) for reason in _unknown(remark.act, knowledge.vocabulary.acts, "act"))
        yield from ((remark.id, reason) for reason in _when_problems(knowledge, remark.when, ()))
        yield from ((remark.id, reason) for reason in _text_problems(remark.say))


def _device_word_problems(knowledge: Knowledge) -> Problems:
    for key, word in knowledge.device_classes.items():
        yield from ((key, reason) for reason in _unknown((word.device,), knowledge.vocabulary.devices, "device"))


def _when_problems(
    knowledge: Knowledge, when: Mapping[str, tuple[str, ...]], not_here: Iterable[str]
) -> Iterator[str]:
    conditions = knowledge.vocabulary.conditions
    for condition, words in when.items():
        if condition not in conditions or condition in not_here:
            yield f"unknown condition {condition!r}{did_you_mean(condition, conditions)}"
            continue
        if not words:
            yield f"the condition {condition!r} names no word, so it never holds"
        yield from _unknown(words, knowledge.vocabulary.condition_words(condition), f"word for {condition}")


def _text_problems(*given: str | None) -> Iterator[str]:
    for text in given:
        problem = texts.problem_of(text) if text else None
        if problem:
            yield problem


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
    for number, part in enumerate(knowledge.components, start=1):
        yield "listings.yaml", f"entry {number} ({part.component})", part.sources
    for rule in knowledge.rules:
        yield knowledge.rule_files[rule.id], rule.id, rule.cite
    for remark in knowledge.remarks:
        yield "remarks.yaml", remark.id, remark.cite


def _given(word: str | None) -> tuple[str, ...]:
    return () if word is None else (word,)


def _unknown(words: Iterable[str], known: Iterable[str], what: str) -> Iterator[str]:
    known_words = list(known)
    for word in words:
        if word not in known_words:
            yield f"unknown {what} {word!r}{did_you_mean(word, known_words)}"
