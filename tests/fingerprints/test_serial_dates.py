from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.database_loader import DatabaseError
from fingerprints.pattern_timing import slow_pattern
from fingerprints.serial_dates import MAX_SERIAL, SERIALS_FILE, counter_hint, load_serials, manufacture_date

SERIALS = load_serials()


@pytest.mark.parametrize(
    ("vendor", "serial", "date"),
    [(form.vendor, serial, date) for form in SERIALS.forms for serial, date in form.examples.items()],
)
def test_every_example_gives_its_date(vendor: str, serial: str, date: str) -> None:
    found = manufacture_date(vendor, serial, SERIALS)
    assert found is not None
    assert found.date == date
    assert found.earliest == found.latest == date[:7]


@pytest.mark.parametrize(
    ("vendor", "counter", "months"),
    [(known.vendor, text, months) for known in SERIALS.counters for text, months in known.examples.items()],
)
def test_every_running_number_gives_its_months(vendor: str, counter: str, months: tuple[str, str]) -> None:
    found = counter_hint(vendor, counter, SERIALS)
    assert found is not None
    assert (found.earliest, found.latest, found.date, found.certainty) == (*months, None, "hint")


def test_model_channels_and_counter_are_told_apart() -> None:
    found = manufacture_date("Hikvision", "DS-7616NI-K2/16P1620201105AAWR000000001WCVU", SERIALS)
    assert found is not None
    assert (found.model, found.counter, found.date) == ("DS-7616NI-K2/16P", "000000001", "2020-11-05")


@pytest.mark.parametrize(
    "serial",
    [
        "DS-2CD2143G2-I20230231AAWRG00000001",  # no such day
        "DS-2CD2143G2-I20231301AAWRG00000001",  # no such month
        "DS-2CD2143G2-I20019999AAWRG00000001",
        "DS-2CD2143G2-I20230201",  # no running number
        "123456789",
        "",
        "DS-2CD2143G2-I20230201AAWRG00000001" + "0" * MAX_SERIAL,
    ],
)
def test_what_is_no_date_gives_none(serial: str) -> None:
    assert manufacture_date("Hikvision", serial, SERIALS) is None


def test_a_day_that_is_still_to_come_is_no_date() -> None:
    serial = "DS-2CD2143G2-I20230201AAWRG00000001"
    assert manufacture_date("Hikvision", serial, SERIALS, latest=dt.date(2023, 2, 1)) is not None
    assert manufacture_date("Hikvision", serial, SERIALS, latest=dt.date(2023, 1, 31)) is None


def test_another_makers_serial_number_is_not_read() -> None:
    serial = "DS-2CD2143G2-I20230201AAWRG00000001"
    assert manufacture_date("Dahua", serial, SERIALS) is None
    assert manufacture_date("Dahua", "4K01FD2PAJ00001", SERIALS) is None


def test_a_running_number_before_the_first_known_one_hints_at_nothing() -> None:
    assert counter_hint("Hikvision", "123456789", SERIALS) is None
    assert counter_hint("Hikvision", "AB0000001", SERIALS) is None


def test_the_end_of_a_run_is_open_unless_another_follows() -> None:
    last = counter_hint("Hikvision", "ZZ0000001", SERIALS)
    assert last is not None
    assert (last.earliest, last.latest) == ("2025-10", None)
    digits = counter_hint("Hikvision", "999999999", SERIALS)
    assert digits is not None
    assert digits.latest == "2018-03"


@given(st.text(max_size=200))
def test_any_text_is_read_without_error(text: str) -> None:
    for vendor in ("Hikvision", "Lorex", "Uniview"):
        manufacture_date(vendor, text, SERIALS)
        counter_hint(vendor, text, SERIALS)


def test_no_form_can_be_made_slow() -> None:
    assert [slow_pattern(form.form, MAX_SERIAL) for form in SERIALS.forms] == [""] * len(SERIALS.forms)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [("(?P<year>", "(?:", "Lorex: names no group date"), ("certainty: stated", "certainty: sure", "Invalid enum")],
)
def test_a_bad_file_is_told(tmp_path: Path, before: str, after: str, reason: str) -> None:
    text = SERIALS_FILE.read_text("utf-8")
    assert before in text
    path = tmp_path / "serials.yaml"
    path.write_text(text.replace(before, after), "utf-8")
    with pytest.raises(DatabaseError, match=reason):
        load_serials(path)
