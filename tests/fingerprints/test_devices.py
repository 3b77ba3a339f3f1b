from __future__ import annotations

import random
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from fingerprints.database_loader import Database, load_database
from fingerprints.devices import join_devices
from fingerprints.identification import Device
from fingerprints.observation import Asn, Location, Observation, bounded_fields

Seen = Callable[..., Observation]


def web(seen: Seen, ip: str | None = "192.0.2.1", port: int = 80, **more: object) -> Observation:
    return seen({"http.server": "AcmeWeb"}, ip=ip, port=port, transport="tcp", service="http", **more)


def reply(seen: Seen, serial: str = "E00000001", **endpoint: object) -> Observation:
    fields = {"sadp.description": "AC-200", "sadp.firmware": "V1.2 build 200131", "sadp.serial": f"AC-200{serial}"}
    defaults: dict[str, object] = {"ip": "192.0.2.1", "port": 37020, "transport": "udp", "service": "sadp"}
    return seen(fields, **{**defaults, **endpoint})


def serials(devices: tuple[Device, ...]) -> list[str | None]:
    return [device.identification.serial for device in devices]


def test_nothing_gives_nothing(database: Database) -> None:
    assert join_devices([], database) == ()


def test_all_ports_of_an_address_are_one_device(database: Database, seen: Seen) -> None:
    unknown = seen({"rtsp.server": "?"}, ip="192.0.2.1", port=554, transport="tcp", service="rtsp")
    (device,) = join_devices([unknown, web(seen), reply(seen)], database)
    assert device.identification.manufacturer == "Acme"
    assert device.identification.model == "AC-200"
    assert [(item.port, item.service) for item in device.endpoints] == [
        (80, "http"),
        (554, "rtsp"),
        (37020, "sadp"),
    ]
    assert {(item.ip, item.port) for item in device.identification.evidence} == {
        ("192.0.2.1", 80),
        ("192.0.2.1", 37020),
    }


def test_evidence_of_all_ports_combines(database: Database, seen: Seen) -> None:
    (device,) = join_devices([web(seen), reply(seen)], database)
    assert device.identification.confidence > 0.95


def test_forwarded_ports_with_different_serial_numbers_are_kept_apart(database: Database, seen: Seen) -> None:
    observations = [
        reply(seen, "E00000001", port=8001, transport="tcp"),
        reply(seen, "E00000002", port=8002, transport="tcp"),
        seen({"rtsp.server": "?"}, ip="192.0.2.1", port=554, transport="tcp"),
    ]
    first, second = join_devices(observations, database)
    assert serials((first, second)) == ["E00000001", "E00000002"]
    assert first.address == second.address == "192.0.2.1"
    assert len(first.endpoints) + len(second.endpoints) == 3


def test_different_makers_on_forwarded_ports_are_kept_apart(
    seen: Seen, database_folder: Callable[[dict[str, str]], object]
) -> None:
    database = load_database(database_folder({"borealis.yaml": BOREALIS}))  # type: ignore[arg-type]
    weak = seen({"http.title": "Borealis"}, ip="192.0.2.1", port=8888, transport="tcp")
    strong = seen({"http.server": "BorealisHTTP"}, ip="192.0.2.1", port=8080, transport="tcp")
    first, second = join_devices([weak, web(seen), strong], database)
    assert [item.identification.manufacturer for item in (first, second)] == ["Acme", "Borealis"]
    assert not first.identification.conflicts
    assert [item.port for item in second.endpoints] == [8080, 8888]


def test_targets_that_name_ports_are_devices_of_their_own(database: Database, seen: Seen) -> None:
    observations = [
        web(seen, "127.0.0.1", 8081, target="127.0.0.1:8081,8554"),
        seen({}, ip="127.0.0.1", port=8554, target="127.0.0.1:8081,8554"),
        web(seen, "127.0.0.1", 8082, target="127.0.0.1:8082"),
    ]
    assert [len(device.endpoints) for device in join_devices(observations, database)] == [2, 1]


def test_one_serial_number_on_two_addresses_is_one_device(database: Database, seen: Seen) -> None:
    observations = [reply(seen, ip="2001:db8::5"), reply(seen, ip="192.0.2.77"), reply(seen, "E00000009")]
    other, device = join_devices(observations, database)
    assert device.addresses == ("192.0.2.77", "2001:db8::5")
    assert device.address == "192.0.2.77"
    assert other.identification.serial == "E00000009"


def test_one_hardware_address_on_two_addresses_is_one_device(database: Database, seen: Seen) -> None:
    observations = [
        web(seen, "192.0.2.5", mac="a8:bb:cc:00:00:01"),
        web(seen, "2001:db8::aabb:ccff:fe00:1"),
        web(seen, "192.0.2.6", mac="a8:bb:cc:00:00:02"),
    ]
    devices = join_devices(observations, database)
    assert [device.addresses for device in devices] == [
        ("192.0.2.5", "2001:db8::aabb:ccff:fe00:1"),
        ("192.0.2.6",),
    ]
    assert devices[0].mac == "a8:bb:cc:00:00:01"


def test_a_router_that_answers_for_many_joins_nothing(database: Database, seen: Seen) -> None:
    observations = [web(seen, f"192.0.2.{number}", mac="a8:bb:cc:00:00:01") for number in range(1, 5)]
    assert len(join_devices(observations, database)) == 4


def test_the_same_hardware_address_does_not_join_two_serial_numbers(database: Database, seen: Seen) -> None:
    observations = [
        reply(seen, "E00000001", ip="192.0.2.1"),
        web(seen, "192.0.2.1", mac="a8:bb:cc:00:00:01"),
        reply(seen, "E00000002", ip="192.0.2.2"),
        web(seen, "192.0.2.2", mac="a8:bb:cc:00:00:01"),
    ]
    assert serials(join_devices(observations, database)) == ["E00000001", "E00000002"]


def test_without_an_address_the_hardware_address_joins_else_nothing_does(database: Database, seen: Seen) -> None:
    observations = [
        seen({"dhcp.hostname": "a"}, mac="A8-BB-CC-00-00-01"),
        seen({"asset.model": "b"}, mac="a8bbcc000001"),
        seen({"asset.model": "c"}),
        seen({"asset.model": "c"}),
    ]
    assert len(join_devices(observations, database)) == 3


def test_a_device_with_a_stranger_as_neighbour_from_one_default_address(database: Database, seen: Seen) -> None:
    observations = [
        reply(seen, "E00000001", ip="192.0.2.64", mac="a8:bb:cc:00:00:01"),
        reply(seen, "E00000002", ip="192.0.2.64", mac="a8:bb:cc:00:00:02"),
    ]
    assert serials(join_devices(observations, database)) == ["E00000001", "E00000002"]


def test_what_is_known_of_the_device_besides_its_maker(database: Database, seen: Seen) -> None:
    place, network = Location(country="US"), Asn(number="64500", org="Example")
    observations = [
        web(seen, observed_at="2026-11-24T10:00:00Z"),
        reply(seen, observed_at="2026-11-23T10:00:00Z", hostname="cam-1", location=place, asn=network),
    ]
    (device,) = join_devices(observations, database)
    assert (device.first_seen, device.last_seen) == ("2026-11-23T10:00:00Z", "2026-11-24T10:00:00Z")
    assert (device.hostname, device.location, device.asn) == ("cam-1", place, network)


def test_tags_of_the_replies_are_the_devices(database: Database, seen: Seen) -> None:
    odd = seen({"sadp.ipv4": "192.0.2.64", "sadp.activated": "false"}, ip="192.0.2.1", port=37020, transport="udp")
    (device,) = join_devices([web(seen), odd], database)
    assert device.identification.tags == ("misaddressed", "not-activated")
    assert device.identification.manufacturer == "Acme"


# ---- addresses that pretend


def test_many_makers_on_one_address_are_a_honeypot(
    seen: Seen, database_folder: Callable[[dict[str, str]], object]
) -> None:
    database = load_database(database_folder({"borealis.yaml": BOREALIS}))  # type: ignore[arg-type]
    observations = [
        web(seen),
        seen({"http.server": "BorealisHTTP"}, ip="192.0.2.1", port=81, transport="tcp"),
        seen({"http.server": "CirrusHTTP"}, ip="192.0.2.1", port=82, transport="tcp"),
        web(seen, "192.0.2.2"),
    ]
    pot, camera = join_devices(observations, database)
    assert pot.identification.tags == ("honeypot",)
    assert (pot.identification.manufacturer, pot.identification.manufacturer_candidates) == (None, ())
    assert len(pot.identification.evidence) == 3
    assert camera.identification.manufacturer == "Acme"


def test_one_port_that_shows_many_makers_is_a_honeypot_too(
    seen: Seen, database_folder: Callable[[dict[str, str]], object]
) -> None:
    database = load_database(database_folder({"borealis.yaml": BOREALIS}))  # type: ignore[arg-type]
    servers = ["AcmeWeb", "BorealisHTTP", "CirrusHTTP"]
    observations = [seen({"http.server": name}, ip="192.0.2.1", port=80, transport="tcp") for name in servers]
    (device,) = join_devices(observations, database)
    assert device.identification.tags == ("honeypot",)
    (contradicting,) = join_devices(observations[:2], database)
    assert contradicting.identification.tags == ()
    assert [item.value for item in contradicting.identification.conflicts] == ["Acme"]


def test_one_telltale_port_sets_the_whole_address_apart(
    seen: Seen, database_folder: Callable[[dict[str, str]], object]
) -> None:
    database = load_database(database_folder({"borealis.yaml": BOREALIS}))  # type: ignore[arg-type]
    observations = [web(seen), seen({"http.title": "Bait"}, ip="192.0.2.1", port=99, transport="tcp")]
    (device,) = join_devices(observations, database)
    assert device.identification.tags == ("honeypot",)
    assert device.identification.manufacturer is None


BOREALIS = r"""
entries:
- {id: borealis-server, description: its server says so, family: http-server, weight: 0.9,
   match: [{field: http.server, is: BorealisHTTP}], means: {manufacturer: Borealis, class: camera},
   source: {text: t, seen: 2026-11-24, mark: known}}
- {id: borealis-title, description: its title says so, family: http-page, weight: 0.4,
   match: [{field: http.title, is: Borealis}], means: {manufacturer: Borealis},
   source: {text: t, seen: 2026-11-24, mark: known}}
- {id: borealis-cirrus, description: its server says so, family: http-server, weight: 0.9,
   match: [{field: http.server, is: CirrusHTTP}], means: {manufacturer: Cirrus, class: camera},
   source: {text: t, seen: 2026-11-24, mark: known}}
- {id: borealis-bait, description: its title is that of a known honeypot, family: http-page, weight: 0.9,
   match: [{field: http.title, is: Bait}], means: {tag: honeypot},
   source: {text: t, seen: 2026-11-24, mark: known}}
"""

# ---- properties

observations = st.lists(
    st.builds(
        lambda fields, **more: Observation(source="test", fields=bounded_fields(fields), **more),
        st.fixed_dictionaries(
            {},
            optional={
                "http.server": st.sampled_from(["AcmeWeb", "x"]),
                "sadp.description": st.just("AC-200"),
                "sadp.firmware": st.just("V1.2 build 200131"),
                "sadp.serial": st.sampled_from(["AC-200E00000001", "AC-200E00000002", "odd"]),
                "sadp.mac": st.sampled_from(["a8:bb:cc:00:00:01", "nonsense"]),
                "sadp.ipv4": st.sampled_from(["192.0.2.1", "x"]),
                "dhip.details": st.text(max_size=40),
            },
        ),
        ip=st.sampled_from([None, "192.0.2.1", "192.0.2.2", "2001:db8::1", "fe80::aabb:ccff:fe00:1%1", "odd"]),
        port=st.sampled_from([None, -1, 80, 81, 37020]),
        transport=st.sampled_from([None, "tcp", "udp"]),
        service=st.sampled_from([None, "http", "sadp"]),
        mac=st.sampled_from([None, "a8:bb:cc:00:00:01", "a8:bb:cc:00:00:02", "", "x"]),
        target=st.sampled_from([None, None, "t:80"]),
        observed_at=st.sampled_from([None, "2026-11-24T10:00:00Z", "x"]),
    ),
    max_size=10,
)


@settings(deadline=None)
@given(observations, st.randoms())
def test_any_input_gives_the_same_devices_in_any_order(
    database: Database, seen: list[Observation], shuffle: random.Random
) -> None:
    devices = join_devices(seen, database)
    endpoints = [(item.ip, item.port, item.transport) for device in devices for item in device.endpoints]
    assert {(item.ip, item.port, item.transport) for item in seen} == set(endpoints)
    assert [device.address for device in devices] == [device.address for device in join_devices(seen, database)]
    shuffled = list(seen)
    shuffle.shuffle(shuffled)
    again = join_devices(shuffled, database)
    assert sorted(str(device.addresses) for device in again) == sorted(str(device.addresses) for device in devices)
