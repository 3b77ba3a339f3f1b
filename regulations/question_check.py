"""Refuses questions with words or dates that nobody could answer, naming the field and the nearest known word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from regulations.determination import Question
from regulations.knowledge_base import VENDOR_WORDS, Knowledge
from regulations.yaml_files import did_you_mean

BEFORE_FREEZE = "before_2022-11-11"
"""The word for a model authorised before the FCC's freeze, where the day itself is not known."""
FREEZE = date(2022, 11, 11)
AUTHORISED_WORDS = (BEFORE_FREEZE, "never", "unknown")
DAYS = ("as_of", "acquired", "purchase", "service_contract", "grant_date", "application")
"""The fields of a question that hold a day."""


class QuestionError(ValueError):
    """A question that cannot be answered as it stands: which ``field``, and why."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


def check_question(knowledge: Knowledge, question: Question) -> None:
    """QuestionError for the first field with an unknown word or an impossible date."""
    for field, value, known in _words(knowledge, question):
        if value is not None and value not in known:
            raise QuestionError(field, f"unknown word {value[:80]!r}{did_you_mean(value[:80], known)}")
    if question.as_of is None:
        raise QuestionError("as_of", "the day on which the question is asked is missing")
    for field in DAYS:
        parse_day(field, getattr(question, field))
    if question.authorised not in (None, *AUTHORISED_WORDS):
        parse_day("authorised", question.authorised)
    for field in ("state", "country"):
        _check_place(knowledge, question, field)


def _check_place(knowledge: Knowledge, question: Question, field: str) -> None:
    """QuestionError where a place is stated that is not the operator's."""
    stated, own = getattr(question, field), getattr(knowledge.vocabulary.operators[question.operator], field)
    if stated is not None and own is not None and stated != own:
        raise QuestionError(field, f"{stated} does not fit the operator {question.operator}, which is in {own}")


def parse_day(field: str, text: str | None) -> date | None:
    """The day of an ISO date (``2026-07-16``), None for None; QuestionError for anything else."""
    if text is None:
        return None
    try:
        parsed = date.fromisoformat(text)
    except (ValueError, TypeError):
        parsed = None
    if parsed is None or parsed.isoformat() != text:
        raise QuestionError(field, f"{str(text)[:80]!r} is no day, as 2026-07-16")
    return parsed


def _words(knowledge: Knowledge, question: Question) -> Iterator[tuple[str, str | None, tuple[str, ...]]]:
    """Each field that takes a word: its name, what it holds, and the words that it may hold."""
    vocabulary = knowledge.vocabulary
    yield "operator", question.operator, tuple(vocabulary.operators)
    yield "vendor", question.vendor, (*knowledge.entities, *VENDOR_WORDS)
    yield "device", question.device, tuple(vocabulary.devices)
    yield "use", question.use, tuple(vocabulary.uses)
    yield "component", question.component, tuple(vocabulary.components)
    yield "produced_in", question.produced_in, tuple(vocabulary.productions)
    yield "exception", question.exception, tuple(vocabulary.exceptions)
    yield "funding", question.funding, tuple(vocabulary.fundings)
    yield "relation", question.relation, tuple(vocabulary.relations)
    yield "transaction", question.transaction, tuple(vocabulary.transactions)
    yield "state", question.state, tuple(vocabulary.states)
    yield "country", question.country, tuple(vocabulary.countries)
