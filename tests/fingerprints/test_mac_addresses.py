from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.mac_addresses import colon_form, find_mac, is_device_mac


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("00:40:8C:00:00:0A", "00408c00000a"),
        ("00-40-8c-00-00-0a", "00408c00000a"),
        ("0040.8c00.000a", "00408c00000a"),
        ("axis-00408c00000a.local", "00408c00000a"),
        ("macaddress=00408C00000A", "00408c00000a"),
        ("uuid:12345678-0000-1000-8000-00408c00000a", "00408c00000a"),
        ("00:40:8C:00:00:0A:11", None),
        ("00408c00000a0", None),
        ("00:40:8C:00:00", None),
        ("192.0.2.1", None),
        ("", None),
    ],
)
def test_finding(text: str, digits: str | None) -> None:
    assert find_mac(text) == digits


@pytest.mark.parametrize(
    ("digits", "own"),
    [
        ("00408c00000a", True),
        ("265a4c012345", True),
        ("01005e0000fb", False),
        ("ffffffffffff", False),
        ("000000000000", False),
        ("001122334455", False),
    ],
)
def test_addresses_that_can_be_one_devices_own(digits: str, own: bool) -> None:
    assert is_device_mac(digits) is own


@given(st.binary(min_size=6, max_size=6))
def test_every_address_is_found_again(octets: bytes) -> None:
    assert find_mac(colon_form(octets.hex())) == octets.hex()


@given(st.text(max_size=200))
def test_any_text_is_harmless(text: str) -> None:
    found = find_mac(text)
    assert found is None or len(found) == 12
