from __future__ import annotations

import msgspec
import pytest

from reports.device_words import device_key, most_urgent_first
from reports.document import ReportDocument, SourceNote
from reports.html.law_view import LawViews, apart, law_lines, safe_url, source_views


def _views(document: ReportDocument) -> LawViews:
    return LawViews(
        document, [device_key(one) for one in most_urgent_first(document.devices, document.replacements)]
    )


def test_groups_are_numbered_by_urgency_and_name_their_devices(document: ReportDocument) -> None:
    groups = _views(document).groups()
    assert [(group.number, group.covered, group.count) for group in groups] == [
        (1, "yes", 7),
        (2, "possible", 2),
        (3, "no", 4),
    ]
    assert groups[0].title == "Hikvision, Dahua: recorder, camera"
    assert groups[0].devices[0] == (1, "10.20.0.5")


def test_every_answer_of_a_group_is_shown_once(document: ReportDocument) -> None:
    for group in _views(document).groups():
        asked = next(one for one in document.devices if one.address == group.devices[0][1]).determinations
        assert len(group.telling) + len(group.quiet) + len(group.supposed) == len(asked)


def test_the_owners_acts_come_first_and_the_worst_of_them_first(document: ReportDocument) -> None:
    telling = _views(document).groups()[0].telling
    assert [(one.act, one.short) for one in telling] == [
        ("own and use", "conditional"),
        ("supply to government", "conditional"),
        ("own and use", "open"),
        ("own and use", "advice"),
        ("authorize a new model", "conditional"),
        ("import and market", "conditional"),
    ]
    assert telling[0].since == "since 2020-08-13"
    assert telling[0].grade == "document read"
    assert [(cite.key, cite.anchor) for cite in telling[0].cites] == [("S22", "source-6"), ("S23", "source-7")]


def test_operators_with_the_same_answer_share_a_row(
    panel_document: ReportDocument, document: ReportDocument
) -> None:
    telling = _views(panel_document).groups()[0].telling
    by_act = {(one.regime, one.act): one.operators for one in telling}
    assert by_act["Section 889(a)(1)(B), NDAA FY2019", "own and use"] == "Federal prime contractor"
    assert (
        by_act["FCC equipment authorization (Secure Equipment Act)", "own and use"] == "all operators asked about"
    )
    assert {one.operators for one in _views(document).groups()[0].telling} == {""}


def test_what_is_the_same_for_all_is_said_once(document: ReportDocument) -> None:
    law = document.devices[7].determinations
    other = tuple(
        msgspec.structs.replace(one, why="Another maker.") if one.regime == "S889_B" else one for one in law
    )
    devices = tuple(
        msgspec.structs.replace(one, determinations=other) if one.covered == "possible" else one
        for one in document.devices
    )
    groups = _views(msgspec.structs.replace(document, devices=devices)).groups()
    shared, separate = apart(groups)
    assert len(shared.telling) + len(shared.quiet) == 14
    assert [(one.regime, one.why) for one in separate[1].telling] == [
        ("Section 889(a)(1)(B), NDAA FY2019", "Another maker.")
    ]
    assert [group.shared for group in separate] == [14, 14, 0]
    assert separate[2] == groups[2]
    for before, after in zip(groups, separate, strict=True):
        kept = {*after.telling, *after.quiet} | ({*shared.telling, *shared.quiet} if after.shared else set())
        assert kept == {*before.telling, *before.quiet}


def test_one_group_alone_keeps_its_answers(document: ReportDocument) -> None:
    groups = _views(document).groups()
    assert apart(groups[:1])[1] == groups[:1]
    assert apart(()) == (apart(())[0], ())


def test_a_part_that_might_be_inside_is_a_condition(document: ReportDocument) -> None:
    (supposed,) = _views(document).groups()[2].supposed
    assert supposed.act == "own and use, if a HiSilicon chip is inside"
    assert _views(document).groups()[2].telling == ()


def test_a_device_is_led_to_its_group(document: ReportDocument) -> None:
    views = _views(document)
    lines = law_lines(views.groups())
    assert sorted(views.numbers.values()) == [1, 2, 3]
    assert lines[0][0].answer == "conditional since 2020-08-13"
    assert lines[2] == ()


def test_a_bar_with_an_end_says_both_days(document: ReportDocument) -> None:
    device = document.devices[0]
    law = tuple(msgspec.structs.replace(one, to="2027-01-01") for one in device.determinations)
    changed = msgspec.structs.replace(document, devices=(msgspec.structs.replace(device, determinations=law),))
    (group,) = _views(changed).groups()
    assert group.telling[0].since == "from 2020-08-13 to 2027-01-01"


def test_only_cited_sources_are_listed(document: ReportDocument) -> None:
    extra = SourceNote(key="S99", title="never cited")
    knowledge = msgspec.structs.replace(document.knowledge, sources=(extra, *document.knowledge.sources))
    views = _views(msgspec.structs.replace(document, knowledge=knowledge))
    assert "S99" not in [source.key for source in views.sources]
    assert source_views(views.sources)[0].anchor == "source-1"


def test_the_panel_speaks_of_covered_devices_only(document: ReportDocument) -> None:
    ((operator, cells),) = _views(document).panel()
    assert operator == "Federal prime contractor"
    assert (cells[0].act, cells[0].short) == ("own and use", "conditional")
    clean = tuple(one for one in document.devices if one.covered == "no")
    assert _views(msgspec.structs.replace(document, devices=clean)).panel() == ()


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://example.net/a?b=c#d", "https://example.net/a?b=c#d"),
        ("http://example.net/", "http://example.net/"),
        ("javascript:alert(1)", ""),
        (" https://example.net/", ""),
        ("https://example.net/\n", ""),
        ("//example.net/", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_only_web_addresses_are_links(url: str | None, link: str) -> None:
    assert safe_url(url) == link
