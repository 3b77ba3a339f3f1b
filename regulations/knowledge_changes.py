"""What differs between two knowledge bases: entries that came, went or changed, and answers that are others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from regulations.determination import Determination, Question
from regulations.determine import QuestionError, determine
from regulations.knowledge_base import Knowledge


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that was added, removed or changed; ``fields`` of a changed one as ``name: old -> new``."""

    section: str
    entry: str
    how: Literal["added", "removed", "changed"]
    fields: tuple[str, ...] = ()


class AnswerChange(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that is another under the new knowledge; null where one of them has no such row."""

    question: Question
    regime: str
    act: str
    component: str | None
    was: Determination | None
    now: Determination | None


def changes(old: Knowledge, new: Knowledge) -> tuple[Change, ...]:
    """Every entry that differs, section by section."""
    sections = _sections(new)
    return tuple(
        change for name, before in _sections(old).items() for change in _of_section(name, before, sections[name])
    )


def answer_changes(old: Knowledge, new: Knowledge, questions: Iterable[Question]) -> Iterator[AnswerChange]:
    """For each question the rows whose determination or dates differ; a question that one cannot answer is left out."""
    for question in questions:
        try:
            before, after = _rows(old, question), _rows(new, question)
        except QuestionError:
            continue
        for key in dict.fromkeys((*before, *after)):
            was, now = before.get(key), after.get(key)
            if _gist(was) != _gist(now):
                yield AnswerChange(
                    question=question, regime=key[0], act=key[1], component=key[2], was=was, now=now
                )


Key = tuple[str, str, str | None]


def _rows(knowledge: Knowledge, question: Question) -> dict[Key, Determination]:
    return {(row.regime, row.act, row.component): row for row in determine(knowledge, question)}


def _gist(row: Determination | None) -> tuple[str | None, ...]:
    return (row.determination, row.from_, row.to) if row else (None,)


def _sections(knowledge: Knowledge) -> dict[str, dict[str, object]]:
    """The sections of a knowledge base, each entry under a name that it keeps."""
    return {
        "knowledge": {"reviewed": knowledge.reviewed},
        "lists": dict(knowledge.lists),
        "regimes": dict(knowledge.regimes),
        "entities": dict(knowledge.entities),
        "listings": {f"{one.entity} on {one.list} since {one.from_}": one for one in knowledge.listings},
        "categories": dict(knowledge.categories),
        "components": {one.component: one for one in knowledge.components},
        "rules": {one.id: one for one in knowledge.rules},
        "remarks": {one.id: one for one in knowledge.remarks},
        "answers": dict(knowledge.answers),
        "sources": dict(knowledge.sources),
        "events": {f"{one.day} {one.what}": one for one in knowledge.events},
    }


def _of_section(name: str, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    for key in dict.fromkeys((*before, *after)):
        if key not in after:
            yield Change(section=name, entry=key, how="removed")
        elif key not in before:
            yield Change(section=name, entry=key, how="added")
        elif before[key] != after[key]:
            yield Change(section=name, entry=key, how="changed", fields=_fields(before[key], after[key]))


def _fields(before: object, after: object) -> tuple[str, ...]:
    was, now = msgspec.to_builtins(before), msgspec.to_builtins(after)
    if not isinstance(was, dict) or not isinstance(now, dict):
        return (f"{was} -> {now}",)
    names = [name for name in dict.fromkeys((*was, *now)) if was.get(name) != now.get(name)]
    return tuple(f"{name}: {was.get(name)} -> {now.get(name)}" for name in names)
