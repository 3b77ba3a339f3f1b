"""What an official list says of known makers: exact names only, and nothing taken over that a name alone cannot show."""

from __future__ import annotations

from datetime import date

import pytest

from regulations.determination import Determination, Question
from regulations.determine import determine
from regulations.knowledge_base import Knowledge
from regulations.list_refresh import ListRefresh, compare, refreshed
from regulations.screening_files import ListedName, ScreeningFile

DAY = date(2026, 11, 20)


def a_file(*names: ListedName) -> ScreeningFile:
    return ScreeningFile(form="test", sha256="0" * 64, dated=DAY, names=names)


def listed(list_name: str, *names: str, since: date | None = None) -> ListedName:
    return ListedName(list=list_name, names=names, since=since, citation="91 FR 1")


def whole_list(knowledge: Knowledge, name: str, day: date) -> list[ListedName]:
    """The list as the knowledge base has it."""
    entities = [one.entity for one in knowledge.listings if one.list == name and one.holds_on(day)]
    return [listed(name, knowledge.entities[key].legal or knowledge.entities[key].name) for key in entities]


def rows(knowledge: Knowledge, vendor: str, as_of: str) -> dict[tuple[str, str], Determination]:
    found = determine(knowledge, Question(operator="exporter", vendor=vendor, as_of=as_of))
    return {(row.regime, row.act): row for row in found}


def one_list(knowledge: Knowledge, *names: ListedName) -> ListRefresh:
    (found,) = compare(knowledge, a_file(*names), DAY)
    return found


def test_an_unchanged_list_only_grows_younger(knowledge: Knowledge) -> None:
    found = one_list(knowledge, *whole_list(knowledge, "BIS_ENTITY", DAY))
    assert (found.new, found.gone, found.to_check, found.looks_partial) == ((), (), (), False)
    assert len(found.still) == len(whole_list(knowledge, "BIS_ENTITY", DAY))
    renewed = refreshed(knowledge, [found])
    assert renewed.lists["BIS_ENTITY"].last_seen == DAY
    assert knowledge.lists["BIS_ENTITY"].last_seen < DAY
    before, after = (rows(one, "tvt", "2026-11-24")["BIS_ENTITY", "buy"] for one in (knowledge, renewed))
    assert (before.determination, after.determination) == ("not_listed", "not_listed")
    assert before.last_verified < after.last_verified == DAY.isoformat()
    assert "OWN_BIS_ENTITY" in after.cite and str(DAY) in after.why


def test_what_is_new_is_answered_from_its_day(knowledge: Knowledge) -> None:
    new = listed("BIS_ENTITY", "SHENZHEN TVT  Digital Technology", since=date(2026, 9, 1))
    found = one_list(knowledge, *whole_list(knowledge, "BIS_ENTITY", DAY), new)
    assert [(one.entity, one.since) for one in found.new] == [("tvt", date(2026, 9, 1))]
    renewed = refreshed(knowledge, [found])
    assert rows(renewed, "tvt", "2026-08-31")["BIS_ENTITY", "export"].determination == "not_listed"
    row = rows(renewed, "tvt", "2026-09-01")["BIS_ENTITY", "export"]
    assert (row.determination, row.from_) == ("prohibited_conditional", "2026-09-01")


def test_a_list_that_states_no_day_counts_from_the_day_of_the_file(knowledge: Knowledge) -> None:
    found = one_list(knowledge, listed("OFAC_SDN", "Shenzhen TVT Digital Technology", since=date(2020, 1, 1)))
    renewed = refreshed(knowledge, [found])
    assert rows(renewed, "tvt", "2026-11-19")["OFAC_SDN", "deal"].determination == "not_listed"
    assert rows(renewed, "tvt", "2026-11-20")["OFAC_SDN", "deal"].determination == "prohibited"


@pytest.mark.parametrize(
    "name",
    ["TVT", "Shenzhen TVT Digital Technologies", "TVT Digital Technology", "Shenzen TVT Digital Technology"],
)
def test_a_short_or_similar_name_is_never_taken_over(knowledge: Knowledge, name: str) -> None:
    found = one_list(knowledge, listed("OFAC_SDN", name))
    assert found.new == ()
    assert [one.entity for one in found.to_check] == (["tvt"] if name == "TVT" else [])


def test_a_namesake_stays_one(knowledge: Knowledge) -> None:
    found = one_list(knowledge, listed("OFAC_SDN", "Dahua Electronics Corporation"))
    assert found.new == ()
    assert [one.entity for one in found.to_check] == ["dahua_electronics"]


def test_what_is_missing_is_said_and_stays(knowledge: Knowledge) -> None:
    names = [one for one in whole_list(knowledge, "BIS_ENTITY", DAY) if "Uniview" not in one.names[0]]
    found = one_list(knowledge, *names)
    assert found.gone == ("uniview",)
    assert not found.looks_partial
    renewed = refreshed(knowledge, [found])
    assert rows(renewed, "uniview", "2026-11-24")["BIS_ENTITY", "buy"].determination == "listed_no_effect_on_owner"
    assert one_list(knowledge, *names[:5]).looks_partial


def test_an_older_file_changes_nothing(knowledge: Knowledge) -> None:
    (found,) = compare(knowledge, a_file(listed("OFAC_SDN", "Shenzhen TVT Digital Technology")), date(2026, 7, 1))
    renewed = refreshed(knowledge, [found])
    assert renewed.lists == knowledge.lists
    assert renewed.listings == knowledge.listings


def test_news_that_later_knowledge_has_too_is_not_doubled(knowledge: Knowledge) -> None:
    found = one_list(knowledge, listed("OFAC_SDN", "Shenzhen TVT Digital Technology"))
    once = refreshed(knowledge, [found])
    later = ListRefresh(
        **{**{n: getattr(found, n) for n in ListRefresh.__struct_fields__}, "day": date(2026, 11, 22)}
    )
    twice = refreshed(once, [later])
    assert len(twice.listings) == len(once.listings)
    assert twice.lists["OFAC_SDN"].last_seen == date(2026, 11, 22)
