from __future__ import annotations

from collections.abc import Callable

import pytest

from fingerprints.observation import Observation
from fingerprints.self_description import device_macs, observation_tags

Seen = Callable[..., Observation]

DETAILS = (
    '{"Find":"BC","IPv4Address":{"DefaultGateway":"192.0.2.1","DhcpEnable":false,"IPAddress":"%s"},"Init":150}'
)


@pytest.mark.parametrize(
    ("fields", "ip", "tags"),
    [
        ({"sadp.ipv4": "192.0.2.64"}, "192.0.2.64", ()),
        ({"sadp.ipv4": "192.0.2.64"}, "192.0.2.9", ("misaddressed",)),
        ({"sadp.ipv4": "0.0.0.0"}, "192.0.2.9", ()),
        ({"sadp.ipv4": "garbage"}, "192.0.2.9", ()),
        ({"sadp.ipv4": "192.0.2.64"}, "2001:db8::1", ()),
        ({"sadp.ipv4": "192.0.2.64"}, None, ()),
        ({"dhip.details": DETAILS % "192.0.2.108"}, "192.0.2.108", ()),
        ({"dhip.details": DETAILS % "192.0.2.108"}, "192.0.2.9", ("misaddressed",)),
        ({"dhip.details": (DETAILS % "192.0.2.108")[:110]}, "192.0.2.9", ("misaddressed",)),
        ({"dhip.details": "b300180058"}, "192.0.2.9", ()),
        ({"sadp.activated": "false"}, None, ("not-activated",)),
        ({"dhip.activated": "False"}, None, ("not-activated",)),
        ({"sadp.activated": "true"}, None, ()),
        ({"sadp.locked": "true"}, None, ("locked",)),
        ({"sadp.locked": "false"}, None, ()),
    ],
)
def test_tags_of_a_devices_own_reply(
    seen: Seen, fields: dict[str, object], ip: str | None, tags: tuple[str, ...]
) -> None:
    assert observation_tags(seen(fields, ip=ip)) == tags


def test_hardware_addresses_the_link_layers_first(seen: Seen) -> None:
    observation = seen({"sadp.mac": "A8-BB-CC-01-02-05"}, mac="a8:bb:cc:01:02:03", ip="fe80::aabb:ccff:fe01:204")
    assert device_macs(observation) == ("a8bbcc010203", "a8bbcc010205", "a8bbcc010204")


@pytest.mark.parametrize(
    ("ip", "macs"),
    [
        ("2001:db8::240:8cff:fe00:a", ("00408c00000a",)),
        ("fe80::240:8cff:fe00:a%eth0", ("00408c00000a",)),
        ("2001:db8::1", ()),
        ("192.0.2.1", ()),
        ("not an address", ()),
        (None, ()),
    ],
)
def test_the_hardware_address_in_an_ipv6_address(seen: Seen, ip: str | None, macs: tuple[str, ...]) -> None:
    assert device_macs(seen({}, ip=ip)) == macs
