"""Checks of ``rules/``: the vocabulary, general answers, rules and remarks, and what they refer to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from regulations import entries, texts
from regulations.consistency_words import Problems, given, unknown_words
from regulations.entries import UNVERIFIED
from regulations.knowledge_base import ENTITIES, Knowledge
from regulations.yaml_files import did_you_mean

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
    "part",
    "maker",
    "relation",
    "transaction",
    "state",
    "country",
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

BARRED_ANSWERS = ("prohibited", "prohibited_conditional")

REGIME_SAYS = ("not_on_list", "not_yet_known")
"""General answers whose determination is what the regime says of a maker that is not on its lists."""

REMARKS_ONLY = ("determination",)


def vocabulary_problems(knowledge: Knowledge) -> Problems:
    vocabulary = knowledge.vocabulary
    for act, act_word in vocabulary.acts.items():
        for reason in unknown_words(act_word.judged_on, QUESTION_DATES, "date of a question"):
            yield act, reason
    yield from _operator_problems(knowledge)
    for use, use_word in vocabulary.uses.items():
        for reason in unknown_words((use_word.class_,), vocabulary.use_classes, "class of use"):
            yield use, reason
    yield from _condition_problems(knowledge)


def _operator_problems(knowledge: Knowledge) -> Problems:
    vocabulary = knowledge.vocabulary
    for operator, operator_word in vocabulary.operators.items():
        for reason in unknown_words(operator_word.also, vocabulary.operators, "operator"):
            yield operator, reason
        for reason in unknown_words(operator_word.in_state, vocabulary.states, "state"):
            yield operator, reason
        for reason in unknown_words(operator_word.in_state.values(), vocabulary.operators, "operator"):
            yield operator, reason
        for reason in unknown_words(given(operator_word.state), vocabulary.states, "state"):
            yield operator, reason
        for reason in unknown_words(given(operator_word.country), vocabulary.countries, "country"):
            yield operator, reason


def _condition_problems(knowledge: Knowledge) -> Problems:
    vocabulary = knowledge.vocabulary
    for condition in CONDITIONS:
        if condition not in vocabulary.conditions:
            yield condition, "this condition is missing under 'conditions'"
    for condition, word in vocabulary.conditions.items():
        for reason in unknown_words((condition,), CONDITIONS, "condition"):
            yield condition, reason
        if not word.words and not word.words_of:
            yield condition, "needs 'words' or 'words_of'"
        elif word.words_of and word.words_of not in (ENTITIES, *vocabulary.__struct_fields__):
            yield condition, f"there is no vocabulary {word.words_of!r}"


def general_problems(knowledge: Knowledge) -> Problems:
    for key in (*GENERAL_ANSWERS, *DOUBTS):
        if key not in knowledge.answers and key not in knowledge.doubts:
            yield key, "this entry is missing"
    for key, answer in knowledge.answers.items():
        yield from ((key, reason) for reason in unknown_words((key,), GENERAL_ANSWERS, "answer"))
        determinations = knowledge.vocabulary.determinations
        yield from ((key, reason) for reason in unknown_words(given(answer.then), determinations, "determination"))
        yield from ((key, reason) for reason in _text_problems(answer.why, answer.must_say))
        if answer.then is None and key not in REGIME_SAYS:
            yield key, "needs a determination under 'then'"
    for key, doubt in knowledge.doubts.items():
        yield from ((key, reason) for reason in unknown_words((key,), DOUBTS, "condition"))
        yield from ((key, reason) for reason in _text_problems(doubt.say))


def rule_problems(knowledge: Knowledge) -> Problems:
    homes: dict[str, str] = {}
    for rule in knowledge.rules:
        yield from ((rule.id, reason) for reason in _scope_problems(knowledge, rule))
        yield from ((rule.id, reason) for reason in _when_problems(knowledge, rule.when, REMARKS_ONLY))
        yield from ((rule.id, reason) for reason in _text_problems(rule.why, rule.must_say))
        determinations = knowledge.vocabulary.determinations
        yield from ((rule.id, reason) for reason in unknown_words((rule.then,), determinations, "determination"))
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
        if rule.days_since_entry is not None and rule.days_since_entry < 1:
            yield rule.id, "days_since_entry has to be 1 or more"
        if rule.listed_or_not and rule.then in BARRED_ANSWERS:
            yield rule.id, "bars makers that are on no list; listed_or_not rules cannot"
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
    yield from unknown_words(rule.regime, knowledge.regimes, "regime")
    for regime in (knowledge.regimes[key] for key in rule.regime if key in knowledge.regimes):
        if rule.phase and rule.phase not in [phase.name for phase in regime.phases]:
            yield f"{regime.key} has no phase {rule.phase!r}"
        if not set(rule.act) & set(regime.acts):
            yield f"{regime.key} has none of the acts {', '.join(rule.act)}"
    acts = {act for key in rule.regime if key in knowledge.regimes for act in knowledge.regimes[key].acts}
    yield from unknown_words(rule.act, acts, "act of these regimes")


def remark_problems(knowledge: Knowledge) -> Problems:
    seen: set[str] = set()
    for remark in knowledge.remarks:
        if remark.id in seen:
            yield remark.id, "a remark of this id stands here already"
        seen.add(remark.id)
        yield from ((remark.id, reason) for reason in unknown_words(remark.regime, knowledge.regimes, "regime"))
        yield from ((remark.id, reason) for reason in unknown_words(remark.act, knowledge.vocabulary.acts, "act"))
        yield from ((remark.id, reason) for reason in _when_problems(knowledge, remark.when, ()))
        yield from ((remark.id, reason) for reason in _text_problems(remark.say))
        if remark.from_ and remark.to and remark.to <= remark.from_:
            yield remark.id, f"ends ({remark.to}) before it begins ({remark.from_})"


def device_word_problems(knowledge: Knowledge) -> Problems:
    for key, word in knowledge.device_classes.items():
        yield from (
            (key, reason) for reason in unknown_words((word.device,), knowledge.vocabulary.devices, "device")
        )


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
        yield from unknown_words(words, knowledge.condition_words(condition), f"word for {condition}")


def _text_problems(*given: str | None) -> Iterator[str]:
    for text in given:
        problem = texts.problem_of(text) if text else None
        if problem:
            yield problem
