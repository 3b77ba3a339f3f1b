from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import Asn, Location
from measurement.counts import KEYS, Count, count_by


class _Device(msgspec.Struct, frozen=True, kw_only=True):
    manufacturer: str | None = None
    class_: str = "unknown"
    address: str | None = None
    addresses: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    location: Location | None = None
    asn: Asn | None = None


def test_devices_and_addresses_are_counted_apart() -> None:
    devices = [
        _Device(manufacturer="Axis", address="192.0.2.1", addresses=("192.0.2.1", "2001:db8::1")),
        _Device(manufacturer="Axis", address="192.0.2.2"),
        _Device(manufacturer="Dahua", address="192.0.2.3"),
        _Device(address="192.0.2.4"),
    ]
    assert count_by(devices, "manufacturer") == (
        Count(value="Axis", devices=2, addresses=3),
        Count(value="Dahua", devices=1, addresses=1),
        Count(value=None, devices=1, addresses=1),
    )


def test_two_devices_at_one_address_are_two_devices_and_one_address() -> None:
    devices = [_Device(class_="camera", address="192.0.2.1", ports=(port,)) for port in (8081, 8082)]
    assert count_by(devices, "class") == (Count(value="camera", devices=2, addresses=1),)


def test_a_device_without_an_address_adds_none() -> None:
    assert count_by([_Device(class_="camera")], "class") == (Count(value="camera", devices=1, addresses=0),)


def test_countries_and_networks_are_read_where_known() -> None:
    devices = [
        _Device(location=Location(country="US"), asn=Asn(number="AS64500", org="Example")),
        _Device(location=Location(city="Springfield"), asn=Asn(number=64501)),
        _Device(asn=Asn()),
    ]
    assert [(one.value, one.devices) for one in count_by(devices, "country")] == [("US", 1), (None, 2)]
    networks = [(one.value, one.devices) for one in count_by(devices, "network")]
    assert networks == [("AS64501", 1), ("Example", 1), (None, 1)]


def test_a_device_counts_once_for_each_of_its_ports() -> None:
    devices = [_Device(ports=(80, 554, 80)), _Device(ports=(80,)), _Device()]
    counts = {one.value: one.devices for one in count_by(devices, "port")}
    assert counts == {"80": 2, "554": 1, None: 1}


def test_what_cannot_be_counted_by_is_refused() -> None:
    with pytest.raises(KeyError):
        count_by([], "colour")


def test_nothing_is_counted_as_nothing() -> None:
    assert all(count_by([], key) == () for key in KEYS)


@given(st.lists(st.sampled_from(["Axis", "Dahua", None]), max_size=30))
def test_counts_add_up_to_all_devices(makers: list[str | None]) -> None:
    counts = count_by([_Device(manufacturer=maker) for maker in makers], "manufacturer")
    assert sum(one.devices for one in counts) == len(makers)
    known = [one.devices for one in counts if one.value is not None]
    assert known == sorted(known, reverse=True)
