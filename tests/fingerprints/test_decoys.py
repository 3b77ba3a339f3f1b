from __future__ import annotations

import pytest

from fingerprints.decoys import CAMERA_MAKERS, MAKERS, OPEN_PORTS, SAME_REPLY_PORTS, pretends
from fingerprints.endpoints import SeenEndpoint
from fingerprints.identification import Identification
from fingerprints.observation import Observation, bounded_fields


def endpoint(
    port: int, maker: str | None = None, class_: str = "unknown", *, sure: bool = True, **fields: str
) -> SeenEndpoint:
    names = {name.replace("_", "."): value for name, value in fields.items()}
    observation = Observation(
        source="test", ip="192.0.2.1", port=port, transport="tcp", fields=bounded_fields(names)
    )
    found = Identification(manufacturer=maker, class_=class_, confidence=0.9 if maker else 0.0)
    return SeenEndpoint((observation,), (), found, (), frozenset({maker} if maker and sure else ()))


def test_an_ordinary_address_does_not_pretend() -> None:
    assert not pretends([])
    assert not pretends([endpoint(80, "Acme", "camera"), endpoint(554, "Acme"), endpoint(22)])


def test_several_makers_of_cameras_on_one_address() -> None:
    makers = ["Acme", "Borealis", "Cirrus"]
    assert len(makers) == CAMERA_MAKERS
    assert pretends([endpoint(port, maker, "camera") for port, maker in enumerate(makers)])
    assert not pretends([endpoint(port, maker, "camera") for port, maker in enumerate(makers[:2])])
    assert not pretends([endpoint(port, maker, "camera", sure=False) for port, maker in enumerate(makers)])


def test_a_router_a_disk_and_a_camera_behind_one_address_are_ordinary() -> None:
    mixed = [endpoint(80, "A", "router"), endpoint(81, "B", "nas"), endpoint(82, "C", "camera")]
    assert not pretends(mixed)
    more = [endpoint(90 + number, f"M{number}", "router") for number in range(MAKERS - 3)]
    assert pretends([*mixed, *more])


@pytest.mark.parametrize("ports", [SAME_REPLY_PORTS - 1, SAME_REPLY_PORTS])
def test_the_same_reply_on_many_ports(ports: int) -> None:
    alike = [
        endpoint(port, banner_raw=f"HTTP/1.0 200 OK\r\nDate: {port}\r\nServer: x\r\n\r\nhello")
        for port in range(1, ports + 1)
    ]
    assert pretends(alike) is (ports >= SAME_REPLY_PORTS)


def test_different_replies_on_some_ports_are_ordinary() -> None:
    assert not pretends([endpoint(port, banner_raw=f"service {port}") for port in range(40)])


def test_too_many_open_ports() -> None:
    assert pretends([endpoint(port, banner_raw=f"service {port}") for port in range(OPEN_PORTS + 1)])
    assert not pretends([endpoint(port) for port in range(OPEN_PORTS + 1)])
