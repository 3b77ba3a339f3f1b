"""What a question means before any rule is read: who asks, who produced the unit, when each act is judged."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import msgspec

from regulations.determination import Question
from regulations.entries import Entity
from regulations.knowledge_base import UNKNOWN, VENDOR_WORDS, Knowledge
from regulations.question_check import BEFORE_FREEZE, FREEZE, check_question, parse_day

ProducerKind = Literal["maker", "unlisted", "unknown", "namesake"]


class Producer(msgspec.Struct, frozen=True, kw_only=True):
    """Who made the unit: an entity, a maker on no list, nobody known, or a name that is only like a listed one.

    ``entity`` is also set where it says why nothing is known (a label whose maker is open, a namesake).
    """

    kind: ProducerKind
    entity: Entity | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A checked question with what follows from its words alone."""

    knowledge: Knowledge
    question: Question
    as_of: date
    unit_day: date
    profiles: frozenset[str]
    state: str | None
    country: str | None
    use_class: str
    producer: Producer
    acquired: date | None
    authorised: date | None
    grant_date: date | None
    part_is_supposed: bool = False

    def day_of(self, act: str) -> date:
        """The day on which an act is judged."""
        for field in self.knowledge.vocabulary.acts[act].judged_on:
            text = getattr(self.question, field)
            if field == "authorised" and text in (BEFORE_FREEZE, "never", "unknown"):
                continue
            day = parse_day(field, text)
            if day is not None:
                return day
        return self.as_of

    def producer_is_inferred(self) -> bool:
        """Whether the vendor was only inferred from what the device shows."""
        return bool(self.question.inferred_from) and self.question.query_name is None


def understand(knowledge: Knowledge, question: Question) -> Case:
    """The case behind a question; QuestionError where it holds an unknown word or an impossible date."""
    check_question(knowledge, question)
    as_of = parse_day("as_of", question.as_of)
    assert as_of is not None  # checked above
    acquired = parse_day("acquired", question.acquired)
    unit_day = parse_day("purchase", question.purchase) or acquired or as_of
    operator = knowledge.vocabulary.operators[question.operator]
    state = question.state or operator.state
    return Case(
        knowledge=knowledge,
        question=question,
        as_of=as_of,
        unit_day=unit_day,
        profiles=knowledge.vocabulary.profiles(question.operator, state),
        state=state,
        country=question.country or operator.country,
        use_class=knowledge.vocabulary.uses[question.use].class_,
        producer=_producer(knowledge, question, unit_day),
        acquired=acquired,
        authorised=_authorised_by(question),
        grant_date=parse_day("grant_date", question.grant_date),
    )


def _authorised_by(question: Question) -> date | None:
    """A day by which the model was authorised, None if none is known."""
    if question.authorised == BEFORE_FREEZE:
        return FREEZE - timedelta(days=1)
    if question.authorised in (None, "never", "unknown"):
        return None
    return parse_day("authorised", question.authorised)


def _producer(knowledge: Knowledge, question: Question, unit_day: date) -> Producer:
    """By the name asked about, else by vendor, else by what the label says."""
    if question.query_name is not None:
        return producer_of(knowledge.entity_named(question.query_name), unit_day)
    if question.vendor not in VENDOR_WORDS:
        return producer_of(knowledge.entities[question.vendor], unit_day)
    if question.vendor != UNKNOWN:
        return Producer(kind="unlisted")
    return producer_of(knowledge.entity_named(question.brand), unit_day)


def producer_of(entity: Entity | None, unit_day: date) -> Producer:
    """The producer behind a name on a unit of ``unit_day``; unknown where the name is a mere label on that day."""
    if entity is None:
        return Producer(kind="unknown")
    if entity.namesake_of is not None:
        return Producer(kind="namesake", entity=entity)
    if entity.label_only and not any(relation.holds_on(unit_day) for relation in entity.part_of):
        return Producer(kind="unknown", entity=entity)
    return Producer(kind="maker", entity=entity)
