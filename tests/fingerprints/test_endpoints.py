from __future__ import annotations

from collections.abc import Callable

import pytest

from fingerprints.database_loader import Database
from fingerprints.endpoints import (
    address_key,
    contradict,
    joins_by_serial,
    same_serial,
    seen_endpoints,
    serial_key,
)
from fingerprints.matcher import Matcher
from fingerprints.observation import Observation

Seen = Callable[..., Observation]


def reply(seen: Seen, serial: str, **endpoint: object) -> Observation:
    fields = {"sadp.description": "AC-200", "sadp.firmware": "V1.2 build 200131", "sadp.serial": f"AC-200{serial}"}
    return seen(fields, **endpoint)


def test_observations_of_one_port_are_one_endpoint(database: Database, seen: Seen) -> None:
    observations = [
        seen({"http.server": "AcmeWeb"}, ip="192.0.2.1", port=80, transport="tcp"),
        seen({"http.title": "x"}, ip="192.0.2.1", port=80, transport="tcp"),
        seen({"http.title": "x"}, ip="192.0.2.1", port=8080, transport="tcp"),
    ]
    endpoints = seen_endpoints(observations, Matcher(database))
    assert [(item.port, len(item.observations)) for item in endpoints] == [(80, 2), (8080, 1)]
    assert endpoints[0].strong_maker == "Acme"
    assert endpoints[1].strong_maker is None


def test_the_same_sign_seen_twice_is_one_piece_of_evidence(database: Database, seen: Seen) -> None:
    observation = seen({"http.server": "AcmeWeb"}, ip="192.0.2.1", port=80)
    (endpoint,) = seen_endpoints([observation, observation], Matcher(database))
    assert len(endpoint.evidence) == 1


def test_discovery_replies_from_one_address_are_told_apart_by_hardware_address(
    database: Database, seen: Seen
) -> None:
    place = {"ip": "192.0.2.64", "port": 37020, "transport": "udp", "service": "sadp"}
    observations = [
        seen({"sadp.mac": "a8-bb-cc-00-00-01"}, **place),
        seen({"sadp.mac": "a8-bb-cc-00-00-02"}, **place),
    ]
    assert len(seen_endpoints(observations, Matcher(database))) == 2


@pytest.mark.parametrize(
    ("one", "other", "contradicting"),
    [
        ("E00000001", "E00000001", False),
        ("E00000001", "E00000002", True),
    ],
)
def test_different_serial_numbers_contradict(
    database: Database, seen: Seen, one: str, other: str, contradicting: bool
) -> None:
    endpoints = seen_endpoints(
        [reply(seen, one, ip="192.0.2.1", port=1), reply(seen, other, ip="192.0.2.1", port=2)], Matcher(database)
    )
    assert contradict(*endpoints) is contradicting


def test_the_same_hardware_address_outweighs_a_contradiction(database: Database, seen: Seen) -> None:
    endpoints = seen_endpoints(
        [
            reply(seen, "E00000001", ip="192.0.2.1", port=1, mac="a8:bb:cc:00:00:01"),
            reply(seen, "E00000002", ip="192.0.2.1", port=2, mac="a8:bb:cc:00:00:01"),
        ],
        Matcher(database),
    )
    assert not contradict(*endpoints)


@pytest.mark.parametrize(
    ("one", "other", "same", "joins"),
    [
        ("E33189939", "E33189939", True, True),
        ("DS2CD2385G1I20200414AAWRE33189939", "E33189939", True, True),
        ("DS2CD2385G1I20200414AAWRE33189939", "E3318", True, False),
        ("E33189939", "E33189940", False, False),
        ("E3318", "E3318", True, False),
    ],
)
def test_forms_of_a_serial_number(one: str, other: str, same: bool, joins: bool) -> None:
    assert same_serial(one, other) is same_serial(other, one) is same
    assert joins_by_serial(one, other) is joins_by_serial(other, one) is joins


def test_serial_key() -> None:
    assert serial_key("ds-2cd/ 01:a") == "DS2CD01A"


def test_addresses_are_ordered_as_numbers() -> None:
    texts = ["2001:db8::2", "192.0.2.10", "nonsense", "192.0.2.9", "2001:db8::10", "fe80::1%eth0"]
    ordered = sorted([*texts, None], key=address_key)
    assert ordered == ["192.0.2.9", "192.0.2.10", "2001:db8::2", "2001:db8::10", "fe80::1%eth0", "nonsense", None]
