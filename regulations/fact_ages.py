"""How old the facts of a knowledge base are on a day, and which lists were read too long ago."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from regulations.knowledge_base import Knowledge

OLD_AFTER_DAYS = 90
"""Days after which the snapshot of a list that changes counts as old."""


class FactAge(msgspec.Struct, frozen=True, kw_only=True):
    """One list or law: when its newest copy was read, how many days ago, and whether that is long for a list."""

    kind: Literal["list", "law"]
    key: str
    name: str
    last_seen: date
    days: int
    grade: str
    old: bool


def fact_ages(knowledge: Knowledge, today: date) -> tuple[FactAge, ...]:
    """The age of each list and each law on ``today``; only lists that change can grow old."""
    lists = [
        FactAge(
            kind="list",
            key=one.key,
            name=one.name,
            last_seen=one.last_seen,
            days=(today - one.last_seen).days,
            grade=one.grade,
            old=not one.fixed and (today - one.last_seen).days > OLD_AFTER_DAYS,
        )
        for one in knowledge.lists.values()
    ]
    laws = [
        FactAge(
            kind="law",
            key=one.key,
            name=one.name,
            last_seen=one.last_verified,
            days=(today - one.last_verified).days,
            grade=one.grade,
            old=False,
        )
        for one in knowledge.regimes.values()
    ]
    return (*lists, *laws)
