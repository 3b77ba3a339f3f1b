from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import dhip
from scanner.probes.dhip import parse, request
from scanner.wire import ConversationFailed

IP = "192.0.2.140"
INFO: dict[str, Any] = {
    "AlarmInputChannels": 0,
    "DeviceClass": "IPC",
    "DeviceType": "IPC-HDW5421S",
    "HttpPort": 80,
    "IPv4Address": {"DefaultGateway": None, "DhcpEnable": False, "IPAddress": "192.168.1.108"},
    "Init": 3210,
    "MachineName": "1F006E4PAX00001",
    "Manufacturer": "Private",
    "Port": 37777,
    "RemoteVideoInputChannels": 0,
    "SerialNo": "1F006E4PAX00001",
    "Vendor": "Dahua",
    "Version": "2.400.0.8",
}
MAC = "4c:11:bf:00:20:01"


def reply(info: Any = None, mac: str = MAC, header: bytes | None = None, end: bytes = b"\n\0") -> bytes:
    document = {
        "mac": mac,
        "method": "client.notifyDevInfo",
        "params": {"deviceInfo": INFO if info is None else info},
    }
    return framed(json.dumps(document).encode() + end, header)


def framed(body: bytes, header: bytes | None = None) -> bytes:
    if header is None:
        header = struct.pack("<I4sIIIIII", 32, b"DHIP", 0, 0, len(body), 0, len(body), 0)
    return header + body


def test_the_searches_are_exactly_these() -> None:
    assert (
        request(1)
        == bytes.fromhex("200000004448495000000000000000003a000000000000003a00000000000000")
        + b'{"method":"DHDiscover.search","params":{"mac":"","uni":1}}'
    )
    assert len(request(1)) == 90
    assert request(0).endswith(b'"uni":0}}\n') and request(0)[16] == 59
    with pytest.raises(ValueError, match="uni"):
        request(2)


def test_a_camera_becomes_fields() -> None:
    found, whole = parse(reply())
    assert whole
    assert json.loads(str(found.pop("dhip.details"))) == INFO
    assert found == {
        "dhip.vendor": "Dahua",
        "dhip.device_class": "IPC",
        "dhip.device_type": "IPC-HDW5421S",
        "dhip.serial": "1F006E4PAX00001",
        "dhip.version": "2.400.0.8",
        "dhip.mac": MAC,
        "dhip.machine_name": "1F006E4PAX00001",
        "dhip.http_port": "80",
        "dhip.port": "37777",
        "dhip.activated": "true",
    }


@pytest.mark.parametrize(
    ("init", "activated"),
    [
        *((value, "true") for value in (150, 1162, 3210, 3222, 3238, 3722, 3734, "1162")),
        *((value, None) for value in (1, 149, 0, 3, "x", -2, 2.0, True, None, 10**30 + 1)),
    ],
)
def test_only_an_initialised_device_is_said_to_be_one(init: Any, activated: str | None) -> None:
    found, _ = parse(reply({**INFO, "Init": init}))
    assert found.get("dhip.activated") == activated


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\x20\0\0\0DHIP" + b"\0" * 8 + b"\x7b\x02\0\0\0\0\0\0\x7b\x02\0\0\0\0\0\0",  # a length with a brace in it
        b"\x28\0\0\0DHIP" + b"\xff" * 40,
        b"\x20\0\0\0DHIP\0\0\0\0\0\0\0\0\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff\0\0\0\0",
    ],
)
def test_the_json_is_found_behind_any_header(header: bytes) -> None:
    assert parse(reply(header=header)) == parse(reply())


@pytest.mark.parametrize("end", [b"", b"\n", b"\0", b"\n\0", b'\n{"random":"00000001"}', b"\0" * 500, b"garbage"])
def test_what_follows_the_json_does_not_matter(end: bytes) -> None:
    assert parse(reply(end=end)) == parse(reply())


def test_a_reply_cut_in_half_gives_what_arrived() -> None:
    data = reply()
    found, whole = parse(data[: data.index(b'"SerialNo"')])
    assert not whole
    assert (found["dhip.device_type"], found["dhip.port"], found["dhip.mac"]) == ("IPC-HDW5421S", "37777", MAC)
    assert "dhip.serial" not in found


def test_the_first_of_duplicate_keys_counts() -> None:
    body = b'{"mac":"","params":{"deviceInfo":{"DeviceType":"first","DeviceType":"second"}}}'
    assert parse(body)[0]["dhip.device_type"] == "first"


def test_names_in_another_case_and_in_gbk() -> None:
    body = '{"params":{"deviceInfo":{"devicetype":"X","machineName":"前门"}}}'.encode("gbk")
    assert parse(body)[0]["dhip.machine_name"] == "前门"


@pytest.mark.parametrize(
    "value", ["1e999999", "-1e999999", "9" * 5_000, "NaN", "Infinity", "1." + "9" * 4_000, '"\\ud800"']
)
def test_monstrous_values_harm_nothing(value: str) -> None:
    body = f'{{"params":{{"deviceInfo":{{"DeviceType":"X","HttpPort":{value},"Other":[{value}]}}}}}}'
    found, whole = parse(body.encode())
    assert whole and found["dhip.device_type"] == "X"
    for text in found.values():
        assert isinstance(text, str)
        text.encode("utf-8")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 100_000,
        b'{"params":' + b"[" * 100_000,
        b'{"params":{"deviceInfo":' + b'{"x":' * 50 + b"1" + b"}" * 52,
        b'{"' + b'"' * 8_000,
        b'{"params":{"deviceInfo":[1,2]}}',
        b'{"params":"deviceInfo"}',
        b'{"params":{"deviceInfo":{"Init":3210,"Port":37777}}}',
        b'{"params":{"deviceInfo":{"DeviceType":{"x":1},"Vendor":["y"]}}}',
        b"{}",
        b"",
    ],
)
def test_what_tells_of_no_device_has_no_fields(body: bytes) -> None:
    assert parse(framed(body))[0] == {}


def test_a_deep_reply_still_gives_its_plain_members() -> None:
    nested = reply({**INFO, "Deep": 0}).replace(b'"Deep": 0', b'"Deep": ' + b"[" * 100 + b"]" * 100)
    found, whole = parse(nested)
    assert not whole and found["dhip.serial"] == "1F006E4PAX00001"


async def test_several_answers_of_one_device_are_one_outcome(scripted_network: Any) -> None:
    network = scripted_network(replies=[reply()[:400], reply(), reply()])
    (outcome,) = await dhip.ask(network, IP)
    assert (outcome.status, outcome.service, outcome.port, outcome.transport) == (
        Status.SUCCESS,
        "dhip",
        37810,
        "udp",
    )
    assert (outcome.mac, outcome.source_ip, outcome.detail) == (MAC, IP, "")
    assert "dhip.details" in outcome.fields
    assert network.datagrams == [request(1), request(0)]
    assert dhip.PROBE.packets == 2


async def test_a_broken_answer_alone_is_said_to_be_cut(scripted_network: Any) -> None:
    (outcome,) = await dhip.ask(scripted_network(replies=[reply()[:400]]), IP)
    assert (outcome.status, outcome.detail) == (Status.TRUNCATED, "the JSON is cut or broken")
    assert outcome.fields["dhip.device_type"] == "IPC-HDW5421S"


async def test_two_devices_behind_one_address_are_two(scripted_network: Any) -> None:
    outcomes = await dhip.ask(scripted_network(replies=[reply(), reply(mac="4c:11:bf:00:20:02")]), IP)
    assert [outcome.mac for outcome in outcomes] == [MAC, "4c:11:bf:00:20:02"]


@pytest.mark.parametrize("data", [request(1), b"\xb3\0\0\x18X\0\0\0", b"\xff" * 100, b""])
async def test_echoes_and_other_protocols_match_nothing(scripted_network: Any, data: bytes) -> None:
    (outcome,) = await dhip.ask(scripted_network(replies=[data]), IP)
    assert (outcome.status, outcome.fields) == (Status.OTHER_PROTOCOL, {})


async def test_silence_and_failure_are_statuses(scripted_network: Any) -> None:
    (outcome,) = await dhip.ask(scripted_network(), IP)
    assert outcome.status is Status.TIMED_OUT
    (outcome,) = await dhip.ask(scripted_network(replies=ConversationFailed(Status.REFUSED, "icmp")), IP)
    assert (outcome.status, outcome.detail) == (Status.REFUSED, "icmp")


@given(st.binary(max_size=400))
def test_any_bytes_give_bounded_fields(data: bytes) -> None:
    for body in (data, b'{"params":{"deviceInfo":{"DeviceType":"X",' + data):
        assert set(parse(body)[0]) <= set(FIELDS)


@given(st.text(alphabet='{}[]",:\\u12e.tnN- ', max_size=300))
def test_any_near_json_gives_bounded_fields(text: str) -> None:
    parse(b'{"params":{"deviceInfo":{"Vendor":' + text.encode())


@given(st.integers(0, len(reply()) - 1), st.binary(min_size=1, max_size=4))
def test_a_good_reply_with_bytes_changed_never_fails(at: int, change: bytes) -> None:
    data = reply()
    parse(data[:at] + change + data[at + len(change) :])
