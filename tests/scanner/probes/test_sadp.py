from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import sadp
from scanner.probes.sadp import Inquiry, parse, request
from scanner.wire import ConversationFailed

IP = "192.0.2.227"
UUID = "1F9B2A6C-4E1D-4F5A-9C3E-7A2B5D8E0C11"
RECORDER = f"""<?xml version="1.0" encoding="UTF-8" ?>
<ProbeMatch>
<Uuid>{UUID}</Uuid>
<Types>inquiry</Types>
<Encrypt>true</Encrypt>
<DeviceType>44322</DeviceType>
<DeviceDescription>DS-7804HQH-K1</DeviceDescription>
<DeviceSN>DS-7804HQH-K10420190822CCCHD53100001WCVU</DeviceSN>
<CommandPort>8000</CommandPort>
<HttpPort>80</HttpPort>
<MAC>68-6d-bc-00-10-01</MAC>
<IPv4Address>192.168.1.64</IPv4Address>
<SoftwareVersion>V3.5.38build 191215</SoftwareVersion>
<DSPVersion>V5.0, build 191213</DSPVersion>
<BootTime>2021-05-19 14:31:12</BootTime>
<OEMInfo>N/A</OEMInfo>
<Activated>true</Activated>
<DeviceLock>flase</DeviceLock>
</ProbeMatch>
""".encode()


def test_the_inquiries_are_exactly_these() -> None:
    assert request(UUID, Inquiry.PLAIN) == (
        b'<?xml version="1.0" encoding="utf-8"?>'
        b"<Probe><Uuid>1F9B2A6C-4E1D-4F5A-9C3E-7A2B5D8E0C11</Uuid><Types>inquiry</Types></Probe>"
    )
    assert b"<Types>inquiry_v32</Types>" in request(UUID, Inquiry.V32)


@pytest.mark.parametrize(
    "types",
    [
        "exchangecode",
        "activate",
        "update",
        "reboot",
        "restore",
        "resetPassword",
        "getcode",
        "Inquiry",
        "",
        "inquiry ",
    ],
)
def test_no_other_type_can_be_built(types: Any) -> None:
    with pytest.raises(ValueError, match="not a valid Inquiry"):
        request(UUID, types)
    assert {inquiry.value for inquiry in Inquiry} == {"inquiry", "inquiry_v32"}
    # And the request has no other place for one: the module spells the element once.
    assert len(re.findall("<Types>{", inspect.getsource(sadp))) == 1


@pytest.mark.parametrize("asked_as", ["", "1", UUID.lower(), UUID + "</Uuid><Types>reboot</Types>"])
def test_the_uuid_can_carry_nothing_else(asked_as: str) -> None:
    with pytest.raises(ValueError, match="Uuid"):
        request(asked_as, Inquiry.PLAIN)


def test_a_recorder_becomes_fields() -> None:
    found = parse(RECORDER)
    assert found.pop("banner.raw") == RECORDER.decode()
    assert found == {
        "sadp.device_type": "44322",
        "sadp.description": "DS-7804HQH-K1",
        "sadp.serial": "DS-7804HQH-K10420190822CCCHD53100001WCVU",
        "sadp.firmware": "V3.5.38build 191215",
        "sadp.dsp_version": "V5.0, build 191213",
        "sadp.boot_time": "2021-05-19 14:31:12",
        "sadp.mac": "68-6d-bc-00-10-01",
        "sadp.ipv4": "192.168.1.64",
        "sadp.http_port": "80",
        "sadp.sdk_port": "8000",
        "sadp.oem": "N/A",
        "sadp.activated": "true",
        "sadp.locked": "false",
    }


@pytest.mark.parametrize(
    ("value", "activated"),
    [("true", "true"), ("false", "false"), ("flase", "false"), ("FALSE", "false"), ("yes", None), ("", None)],
)
def test_booleans_as_firmware_spells_them(value: str, activated: str | None) -> None:
    found = parse(RECORDER.replace(b"<Activated>true<", f"<Activated>{value}<".encode()))
    assert found.get("sadp.activated") == activated
    found = parse(RECORDER.replace(b"<DeviceLock>flase<", f"<DeviceLock>{value}<".encode()))
    assert found.get("sadp.locked") == activated


@pytest.mark.parametrize(
    "reply",
    [
        RECORDER.replace(b"\n", b""),
        RECORDER.replace(b"OEMInfo", b"OEMinfo").replace(b"HttpPort", b"HTTPPORT").replace(b"<MAC>", b"<mac>"),
        RECORDER.replace(b"ProbeMatch", b"Hello"),
        b"\xef\xbb\xbf" + RECORDER,
        RECORDER.replace(b"</ProbeMatch>", b""),
        RECORDER.replace(b"<Encrypt>true</Encrypt>", b"<Nested><Deep attribute='1>2'/>"),
    ],
)
def test_tags_in_any_case_depth_and_order(reply: bytes) -> None:
    expected, found = parse(RECORDER), parse(reply)
    del expected["banner.raw"], found["banner.raw"]
    assert found == expected


def test_chinese_descriptions_and_bare_ampersands() -> None:
    gbk = RECORDER.replace(b"DS-7804HQH-K1<", "网络摄像机 R&D <".encode("gbk"))
    assert parse(gbk)["sadp.description"] == "网络摄像机 R&D"
    utf8 = RECORDER.replace(b"DS-7804HQH-K1<", "网络 &amp; 录像机<".encode())
    assert parse(utf8)["sadp.description"] == "网络 & 录像机"


def test_entities_are_not_expanded() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + RECORDER.replace(b"44322", b"&b;")
    assert parse(bomb)["sadp.device_type"] == "&b;"


def test_a_reply_cut_in_half_gives_what_arrived() -> None:
    found = parse(RECORDER[: RECORDER.index(b"<CommandPort>")])
    assert found["sadp.serial"] == "DS-7804HQH-K10420190822CCCHD53100001WCVU"
    assert "sadp.sdk_port" not in found


async def test_the_two_inquiries_complete_each_other(scripted_network: Any) -> None:
    short = RECORDER.replace(b"<OEMInfo>N/A</OEMInfo>\n", b"").replace(
        b"<BootTime>2021-05-19 14:31:12</BootTime>\n", b""
    )
    network = scripted_network(replies=[short, RECORDER])
    (outcome,) = await sadp.ask(network, IP)
    assert (outcome.status, outcome.service, outcome.port, outcome.transport) == (
        Status.SUCCESS,
        "sadp",
        37020,
        "udp",
    )
    assert outcome.fields == parse(RECORDER)
    assert (outcome.mac, outcome.source_ip) == ("68:6d:bc:00:10:01", IP)
    assert network.local_port == 37020
    assert network.group == sadp.GROUP
    ids = {re.findall(rb"<Uuid>(.*)</Uuid>", data)[0] for data in network.datagrams}
    assert len(network.datagrams) == sadp.PROBE.packets == 2 and len(ids) == 1


async def test_devices_that_claim_to_be_another_stay_apart(scripted_network: Any) -> None:
    other = RECORDER.replace(b"68-6d-bc-00-10-01", b"44-19-b6-00-00-02")
    outcomes = await sadp.ask(scripted_network(replies=[RECORDER, other, RECORDER]), IP)
    assert [outcome.mac for outcome in outcomes] == ["68:6d:bc:00:10:01", "44:19:b6:00:00:02"]


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        (b"\x21\x02\x01\x42opaque", "10 bytes that are not XML: 210201426f7061717565"),
        (b"", "0 bytes that are not XML"),
        (request(UUID, Inquiry.PLAIN), "our own inquiry came back"),
        (b"<root><friendlyName>x</friendlyName></root>", "XML that tells of no device"),
    ],
)
async def test_other_replies_are_told_in_one_line(scripted_network: Any, reply: bytes, detail: str) -> None:
    (outcome,) = await sadp.ask(scripted_network(replies=[reply]), IP)
    assert (outcome.status, outcome.service, outcome.fields) == (Status.OTHER_PROTOCOL, None, {})
    assert outcome.detail.startswith(detail)


async def test_silence_and_failure_are_statuses(scripted_network: Any) -> None:
    (outcome,) = await sadp.ask(scripted_network(), IP)
    assert outcome.status is Status.TIMED_OUT
    (outcome,) = await sadp.ask(scripted_network(replies=ConversationFailed(Status.OVER_BUDGET, "used up")), IP)
    assert (outcome.status, outcome.detail) == (Status.OVER_BUDGET, "used up")


@given(st.binary(max_size=400))
def test_any_bytes_give_bounded_fields(data: bytes) -> None:
    for reply in (data, RECORDER[:300] + data):
        assert set(parse(reply)) <= set(FIELDS)


@given(st.integers(0, len(RECORDER) - 1), st.binary(min_size=1, max_size=4))
def test_a_good_reply_with_bytes_changed_never_fails(at: int, change: bytes) -> None:
    parse(RECORDER[:at] + change + RECORDER[at + len(change) :])
