from __future__ import annotations

import msgspec

from reports.device_words import device_key
from reports.document import ReportDocument
from reports.html.plan_view import MAX_ENTRIES, plan


def test_equal_devices_are_one_entry(document: ReportDocument) -> None:
    numbers = {device_key(one): place for place, one in enumerate(document.devices, 1)}
    listed = plan(document.replacements, numbers)
    assert sum(entry.count for entry in listed.entries) == listed.devices == 9
    three = next(entry for entry in listed.entries if entry.count == 3)
    assert three.device == "Hikvision DS-2CD2143G2-I camera"
    assert three.places == ((2, "10.20.0.21"), (3, "10.20.0.22"), (4, "10.20.0.23"))


def test_what_holds_for_all_is_said_once(document: ReportDocument) -> None:
    listed = plan(document.replacements, {})
    assert listed.until_then
    for entry in listed.entries:
        assert not set(entry.until_then) & set(listed.until_then)
    (alone,) = plan(document.replacements[:1], {}).entries
    assert alone.until_then == document.replacements[0].until_then


def test_a_long_list_ends_and_says_so(document: ReportDocument) -> None:
    items = tuple(
        msgspec.structs.replace(document.replacements[0], device=f"camera {number}", address=f"10.0.0.{number}")
        for number in range(MAX_ENTRIES + 5)
    )
    listed = plan(items, {})
    assert len(listed.entries) == MAX_ENTRIES
    assert (listed.devices, listed.left_out) == (65, 5)


def test_devices_at_one_address_are_told_apart(document: ReportDocument) -> None:
    item = msgspec.structs.replace(document.replacements[0], address="127.0.0.1", ports=(8081, 8554))
    (entry,) = plan((item,), {}, {"127.0.0.1"}).entries
    assert entry.places == ((0, "127.0.0.1:8081"),)


def test_no_list_is_an_empty_plan() -> None:
    listed = plan((), {})
    assert (listed.entries, listed.devices, listed.until_then) == ((), 0, ())
