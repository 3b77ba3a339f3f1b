"""What the law says about one device, for one operator, on one day: a pure chain of steps over the knowledge.

For every regime and act the first step that settles the cell decides it: whose act it is, whether the regime
was in force, who produced the unit, whether an entry reaches it, and then the regime's own rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache

import msgspec

from regulations import entries
from regulations.case import Case, understand
from regulations.cell import Cell, facts_of, holds, words_of
from regulations.determination import Determination, Question
from regulations.entries import EVERYONE, UNVERIFIED, Grade, weakest
from regulations.knowledge_base import Knowledge
from regulations.places import asked_about
from regulations.question_check import QuestionError
from regulations.reach import Ground, grounds_of, other_grounds, possible_makers
from regulations.texts import filled

__all__ = ["QuestionError", "determine"]

PROHIBITED = "prohibited"
CONDITIONAL = "prohibited_conditional"
BARRED = (PROHIBITED, CONDITIONAL)
NOT_YET_KNOWN = "not-yet-known"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a step or rule decided, before its texts are filled in. ``says`` are the parts of what must be said."""

    rule: str
    then: str
    why: str
    says: tuple[str, ...] = ()
    cite: tuple[str, ...]
    grade: Grade
    read: tuple[str, ...] = ()
    ground: Ground | None = None
    since: date | None = None
    until: date | None = None

    @property
    def by_category(self) -> bool:
        """Whether it rests on the kind of equipment."""
        return self.ground is not None and self.ground.stands == "category"


def determine(knowledge: Knowledge, question: Question) -> tuple[Determination, ...]:
    """One row for each pair of regime and act, and rows of their own for parts that may be inside the unit.

    Pure: the same knowledge and question give the same rows. QuestionError names a field with an unknown word or
    an impossible date. Nothing later than the question's ``as_of`` is taken as known.
    """
    # Which signs the vendor was inferred from makes no difference, so devices with the same answer share one.
    signs = ("inferred",) if question.inferred_from else ()
    return _determine(knowledge, msgspec.structs.replace(question, inferred_from=signs))


@lru_cache(maxsize=2048)
def _determine(knowledge: Knowledge, question: Question) -> tuple[Determination, ...]:
    case = understand(knowledge, question)
    rows: list[Determination] = []
    for regime in sorted(knowledge.regimes.values(), key=lambda one: one.after_the_others):
        for act in regime.acts if asked_about(case, regime) else ():
            cell = Cell(case=case, regime=regime, act=act, day=case.day_of(act), earlier=tuple(rows))
            answer = _decide(cell)
            rows.append(_row(cell, answer))
            rows.extend(_component_rows(cell, answer))
    return tuple(rows)


def _decide(cell: Cell) -> Answer:
    """The first step that settles the cell."""
    return (
        _operator_not_bound(cell)
        or _whatever_the_maker(cell)
        or _regime_not_in_force(cell)
        or _producer_not_known(cell)
        or _by_grounds(cell, grounds_of(cell.case, cell.regime, cell.act, cell.day))
    )


def _operator_not_bound(cell: Cell) -> Answer | None:
    bound = cell.regime.acts[cell.act]
    if EVERYONE in bound or not cell.case.profiles.isdisjoint(bound):
        return None
    return _general(cell, "not_bound")


def _whatever_the_maker(cell: Cell) -> Answer | None:
    """The rules that hold on every day and for every maker."""
    for rule in cell.case.knowledge.rules_for(cell.regime.key, cell.act):
        if rule.whatever_the_maker:
            return _ruled(rule)
    return None


def _regime_not_in_force(cell: Cell) -> Answer | None:
    if not cell.regime.phases:
        return None
    first = cell.regime.phases[0]
    if not first.known_on(cell.case.as_of):
        return _general(cell, "not_yet_known")
    return _general(cell, "not_yet_begun") if first.from_ > cell.day else None


def _producer_not_known(cell: Cell) -> Answer | None:
    """What holds whoever made the unit; where that differs from maker to maker, that it is not known.

    A namesake that is itself on the list is answered as what it is.
    """
    producer = cell.case.producer
    if producer.kind not in ("unknown", "namesake"):
        return None
    grounds = grounds_of(cell.case, cell.regime, cell.act, cell.day)
    if producer.kind == "namesake" and any(ground.by_maker for ground in grounds):
        return None
    supposed = [_by_grounds(cell, one) for one in _if_listed(cell)]
    unlisted = _by_grounds(cell, tuple(_not_by_maker(cell, maker_listed=False)))
    found = {answer.then for answer in (*supposed, unlisted)}
    more = any(cell.case.knowledge.lists[name].holds_more for name in cell.regime.lists)
    # Where every maker is barred by the kind of equipment or a part inside, the answer is that of kind or part.
    whoever = found <= set(BARRED) and (len(found) == 1 or unlisted.by_category)
    if whoever or not (supposed or more):
        return unlisted
    # A list with more names than stand here may hold the maker, even if none of those here was on it that day.
    silent = more and all(answer.rule == NOT_YET_KNOWN for answer in supposed)
    if len(found) == 1 and not silent:
        return supposed[0]
    return _general(cell, "namesake" if producer.kind == "namesake" else "producer_unknown")


def _if_listed(cell: Cell) -> Iterator[tuple[Ground, ...]]:
    """The grounds there would be for each kind of maker that is on the regime's lists."""
    for one in possible_makers(cell.case, cell.regime, cell.day):
        yield one, *_not_by_maker(cell, maker_listed=True)


def _not_by_maker(cell: Cell, *, maker_listed: bool) -> Iterator[Ground]:
    return other_grounds(cell.case, cell.regime, cell.act, cell.day, maker_listed=maker_listed)


def _by_grounds(cell: Cell, grounds: tuple[Ground, ...]) -> Answer:
    """What holds on the verified grounds; that nothing is settled where an unverified one would bar more."""
    sure = _strictest(cell, [ground for ground in grounds if ground.grade != UNVERIFIED])
    unverified = [ground for ground in grounds if ground.grade == UNVERIFIED]
    if unverified and sure.then not in BARRED and _strictest(cell, list(grounds)).then != sure.then:
        return _general(cell, "entry_not_verified", unverified[0])
    return sure


def _strictest(cell: Cell, grounds: Sequence[Ground]) -> Answer:
    """The answer of the ground that bars most, or that no entry reaches the unit."""
    if not grounds:
        return _listed_or_not(cell) or _general(cell, "not_on_list")
    order = list(cell.case.knowledge.vocabulary.determinations)
    return min((_by_ground(cell, ground) for ground in grounds), key=lambda answer: order.index(answer.then))


def _listed_or_not(cell: Cell) -> Answer | None:
    facts = facts_of(cell, None)
    for rule in cell.case.knowledge.rules_for(cell.regime.key, cell.act):
        if rule.listed_or_not and holds(rule.when, facts):
            return _ruled(rule)
    return None


def _by_ground(cell: Cell, ground: Ground) -> Answer:
    """The answer of the first rule that fits one ground."""
    if isinstance(ground.entry, entries.ListEntry) and not ground.entry.known_on(cell.case.as_of):
        return _general(cell, "not_yet_known", ground)
    if ground.first_day(cell.regime, cell.act) > cell.day:
        return _general(cell, "not_yet_begun", ground)
    facts = facts_of(cell, ground)
    for rule in cell.case.knowledge.rules_for(cell.regime.key, cell.act):
        if _in_time(cell, rule, ground) and holds(rule.when, facts):
            return _doubted(cell, _ruled(rule, cell, ground))
    return _general(cell, "no_rule_fits", ground)


def _in_time(cell: Cell, rule: entries.Rule, ground: Ground) -> bool:
    """Whether the rule's phase was in force and known, and the entry came on the list in the rule's time."""
    if rule.entries_from and ground.entry.from_ < rule.entries_from:
        return False
    if rule.entries_until and ground.entry.from_ > rule.entries_until:
        return False
    if rule.days_since_entry and cell.day < ground.entry.from_ + timedelta(days=rule.days_since_entry):
        return False
    return all(
        phase.known_on(cell.case.as_of)
        and phase.from_ <= cell.day
        and cell.day < (phase.end_as_of(cell.case.as_of) or date.max)
        for phase in cell.regime.phases
        if phase.name == rule.phase
    )


def _ruled(rule: entries.Rule, cell: Cell | None = None, ground: Ground | None = None) -> Answer:
    """The answer of a rule, on a ground if it looked at one."""
    answer = Answer(
        rule=rule.id,
        then=rule.then,
        why=rule.why,
        says=(rule.must_say,) if rule.must_say else (),
        cite=rule.cite,
        grade=rule.grade,
    )
    if cell is None or ground is None:
        return answer
    phases = [phase for phase in cell.regime.phases if rule.phase is None or phase.name == rule.phase][:1]
    ends = [phase.end_as_of(cell.case.as_of) for phase in phases] + [getattr(ground.entry, "to", None)]
    last = min((end - timedelta(days=1) for end in ends if end is not None), default=None)
    return msgspec.structs.replace(
        answer,
        cite=(*rule.cite, *ground.sources),
        grade=weakest([rule.grade, ground.grade, *(phase.grade for phase in phases)]),
        read=_lists_read(cell, ground),
        ground=ground,
        since=ground.first_day(cell.regime, cell.act, rule.phase) if rule.then in BARRED else None,
        until=last if rule.then in BARRED else None,
    )


def _doubted(cell: Cell, answer: Answer) -> Answer:
    """A prohibition becomes conditional where the maker is only inferred or the entry's own condition is open."""
    ground = answer.ground
    if ground is None or answer.then not in BARRED:
        return answer
    doubts = [ground.doubt] if ground.doubt else []
    if ground.by_maker and not ground.any_maker and cell.case.producer_is_inferred():
        doubts.append("producer_inferred")
    if not doubts:
        return answer
    said = tuple(cell.case.knowledge.doubts[key].say for key in doubts)
    return msgspec.structs.replace(answer, then=CONDITIONAL, says=(*said, *answer.says))


def _general(cell: Cell, key: str, ground: Ground | None = None) -> Answer:
    """The answer that a step gives in every regime."""
    told = cell.case.knowledge.answers[key]
    maker = cell.case.producer.entity
    sources = list(cell.regime.sources)
    grades = [cell.regime.grade]
    read: tuple[str, ...] = ()
    if key in ("producer_unknown", "namesake", "entry_not_verified") and maker:
        sources = [*maker.sources, *sources]
    if key in ("not_on_list", "entry_not_verified"):
        read = _lists_read(cell, ground)
        sources.extend(source for name in read for source in cell.case.knowledge.lists[name].sources)
        grades.extend(cell.case.knowledge.lists[name].grade for name in read)
    if ground is not None:
        sources.extend(ground.sources)
        grades.append(ground.grade)
    return Answer(
        rule=key.replace("_", "-"),
        then=told.then or cell.regime.unlisted,
        why=told.why,
        says=(told.must_say,) if told.must_say else (),
        cite=tuple(sources),
        grade=weakest(grades),
        read=read,
        ground=ground,
    )


def _lists_read(cell: Cell, ground: Ground | None) -> tuple[str, ...]:
    """The lists that an answer rests on: that of its entry, or all of the regime's."""
    if ground is None:
        return cell.regime.lists
    return (ground.entry.list,) if isinstance(ground.entry, entries.ListEntry) else ()


def _component_rows(cell: Cell, answer: Answer) -> Iterator[Determination]:
    """Rows about a part of which nothing is known, where it would draw a unit of another maker into the regime."""
    case = cell.case
    if case.question.component is not None or answer.then != "not_prohibited" or answer.ground is not None:
        return
    if not case.knowledge.vocabulary.devices[case.question.device].has_soc:
        return
    for part in case.knowledge.components:
        if cell.regime.key in part.regimes and cell.act in part.asked_of:
            with_part = _case_with(case, part.component)
            inside = msgspec.structs.replace(cell, case=with_part)
            supposed = _decide(inside)
            if supposed.then in BARRED:
                yield msgspec.structs.replace(_row(inside, supposed), component=part.component)


def _case_with(case: Case, component: str) -> Case:
    question = msgspec.structs.replace(case.question, component=component)
    return msgspec.structs.replace(case, question=question, part_is_supposed=True)


def _row(cell: Cell, answer: Answer) -> Determination:
    """The row of an answer: texts filled in, remarks added, sources without repetition."""
    knowledge, question = cell.case.knowledge, cell.case.question
    facts = facts_of(cell, answer.ground, answer.then)
    remarks = [
        remark
        for remark in knowledge.remarks
        if (not remark.regime or cell.regime.key in remark.regime)
        and (not remark.act or cell.act in remark.act)
        and (remark.from_ or date.min) <= cell.day < (remark.to or date.max)
        and holds(remark.when, facts)
    ]
    words = words_of(cell, answer.ground)
    if answer.since:
        words["since"] = answer.since.isoformat()
    says = _unique([*answer.says, *(remark.say for remark in remarks)])
    days = [cell.regime.last_verified, *(knowledge.lists[name].last_seen for name in answer.read)]
    return Determination(
        regime=cell.regime.key,
        act=cell.act,
        determination=answer.then,
        operator=question.operator,
        from_=answer.since.isoformat() if answer.since else None,
        to=answer.until.isoformat() if answer.until else None,
        cite=_unique([*answer.cite, *(source for remark in remarks for source in remark.cite)]),
        why=filled(answer.why, words),
        must_say=" ".join(filled(say, words) for say in says) or None,
        rule=answer.rule,
        grade=answer.grade,
        last_verified=min(days).isoformat(),
    )


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
