from __future__ import annotations

import json
from typing import Any

import pytest

from fingerprints.observation import Observation
from scanner.sources.shodan_record import observations_from_record

Banner = dict[str, Any]
ENDPOINT: Banner = {"ip_str": "192.0.2.7", "port": 4000, "transport": "tcp", "_shodan": {"module": "auto"}}


def only(banner: Banner) -> Observation:
    (observation,) = observations_from_record(banner)
    return observation


def test_a_page_without_title_key_gives_the_title_of_its_html() -> None:
    old = {**ENDPOINT, "data": "HTTP/1.1 200 OK\r\n\r\n", "html": "<html><title>NETSurveillance  WEB</title>"}
    assert only(old).fields["http.title"] == "NETSurveillance WEB"
    new = {**ENDPOINT, "http": {"title": None, "html": "<title>x</title>"}}
    assert "http.title" not in only(new).fields


def test_an_http_object_alone_is_enough() -> None:
    seen = only({**ENDPOINT, "http": {"status": 401, "server": "Boa"}, "ssl": {"versions": ["TLSv1"]}})
    assert (seen.service, seen.fields["http.status"], seen.fields["http.server"]) == ("https", "401", "Boa")
    assert seen.fields["tls.version"] == "TLSv1"


def test_the_head_in_data_outweighs_the_object() -> None:
    data = (
        'HTTP/1.1 401 Unauthorized\r\nServer:\r\nWWW-Authenticate: Digest realm="IP Camera(C2183)", nonce="a"\r\n'
    )
    data += 'WWW-Authenticate: Basic realm="other"\r\nLocation: /doc/page/login.asp\r\n\r\n'
    fields = only({**ENDPOINT, "data": data, "http": {"status": 200, "server": "x", "location": "/"}}).fields
    assert (fields["http.status"], fields["http.server"], fields["http.path"]) == ("401", "", "/")
    assert fields["http.auth"] == 'Digest realm="IP Camera(C2183)", nonce="a"; Basic realm="other"'
    assert fields["http.auth_realm"] == "IP Camera(C2183)"
    assert fields["http.location"] == "/doc/page/login.asp"


@pytest.mark.parametrize(
    ("told", "service", "fields"),
    [
        (
            {"data": "SSH-2.0-dropbear_2012.55\r\nKey type: ssh-rsa\n", "port": 22},
            "ssh",
            {"ssh.banner": "SSH-2.0-dropbear_2012.55"},
        ),
        (
            {"data": "220 DH-SD Ftp Server\r\n530 Login incorrect.\r\n", "port": 21},
            "ftp",
            {"ftp.banner": "220 DH-SD Ftp Server"},
        ),
        (
            {"data": "220-Welcome\r\n220-Line\r\n220 ready\r\n214 HELP", "ftp": {"anonymous": False}},
            "ftp",
            {"ftp.banner": "220-Welcome\r\n220-Line\r\n220 ready"},
        ),
        ({"data": "\r\ndvrdvs login: ", "telnet": {}}, "telnet", {"telnet.banner": "\r\ndvrdvs login: "}),
        ({"data": "220 mail ESMTP\r\n", "port": 25}, "smtp", {"smtp.banner": "220 mail ESMTP"}),
        (
            {"data": "SIP/2.0 200 OK\r\nServer: Door/1\r\nUser-Agent: Panel 2\r\n\r\n", "transport": "udp"},
            "sip",
            {"sip.server": "Door/1", "sip.user_agent": "Panel 2"},
        ),
        (
            {
                "data": "HTTP/1.1 200 OK\r\nST:upnp:rootdevice\r\nUSN:uuid:device_3_0-X::upnp:rootdevice\r\n"
                "SERVER: Linux, UPnP/1.0, Private Upnp SDK\r\nLOCATION: http://192.0.2.7:80/d.xml\r\n\r\n",
                "transport": "udp",
                "upnp": {"manufacturer": "Maker", "serial_number": "S1", "model_name": "M", "udn": "uuid:1"},
            },
            "ssdp",
            {
                "ssdp.server": "Linux, UPnP/1.0, Private Upnp SDK",
                "ssdp.usn": "uuid:device_3_0-X::upnp:rootdevice",
                "ssdp.st": "upnp:rootdevice",
                "ssdp.location": "http://192.0.2.7:80/d.xml",
                "upnp.manufacturer": "Maker",
                "upnp.serial": "S1",
                "upnp.model_name": "M",
                "upnp.udn": "uuid:1",
            },
        ),
        (
            {"data": "", "snmp": {"description": "HIK", "objectid": "1.3.6.1.4.1.39165.1.1", "name": "cam"}},
            "snmp",
            {"snmp.sysdescr": "HIK", "snmp.sysobjectid": "1.3.6.1.4.1.39165.1.1", "snmp.sysname": "cam"},
        ),
        (
            {
                "data": "mDNS:\n",
                "mdns": {
                    "services": {"80/tcp http": {"name": "AXIS M1065 - ACCC8E000001", "ptr": "_http._tcp.local."}},
                    "additionals": {"TXT": ["macaddress=ACCC8E000001"], "SRV": "0 0 80 axis-accc8e000001.local"},
                },
            },
            "mdns",
            {
                "mdns.services": ("AXIS M1065 - ACCC8E000001._http._tcp.local",),
                "mdns.txt": ("macaddress=ACCC8E000001",),
                "mdns.name": "axis-accc8e000001.local",
            },
        ),
        (
            {
                "port": 37777,
                "data": "Realm:Login to 4X\r\n",
                "_shodan": {"module": "dahua"},
                "opts": {"raw": "B00100"},
            },
            "dahua-private",
            {"private.dahua37777": "b00100"},
        ),
        (
            {"port": 8000, "data": "\0\0\0\x10\0\0\0\x1e\0\0\0\x1e\0\0\0\0"},
            "hik-sdk",
            {"private.hik8000": "000000100000001e0000001e00000000"},
        ),
        ({"port": 8000, "data": "hello\0"}, None, {}),
        ({"port": 8000, "data": "plain text"}, None, {}),
        (
            {
                "data": "x",
                "ip_camera": {"brand": "B", "model": "M1", "software_version": "V1", "mac_address": "0"},
            },
            None,
            {"cgi.vendor": "B", "cgi.device_type": "M1", "cgi.version": "V1"},
        ),
        ({"data": "x", "dahua": {"serial_number": "5F02A7C"}}, None, {"dhip.serial": "5F02A7C"}),
        ({"data": "x", "netbios": {"names": ["NVR", "WORKGROUP"]}}, "netbios", {"netbios.name": "NVR"}),
        ({"data": "x"}, None, {}),
        ({"data": ""}, None, {}),
    ],
)
def test_other_services(told: Banner, service: str | None, fields: dict[str, object]) -> None:
    seen = only({**ENDPOINT, **told})
    always = {"banner.raw", "shodan.module", "shodan.info"}
    assert seen.service == service
    assert {name: value for name, value in seen.fields.items() if name not in always} == fields
    assert seen.fields.get("banner.raw", "") == told["data"]


def test_ws_discovery_in_broken_xml() -> None:
    data = (
        '<?xml version="1.0"?><S:Envelope xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><S:Body>'
        "<d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference>"
        "<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/name/A&amp;B\n"
        " onvif://www.onvif.org/hardware/IPC</d:Scopes><d:XAddrs>http://192.0.2.7/onvif/device_service</d:XAddrs>"
    )
    seen = only({**ENDPOINT, "port": 3702, "transport": "udp", "data": data})
    assert seen.service == "ws-discovery"
    assert seen.texts("onvif.scopes") == ("onvif://www.onvif.org/name/A&B", "onvif://www.onvif.org/hardware/IPC")
    assert seen.fields["onvif.endpoint"] == "urn:uuid:1"
    assert seen.fields["onvif.types"] == "dn:NetworkVideoTransmitter"
    assert seen.fields["onvif.xaddrs"] == "http://192.0.2.7/onvif/device_service"


@pytest.mark.parametrize("where", ["data", "raw"])
def test_dahua_discovery_in_data_or_in_raw_bytes(where: str) -> None:
    reply = {
        "mac": "4C:11:BF:00:20:09",
        "method": "client.notifyDevInfo",
        "params": {
            "deviceInfo": {
                "DeviceClass": "IPC",
                "DeviceType": "IPC-HDW5421S",
                "Vendor": "Dahua",
                "HttpPort": 80,
                "SerialNo": "5F0",
                "Port": 37777,
                "Version": "2.4",
                "Init": 3722,
                "IPv4Address": {"IPAddress": "192.0.2.7"},
            }
        },
    }
    text = f" \0DHIP{json.dumps(reply)}\n"
    told = {"data": text} if where == "data" else {"data": "", "opts": {"raw": text.encode().hex()}}
    seen = only({**ENDPOINT, "port": 37810, "transport": "udp", **told})
    assert (seen.service, seen.mac) == ("dhip", "4c:11:bf:00:20:09")
    assert seen.fields["dhip.device_type"] == "IPC-HDW5421S"
    assert (seen.fields["dhip.http_port"], seen.fields["dhip.port"]) == ("80", "37777")
    assert json.loads(str(seen.fields["dhip.details"]))["Init"] == 3722
    assert seen.fields["banner.raw"] == text if where == "data" else "banner.raw" not in seen.fields


def test_hikvision_discovery_is_not_taken_for_ws_discovery() -> None:
    data = (
        '<?xml version="1.0"?><ProbeMatch><Uuid>1</Uuid><Types>inquiry</Types><MAC>4c-11-bf-00-20-09</MAC>'
        "<DeviceDescription>DS-2CD2385G1-I</DeviceDescription><DeviceSN>DS-2CD2385G1-I20200414AAWRE00000001</DeviceSN>"
        "<SoftwareVersion>V5.6.2build 190701</SoftwareVersion></ProbeMatch>"
    )
    seen = only({**ENDPOINT, "port": 37020, "transport": "udp", "data": data})
    assert (seen.service, seen.mac) == ("sadp", "4c:11:bf:00:20:09")
    assert seen.fields["sadp.description"] == "DS-2CD2385G1-I"
    assert "onvif.types" not in seen.fields


def test_json_of_another_service_is_not_taken_for_dahua() -> None:
    for data in (
        '{"vendor": "Acme", "serialno": "1", "port": 80}',
        '{"vendor": "Acme", "deviceType": "x", broken',
    ):
        seen = only({**ENDPOINT, "data": data})
        assert seen.service is None
        assert not [name for name in seen.fields if name.startswith("dhip.")]
