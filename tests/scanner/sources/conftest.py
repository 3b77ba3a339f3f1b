"""Shodan banners in the full shape of real ones, with invented values, and the local Shodan service."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import mmh3
import pytest

Banner = dict[str, Any]
KEY = "K3yOfNobody0123456789abcdefABCDEF"
ICON = bytes(range(256)) * 3
PAGE = (
    "<!doctype html>\r\n<html>\r\n<head>\r\n\t<title></title>\r\n</head>\r\n<body>\r\n</body>\r\n<script>\r\n"
    '\twindow.location.href = "/doc/page/login.asp?_" + (new Date()).getTime();\r\n</script>\r\n</html>'
)


def common(ip: str, port: int, module: str, data: str) -> Banner:
    """What every banner has, its hash computed as Shodan does."""
    identifier = hashlib.sha256(f"{ip}:{port}".encode()).hexdigest()
    return {
        "hash": mmh3.hash(data), "asn": "AS64496", "os": None, "timestamp": "2026-09-14T07:31:40.250011",
        "isp": "Example Carrier", "org": "Example Holder", "transport": "tcp", "hostnames": [], "domains": [],
        "location": {
            "city": "Springfield", "region_code": "IL", "area_code": None, "longitude": -89.65, "latitude": 39.78,
            "country_code": "US", "country_name": "United States",
        },
        "_shodan": {
            "region": "na", "module": module, "ptr": True, "options": {}, "crawler": "12" * 20,
            "id": f"7c0e7d1a-0000-4000-8000-{identifier[:12]}",
        },
        "opts": {}, "data": data, "port": port, "ip_str": ip,
    }  # fmt: skip


@pytest.fixture
def web_camera() -> Banner:
    """A Hikvision page over HTTP, with the detector's block in ``data`` and the integer address."""
    data = (
        "HTTP/1.1 200 OK\r\nDate: Mon, 14 Sep 2026 07:31:39 GMT\r\nServer: App-webs/\r\n"
        "ETag: \"3f-2a8-61aa0001\"\r\nContent-Length: 680\r\nContent-Type: text/html\r\nConnection: keep-alive\r\n"
        "Keep-Alive: timeout=60, max=99\r\nSet-Cookie: language=en; path=/\r\nSet-Cookie: sid=1\r\n\r\n"
        "\nHikvision IP Camera:\n  Web Version: 4.0.48.0 build 190912\n  Plugin Version: 3.0.6.9\n"
    )  # fmt: skip
    icon = base64.encodebytes(ICON).decode()
    return common("192.0.2.33", 8080, "http-simple-new", data) | {
        "ip": 3221226017, "hostnames": ["host-33.example.net", "second.example.net"],
        "product": "Hikvision IP Camera", "devicetype": "webcam",
        "cpe": ["cpe:/h:hikvision:ip_camera"], "cpe23": ["cpe:2.3:h:hikvision:ip_camera"],
        "tags": ["iot"], "vulns": {"CVE-2021-36260": {"cvss": "9.8", "verified": False}},
        "hikvision": {
            "web_version": "4.0.48.0 build 190912", "plugin_version": "3.0.6.9", "device_name": "Back Door",
            "activex_files": {"webVideoActiveX.exe": "3,0,6,9"},
        },
        "http": {
            "status": 200, "title": "", "server": "App-webs/", "html": PAGE, "html_hash": mmh3.hash(PAGE),
            "host": "192.0.2.33", "location": "/", "redirects": [], "components": {}, "robots": None,
            "favicon": {"data": icon, "hash": mmh3.hash(icon), "location": "http://192.0.2.33:8080/favicon.ico"},
        },
    }  # fmt: skip


@pytest.fixture
def stream_camera() -> Banner:
    """A Dahua stream on IPv6: no ``ip``, no ``http``, time without a fraction; OPTIONS and DESCRIBE answered."""
    data = (
        "RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: Rtsp Server/3.0\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY\r\n\r\n"
        "RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm=\"Login to 5F02A7CPAJ654321\","
        "nonce=\"00112233445566778899aabbccddeeff\"\r\n\r\n"
    )  # fmt: skip
    banner = common("2001:db8:0:9::41", 554, "rtsp-tcp", data)
    return banner | {"timestamp": "2026-09-14T08:00:00", "org": None, "product": "Dahua Rtsp Server"}


@pytest.fixture
def tls_recorder() -> Banner:
    """A Dahua page over TLS from a scan by name: redirect, huge serial, certificate object, detector object."""
    head = "HTTP/1.0 200 OK\r\nCONTENT-LENGTH: 9120\r\nConnection: close\r\n\r\n"
    hop = "HTTP/1.1 302 Found\r\nServer: DVRDVS-Webs\r\nLocation: https://dvr.example.org/index.htm\r\n\r\n"
    foreign = "HTTP/1.1 301 Moved\r\nServer: Other\r\n\r\n"
    banner = common("198.51.100.88", 443, "https", head + "\nDahua DVR:\n  Web Version: 3.2.9.77\n")
    banner["_shodan"]["options"] = {"hostname": "dvr.example.org", "scan": "Zy9xW8vU7tS6rQ5p"}
    name = {"C": "CN", "ST": "Zhejiang", "L": "Hangzhou", "O": "Maker, Inc.", "OU": "Product"}
    return banner | {
        "hostnames": ["dvr.example.org"], "product": "Dahua DVR",
        "dahua_dvr_web": {
            "web_version": "3.2.9.77", "channel_names": ["Front yard", "Till"], "user_info": "somebody",
            "plugin": {"name": "webplugin.exe", "version": "3,1,0,4"},
        },
        "http": {
            "status": 200, "title": "WEB\n &amp; SERVICE", "server": None, "html": "<!DOCTYPE html><p>x</p>",
            "host": "dvr.example.org", "location": "/index.htm",
            "redirects": [
                {"host": "198.51.100.88", "location": "/", "data": hop},
                {"host": "elsewhere.example.com", "location": "/", "data": foreign},
            ],
        },
        "ssl": {
            "versions": ["TLSv1", "-SSLv2", "-SSLv3", "TLSv1.1", "TLSv1.2", "-TLSv1.3"], "chain": [], "alpn": [],
            "cert": {
                "subject": name | {"CN": "5F02A7CPAJ654321"}, "issuer": name | {"CN": "Product Root CA"},
                "serial": 987654321098765432109876543210987654321, "issued": "20190203040506Z",
                "expires": "20390203040506Z", "fingerprint": {"sha256": "AB" * 32, "sha1": "cd" * 20},
                "extensions": [
                    {"critical": True, "name": "basicConstraints", "data": "0\\x00"},
                    {"name": "subjectAltName", "data": "0\\x17\\x82\\x0fdvr.example.org\\x87\\x04\\xc6\\x33dX"},
                ],
            },
        },
    }  # fmt: skip


@pytest.fixture
def as_file(tmp_path: Path) -> Callable[[bytes], Path]:
    """Write bytes to a file whose name says nothing."""

    def write(content: bytes, name: str = "input.dat") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def many_banners() -> list[Banner]:
    """250 banners of different addresses, half with a filterable product."""
    return [
        common(f"2001:db8::{number + 1:x}", 80, "http", f"HTTP/1.1 200 OK\r\nServer: s{number}\r\n\r\n")
        | {"product": "Camera" if number % 2 else "Router", "http": {"html": "<p>page</p>", "status": 200}}
        for number in range(250)
    ]  # fmt: skip


@pytest.fixture(scope="session")
def fake_shodan_module() -> ModuleType:
    """The file that holds the stand-in service."""
    path = Path(__file__).parent.parent / "fake_shodan.py"
    spec = importlib.util.spec_from_file_location("fake_shodan", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def service(
    fake_shodan_module: ModuleType, many_banners: list[Banner], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """A running stand-in with 250 banners and a key."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with fake_shodan_module.FakeShodan(many_banners, KEY) as fake:
        yield fake
        assert fake.scans_ordered == 0


@pytest.fixture
def as_lines() -> Callable[[list[Banner]], bytes]:
    """Banners as a download holds them."""
    return lambda banners: b"".join(json.dumps(banner).encode() + b"\n" for banner in banners)
