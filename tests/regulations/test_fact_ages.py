"""How old facts are: lists that move grow old, single acts do not."""

from __future__ import annotations

from datetime import timedelta

from regulations.fact_ages import OLD_AFTER_DAYS, fact_ages
from regulations.knowledge_base import Knowledge


def test_a_list_grows_old_after_its_time(knowledge: Knowledge) -> None:
    seen = knowledge.lists["BIS_ENTITY"].last_seen

    def age(days: int) -> tuple[int, bool]:
        ages = fact_ages(knowledge, seen + timedelta(days=days))
        found = next(one for one in ages if (one.kind, one.key) == ("list", "BIS_ENTITY"))
        return found.days, found.old

    assert age(OLD_AFTER_DAYS) == (OLD_AFTER_DAYS, False)
    assert age(OLD_AFTER_DAYS + 1) == (OLD_AFTER_DAYS + 1, True)


def test_every_list_and_law_has_an_age_and_acts_never_warn(knowledge: Knowledge) -> None:
    ages = fact_ages(knowledge, knowledge.reviewed + timedelta(days=9999))
    assert [one.key for one in ages if one.kind == "list"] == list(knowledge.lists)
    assert [one.key for one in ages if one.kind == "law"] == list(knowledge.regimes)
    assert {one.key for one in ages if one.old} == {key for key, one in knowledge.lists.items() if not one.fixed}
