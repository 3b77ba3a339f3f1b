"""The UDP discovery services of the emulated devices, asked over raw sockets."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import struct
from collections.abc import AsyncIterator

import pytest

from coverscan.demo.layout import Layout, Placement
from coverscan.demo.network import DemoNetwork

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_NETWORK = f"127.22.{_WORKER * 10}.0/24"
_UUID = "1F9B2A6C-4E1D-4F5A-9C3E-7A2B5D8E0C11"


@pytest.fixture
async def network() -> AsyncIterator[DemoNetwork]:
    async with DemoNetwork(DemoNetwork.plan(layout=Layout.HIGH_PORTS, network=_NETWORK)) as running:
        yield running


def place(network: DemoNetwork, name: str) -> Placement:
    return next(placement for placement in network.placements if placement.device.name == name)


async def ask(placement: Placement, port: int, data: bytes, seconds: float = 0.3) -> bytes | None:
    """The first reply to one datagram, or None."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        await loop.sock_sendto(sock, data, (placement.address, port))
        try:
            reply, sender = await asyncio.wait_for(loop.sock_recvfrom(sock, 65_536), seconds)
        except TimeoutError:
            return None
        assert sender == (placement.address, port)
        return reply


def inquiry(types: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>{_UUID}</Uuid><Types>{types}</Types></Probe>'.encode()
    )


def search(
    body: bytes = b'{"method":"DHDiscover.search","params":{"mac":"","uni":1}}', magic: bytes = b"DHIP"
) -> bytes:
    return struct.pack("<I4sIIIIII", 32, magic, 0, 0, len(body), 0, len(body), 0) + body


def probe(types: str = "dn:NetworkVideoTransmitter", line_break: str = "", action: str = "Probe") -> bytes:
    asked = f"<d:Types>{types}</d:Types>" if types else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'{line_break}<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Header><w:MessageID>urn:uuid:'
        f"{_UUID}</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>"
        f"<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/{action}</w:Action></e:Header>"
        f"<e:Body><d:Probe>{asked}</d:Probe></e:Body></e:Envelope>"
    ).encode()


async def test_sadp_repeats_the_inquiry_and_names_real_ports(network: DemoNetwork) -> None:
    camera = place(network, "hikvision-camera-2019")
    for types in ("inquiry", "inquiry_v32"):
        reply = (await ask(camera, 37020, inquiry(types)) or b"").decode()
        assert f"<Uuid>{_UUID}</Uuid>" in reply
        assert f"<Types>{types}</Types>" in reply
        assert f"<IPv4Address>{camera.address}</IPv4Address>" in reply
        assert "<HttpPort>8080</HttpPort>" in reply  # where port 80 has moved in this layout
        assert "<SoftwareVersion>V5.6.2build 190701</SoftwareVersion>" in reply
        assert "<DeviceLock>flase</DeviceLock>" in reply
    assert network.journal.violations() == ()


async def test_old_firmware_knows_one_kind_of_inquiry(network: DemoNetwork) -> None:
    camera = place(network, "hikvision-camera-2014")
    assert await ask(camera, 37020, inquiry("inquiry"))
    assert await ask(camera, 37020, inquiry("inquiry_v32")) is None


@pytest.mark.parametrize("types", ["reboot", "activate", "getencryptstring", "exchangecode"])
async def test_sadp_does_not_obey_and_the_judge_sees_it(network: DemoNetwork, types: str) -> None:
    assert await ask(place(network, "hikvision-camera-2019"), 37020, inquiry(types)) is None
    assert [violation.rule for violation in network.journal.violations()] == ["SADP other than an inquiry"]


async def test_a_device_out_of_the_box_gives_its_factory_address(network: DemoNetwork) -> None:
    reply = await ask(place(network, "hikvision-camera-not-activated"), 37020, inquiry("inquiry")) or b""
    assert b"<IPv4Address>192.168.1.64</IPv4Address>" in reply
    assert b"<Activated>false</Activated>" in reply


async def test_dhip_has_its_header_and_its_length(network: DemoNetwork) -> None:
    for name in ("dahua-camera-web3", "dahua-camera-web5", "dahua-nvr", "amcrest-camera", "lorex-camera"):
        camera = place(network, name)
        reply = await ask(camera, 37810, search()) or b""
        assert reply[:8] == b"\x20\0\0\0DHIP", name
        assert struct.unpack_from("<I", reply, 16)[0] == struct.unpack_from("<I", reply, 24)[0] == len(reply) - 32
        info = json.loads(reply[32:].rstrip(b"\n\0"))["params"]["deviceInfo"]
        assert info["DeviceType"] == camera.device.expect.model
        assert info["Version"] == camera.device.expect.firmware
        assert info["IPv4Address"]["IPAddress"] == camera.address
    assert network.journal.violations() == ()


async def test_dhip_wants_its_header(network: DemoNetwork) -> None:
    camera = place(network, "dahua-camera-web5")
    assert await ask(camera, 37810, search()[32:]) is None
    assert await ask(camera, 37810, search(magic=b"PIHD")) is None
    assert await ask(camera, 37810, search(b'{"method":"DHDiscover.setConfig"}')) is None
    assert await ask(camera, 37810, search(b"[" * 5_000)) is None
    assert await ask(camera, 37810, b"\xff") is None
    assert await ask(place(network, "dahua-camera-web3"), 37810, b"\xff")  # old firmware answers any byte
    rules = [violation.rule for violation in network.journal.violations()]
    assert rules.count("DHIP other than a search") == 4  # the bare and the byte-swapped search are searches


async def test_the_older_dahua_search(network: DemoNetwork) -> None:
    camera = place(network, "dahua-camera-web3")
    reply = await ask(camera, 5050, b"\xa3\x01\x00\x01" + bytes(12) + b"\x02" + bytes(15)) or b""
    second, third = reply[2], struct.unpack_from("<H", reply, 20)[0]
    assert reply[0] == 0xB3
    assert struct.unpack_from("<I", reply, 4)[0] == 0x58
    assert len(reply) == 120 + second + third
    assert reply[40:56].rstrip(b"\0") == b"1F006E4PAX00001"
    assert socket.inet_ntoa(reply[56:60]) == camera.address
    assert struct.unpack_from("<H", reply, 98)[0] == 37777
    assert reply[120 : 120 + second] == b"4c:11:bf:00:00:01IPC-HDW5421S"
    assert b"\r\nSerialNo:1F006E4PAX00001\r\n" in reply[120 + second :]
    assert await ask(camera, 5050, b"\xa4" + bytes(31)) is None
    assert [violation.rule for violation in network.journal.violations()] == ["DVRIP other than a search"]


async def test_ws_discovery_answers_the_probe_that_was_sent(network: DemoNetwork) -> None:
    for name in ("hikvision-camera-2019", "dahua-camera-web3", "axis-camera", "reolink-camera", "xiongmai-dvr"):
        reply = (await ask(place(network, name), 3702, probe()) or b"").decode()
        assert f"RelatesTo>urn:uuid:{_UUID}<" in reply, name
        assert "discovery/ProbeMatches</" in reply
        assert re.search(r"Scopes>onvif://www\.onvif\.org/", reply)
    assert network.journal.violations() == ()


async def test_ws_discovery_looks_at_types_action_and_lines(network: DemoNetwork) -> None:
    new, old = place(network, "hikvision-camera-2019"), place(network, "hikvision-camera-2014")
    assert await ask(new, 3702, probe(types=""))
    assert await ask(new, 3702, probe(types="tds:Device"))
    assert await ask(new, 3702, probe(types="wprt:PrintDeviceType")) is None
    assert await ask(new, 3702, probe(line_break="\r\n"))
    assert await ask(old, 3702, probe(line_break="\r\n")) is None
    assert await ask(old, 3702, probe())
    assert network.journal.violations() == ()
    assert await ask(new, 3702, probe(action="Bye")) is None
    assert [violation.rule for violation in network.journal.violations()] == ["WS-Discovery other than a probe"]


async def test_xaddrs_name_the_ports_of_the_layout(network: DemoNetwork) -> None:
    axis = place(network, "axis-camera")
    reply = (await ask(axis, 3702, probe()) or b"").decode()
    assert f"http://{axis.address}:8080/onvif/device_service https://{axis.address}:8443/onvif" in reply


async def test_ssdp_answers_its_targets(network: DemoNetwork) -> None:
    def m_search(target: str) -> bytes:
        return f'M-SEARCH * HTTP/1.1\r\nHOST: x:1900\r\nMAN: "ssdp:discover"\r\nST: {target}\r\n\r\n'.encode()

    camera = place(network, "amcrest-camera")
    reply = await ask(camera, 1900, m_search("upnp:rootdevice")) or b""
    assert b"\r\nX-User-Agent: redsonic\r\nLOCATION: http://" in reply
    assert b"\r\nUSN: uuid:device_3_0-AMC066F0BC00000001::upnp:rootdevice\r\n" in reply
    assert await ask(camera, 1900, m_search("ssdp:all"))
    assert await ask(camera, 1900, m_search("urn:other")) is None
    assert await ask(camera, 1900, b"NOTIFY * HTTP/1.1\r\nST: ssdp:all\r\n\r\n") is None
    assert [violation.rule for violation in network.journal.violations()] == ["SSDP other than a search"]


async def test_silent_udp_ports_answer_nothing(network: DemoNetwork) -> None:
    assert await ask(place(network, "dahua-camera-web3"), 37778, b"\xa0\x00") is None
    assert [violation.port for violation in network.journal.violations()] == [37778]


async def test_garbage_is_no_reason_to_stop(network: DemoNetwork) -> None:
    for placement in network.placements:
        for port in placement.udp:
            for garbage in (b"", b"\0" * 2_000, os.urandom(1_000), b"<" * 60_000, b"{" * 8_000):
                await ask(placement, port, garbage, seconds=0.001)
    assert await ask(place(network, "hikvision-camera-2019"), 37020, inquiry("inquiry"))
    assert await ask(place(network, "dahua-nvr"), 37810, search())
    assert await ask(place(network, "axis-camera"), 3702, probe())
