from __future__ import annotations

import asyncio
import re
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import ws_discovery
from scanner.probes.ws_discovery import parse, requests, split_scopes
from scanner.wire import ConversationFailed
from scanner.xml_text import tags

IP = "192.0.2.10"
ENDPOINT = "urn:uuid:4be6bccd-81c0-436c-b55e-173b8c8ec17e"


def match(endpoint: str = ENDPOINT, scopes: str = "", prefix: str = "d") -> str:
    return (
        f"<{prefix}:ProbeMatch><wsa:EndpointReference><wsa:Address>{endpoint}</wsa:Address></wsa:EndpointReference>"
        f"<{prefix}:Types>dn:NetworkVideoTransmitter\n  tds:Device</{prefix}:Types><{prefix}:Scopes>{scopes}"
        f"</{prefix}:Scopes><{prefix}:XAddrs>http://192.0.2.10/onvif/device_service  http://[fe80::1]/onvif/device_service"
        f"</{prefix}:XAddrs><{prefix}:MetadataVersion>10</{prefix}:MetadataVersion></{prefix}:ProbeMatch>"
    )


def envelope(body: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope">'
        "<env:Header><wsa:MessageID>urn:uuid:1</wsa:MessageID><wsa:RelatesTo>uuid:2</wsa:RelatesTo>"
        "<wsa:ReplyTo><wsa:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:Address>"
        f"</wsa:ReplyTo></env:Header><env:Body>{body}</env:Body></env:Envelope>"
    ).encode()


HIK_SCOPES = (
    "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/hardware/DS-2CD2032-I\n"
    "     onvif://www.onvif.org/name/HIKVISION%20DS-2CD2032-I onvif://www.onvif.org/MAC/44%3A19%3Ab6%3A00%3A00%3A01"
)
HIK = envelope(f"<d:ProbeMatches>{match(scopes=HIK_SCOPES)}</d:ProbeMatches>")


def test_the_three_probes_are_one_line_each_with_their_own_id() -> None:
    sent = requests()
    ids = [re.findall(rb"<w:MessageID>urn:uuid:([0-9a-f-]{36})</w:MessageID>", data) for data in sent]
    assert len({one[0] for one in ids}) == len(sent) == ws_discovery.PROBE.packets == 3
    for data in sent:
        assert b"\n" not in data and b"Scopes" not in data
        assert b"http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action>" in data
    assert b"dn:NetworkVideoTransmitter</d:Types>" in sent[0]
    assert b"tds:Device</d:Types>" in sent[1]
    assert b"<d:Probe></d:Probe>" in sent[2]
    assert all(list(tags(data.decode()))[-1].name == "Envelope" for data in sent)


def test_a_match_becomes_fields() -> None:
    (found,) = parse(HIK)
    assert found == {
        "onvif.scopes": (
            "onvif://www.onvif.org/type/video_encoder",
            "onvif://www.onvif.org/hardware/DS-2CD2032-I",
            "onvif://www.onvif.org/name/HIKVISION%20DS-2CD2032-I",
            "onvif://www.onvif.org/MAC/44%3A19%3Ab6%3A00%3A00%3A01",
        ),
        "onvif.types": "dn:NetworkVideoTransmitter tds:Device",
        "onvif.xaddrs": "http://192.0.2.10/onvif/device_service http://[fe80::1]/onvif/device_service",
        "onvif.endpoint": ENDPOINT,
    }


def test_a_match_directly_under_the_body_counts() -> None:
    (found,) = parse(
        envelope(match(scopes="onvif://www.onvif.org/name/Virtual Camera onvif://www.onvif.org/type/x"))
    )
    assert found["onvif.scopes"] == ("onvif://www.onvif.org/name/Virtual Camera", "onvif://www.onvif.org/type/x")


def test_prefixes_do_not_matter() -> None:
    plain = re.sub(rb"(</?)(?:d|wsa|env):", rb"\1", HIK)
    assert parse(plain) == parse(HIK) == parse(HIK.replace(b"d:Scopes", b"SOAP-ENV:Scopes"))


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("", ()),
        ("  \n ", ()),
        (
            "onvif://a/name/My Camera One http://b odm:name:x",
            ("onvif://a/name/My Camera One", "http://b", "odm:name:x"),
        ),
        ("no scheme here", ("no scheme here",)),
        ("a:1\n\n      b:2", ("a:1", "b:2")),
    ],
)
def test_scopes_are_split_at_schemes(text: str, scopes: tuple[str, ...]) -> None:
    assert split_scopes(text) == scopes


async def test_replies_to_the_three_probes_are_one_device(scripted_network: Any) -> None:
    more = envelope(match(scopes=HIK_SCOPES + " onvif://www.onvif.org/Profile/T"))
    network = scripted_network(replies=[HIK, HIK, more])
    (outcome,) = await ws_discovery.ask(network, IP)
    assert (outcome.status, outcome.service, outcome.transport, outcome.port) == (
        Status.SUCCESS,
        "ws-discovery",
        "udp",
        3702,
    )
    assert outcome.fields["onvif.scopes"][-1] == "onvif://www.onvif.org/Profile/T"
    assert len(outcome.fields["onvif.scopes"]) == 5
    assert (outcome.mac, outcome.source_ip) == ("44:19:b6:00:00:01", IP)
    assert outcome.fields["banner.raw"] == HIK.decode()
    assert len(network.datagrams) == 3


async def test_several_devices_in_one_datagram_are_several_outcomes(scripted_network: Any) -> None:
    body = "".join(match(f"urn:uuid:{number}", "onvif://www.onvif.org/type/x") for number in range(40))
    outcomes = await ws_discovery.ask(scripted_network(replies=[envelope(body)]), IP)
    assert [outcome.fields["onvif.endpoint"] for outcome in outcomes[:2]] == ["urn:uuid:0", "urn:uuid:1"]
    assert len(outcomes) == 32


async def test_a_flood_of_devices_is_bounded(scripted_network: Any) -> None:
    flood = [envelope("".join(match(f"urn:uuid:{a}-{b}") for b in range(20))) for a in range(16)]
    assert len(await ws_discovery.ask(scripted_network(replies=flood), IP)) == 32


@pytest.mark.parametrize(
    ("scope", "mac"),
    [
        ("onvif://www.onvif.org/MacAddress/4419B6000001", "44:19:b6:00:00:01"),
        ("onvif://www.onvif.org/MAC/00%3A00%3A00%3A00%3A00%3A00", None),
        ("onvif://www.onvif.org/MAC/not-an-address", None),
        ("onvif://www.onvif.org/name/4419B6000001", None),
    ],
)
async def test_the_mac_address_is_one_that_a_scope_states(
    scripted_network: Any, scope: str, mac: str | None
) -> None:
    (outcome,) = await ws_discovery.ask(scripted_network(replies=[envelope(match(scopes=scope))]), IP)
    assert outcome.mac == mac


@pytest.mark.parametrize(
    ("reply", "status", "detail"),
    [
        (requests()[0], Status.OTHER_PROTOCOL, "our own probe came back"),
        (b"\x00\x01garbage", Status.OTHER_PROTOCOL, "garbage"),
        (envelope("<env:Fault><env:Code/></env:Fault>"), Status.SUCCESS, "SOAP fault"),
        (envelope("<d:ProbeMatches></d:ProbeMatches>"), Status.OTHER_PROTOCOL, "no match"),
    ],
)
async def test_replies_without_a_match(scripted_network: Any, reply: bytes, status: Status, detail: str) -> None:
    (outcome,) = await ws_discovery.ask(scripted_network(replies=[reply]), IP)
    assert outcome.status is status
    assert detail in outcome.detail
    assert not any(name.startswith("onvif.") for name in outcome.fields)


async def test_silence_and_failure_are_statuses(scripted_network: Any) -> None:
    (outcome,) = await ws_discovery.ask(scripted_network(), IP)
    assert (outcome.status, outcome.fields) == (Status.TIMED_OUT, {})
    failure = ConversationFailed(Status.OUT_OF_SCOPE, "outside")
    (outcome,) = await ws_discovery.ask(scripted_network(replies=failure), IP)
    assert (outcome.status, outcome.detail) == (Status.OUT_OF_SCOPE, "outside")


def test_a_reply_cut_in_half_gives_what_arrived() -> None:
    (found,) = parse(HIK[: HIK.index(b"<d:XAddrs>")])
    assert found["onvif.endpoint"] == ENDPOINT
    assert len(found["onvif.scopes"]) == 4


def test_fifty_thousand_nested_matches_are_bounded() -> None:
    assert len(parse(envelope("<d:ProbeMatch><d:Types>a</d:Types>" * 50_000))) <= 32


@given(st.binary(max_size=400))
def test_any_bytes_give_fields_or_none(data: bytes) -> None:
    for found in (*parse(data), *parse(HIK[:400] + data)):
        assert set(found) <= set(FIELDS)


@given(st.integers(0, len(HIK) - 1), st.binary(min_size=1, max_size=4))
def test_a_good_reply_with_bytes_changed_never_fails(at: int, change: bytes) -> None:
    parse(HIK[:at] + change + HIK[at + len(change) :])


async def test_a_device_on_a_real_socket(loopback: Any) -> None:
    class Device(asyncio.DatagramProtocol):
        def __init__(self) -> None:
            self.asked: list[bytes] = []

        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            self.asked.append(data)
            self.transport.sendto(HIK, addr)

    loop = asyncio.get_running_loop()
    transport, device = await loop.create_datagram_endpoint(Device, local_addr=("127.0.0.1", 0))
    try:
        port = transport.get_extra_info("sockname")[1]
        (outcome,) = await ws_discovery.ask(loopback, "127.0.0.1", port, new_uuid=uuid.uuid1)
    finally:
        transport.close()
    assert outcome.status is Status.SUCCESS
    assert outcome.fields["onvif.endpoint"] == ENDPOINT
    assert len(device.asked) == 3
