"""Whether a maker is named on the FCC Covered List: about the maker alone, not about what it means for anybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from regulations.case import producer_of
from regulations.entries import GRADES, Entity
from regulations.knowledge_base import Knowledge
from regulations.question_check import QuestionError, parse_day
from regulations.reach import list_grounds

Covered = Literal["yes", "possible", "no", "unknown"]

COVERED_LIST = "FCC_COVERED"


def covered_answer(
    knowledge: Knowledge, manufacturer: str | None, candidates: Sequence[str], as_of: str
) -> Covered:
    """Is the maker a producer named on the Covered List, its subsidiaries and affiliates included, on ``as_of``?

    ``yes``, ``no`` (a known maker that is not), ``possible`` (one of several ``candidates`` may be; a label whose
    maker is open; a tie that is not verified), ``unknown``. QuestionError if ``as_of`` is no day.
    """
    day = parse_day("as_of", as_of)
    if day is None:
        raise QuestionError("as_of", "the day is missing")
    if manufacturer and manufacturer.strip():
        return _of_maker(knowledge, manufacturer, day)
    found = {_of_maker(knowledge, name, day) for name in candidates if name.strip()}
    if found & {"yes", "possible"}:
        return "possible"
    return "no" if found == {"no"} else "unknown"


def _of_maker(knowledge: Knowledge, name: str, day: date) -> Covered:
    entity = knowledge.entity_named(name)
    if entity is None:
        return "no"
    producer = producer_of(entity, day)
    if producer.kind == "namesake":
        return "unknown"
    if producer.kind == "unknown":
        return "possible" if _was_ever_part_of_listed(knowledge, entity) or entity.doubt else "unknown"
    affiliates = knowledge.lists[COVERED_LIST].reaches_affiliates
    grounds = list(list_grounds(knowledge, COVERED_LIST, entity, day, day, affiliates=affiliates))
    if not grounds:
        return "no"
    # A tie that rests on analysis or memory is no more than a possibility.
    sure = any(GRADES.index(ground.grade) < GRADES.index("A") for ground in grounds)
    return "yes" if sure else "possible"


def _was_ever_part_of_listed(knowledge: Knowledge, entity: Entity) -> bool:
    return any(knowledge.listings_of(relation.entity, COVERED_LIST) for relation in entity.part_of)
