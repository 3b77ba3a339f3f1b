# ruff: noqa: E501 (samples stand as the tools write them)
from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import Observation
from scanner.sources.reading import BadLine, Item
from scanner.sources.zgrab2 import read_zgrab2


def response(path: str = "/", scheme: str = "http", **more: Any) -> dict[str, Any]:
    return {
        "status_line": "401 Unauthorized", "status_code": 401, "protocol": {"name": "HTTP/1.1", "major": 1, "minor": 1},
        "headers": {
            "server": ["App-webs/"], "www_authenticate": ['Digest qop="auth", realm="DS-2CD", nonce="1"'],
            "unknown": [{"key": "x_frame_options", "value": ["SAMEORIGIN"]}],
        },
        "body": "<html><title>Log \u003e in</title></html>", "content_length": -1,
        "request": {"url": {"scheme": scheme, "host": "192.0.2.10", "path": path}, "method": "GET"}, **more,
    }  # fmt: skip


def result(name: str, result: object, **more: Any) -> dict[str, Any]:
    scan = {"status": "success", "protocol": name, "timestamp": "2026-08-05T10:00:00Z", "result": result, **more}
    return {"ip": "192.0.2.10", "data": {name: scan}}


def read(*records: object) -> list[Item]:
    return list(read_zgrab2([b"\n".join(json.dumps(record).encode() for record in records) + b"\n"], "z.json"))


def one(record: object) -> Observation:
    (found,) = read(record)
    assert isinstance(found, Observation)
    return found


def test_a_web_page() -> None:
    found = one(result("http", {"response": response()}, port=8080))
    assert (found.source, found.ip, found.port, found.service) == ("zgrab2-file", "192.0.2.10", 8080, "http")
    assert found.observed_at == "2026-08-05T10:00:00Z"
    assert found.fields == {
        "http.status": "401",
        "http.server": "App-webs/",
        "http.auth": 'Digest qop="auth", realm="DS-2CD", nonce="1"',
        "http.auth_realm": "DS-2CD",
        "http.headers": (
            "Server: App-webs/",
            'WWW-Authenticate: Digest qop="auth", realm="DS-2CD", nonce="1"',
            "X-Frame-Options: SAMEORIGIN",
        ),
        "http.path": "/",
        "http.body": "<html><title>Log > in</title></html>",
        "http.title": "Log > in",
    }


def test_a_head_that_was_kept_as_received() -> None:
    raw = "HTTP/1.1 401 Unauthorized\r\nserver: App-webs/\r\nDate:  x\r\n\r\n"
    found = one(result("http", {"response": response(headers_raw=base64.b64encode(raw.encode()).decode())}))
    assert found.fields["http.headers"] == ("HTTP/1.1 401 Unauthorized", "server: App-webs/", "Date:  x")
    assert found.fields["banner.raw"] == raw


def test_redirects_and_failures_with_a_reply_count() -> None:
    chain = [response("/", status_code=302)]
    told = {"response": response("/doc/page/login.asp", "https"), "redirect_response_chain": chain}
    first, last = read(result("http", told, status="application-error", error="too many redirects"))
    assert isinstance(first, Observation)
    assert isinstance(last, Observation)
    assert (first.fields["http.status"], first.service) == ("302", "http")
    assert (last.fields["http.path"], last.service, last.port) == ("/doc/page/login.asp", "https", 80)
    assert read(result("http", {}, status="connection-timeout")) == []
    assert read({"ip": "192.0.2.10", "data": {}}) == []


def test_a_handshake() -> None:
    parsed = {
        "subject_dn": "C=CN, O=Maker, CN=device", "issuer_dn": "CN=root", "serial_number": "2748",
        "validity": {"start": "2015-01-02T03:04:05Z", "end": "2035-01-02T03:04:05Z"}, "fingerprint_sha256": "ab" * 32,
    }  # fmt: skip
    log = {
        "server_hello": {"version": {"name": "TLSv1.2", "value": 771}},
        "server_certificates": {"certificate": {"raw": "no base64", "parsed": parsed}},
    }
    found = one(result("tls", {"handshake_log": log}))
    assert (found.port, found.service) == (443, None)
    assert found.fields == {
        "tls.version": "TLSv1.2", "tls.subject": "CN=device,O=Maker,C=CN", "tls.issuer": "CN=root", "tls.serial": "abc",
        "tls.not_before": "2015-01-02T03:04:05Z", "tls.not_after": "2035-01-02T03:04:05Z", "tls.sha256": "ab" * 32,
    }  # fmt: skip
    raw = {**log, "server_certificates": {"certificate": {"raw": base64.b64encode(b"0\x00").decode()}}}
    assert "tls.sha256" in one(result("tls", {"handshake_log": raw})).fields
    page = response("/", request={"url": {"scheme": "https"}, "tls_log": {"handshake_log": log}})
    secure = one(result("http", {"response": page}))
    assert (secure.service, secure.fields["tls.serial"], secure.fields["http.status"]) == ("https", "abc", "401")


@pytest.mark.parametrize(
    ("protocol", "told", "port", "service", "field", "value"),
    [
        ("ssh", {"server_id": {"raw": "SSH-2.0-dropbear", "version": "2.0"}}, 22, "ssh", "ssh.banner", "SSH-2.0-dropbear"),
        ("ftp", {"banner": "220 DVR FTP\r\n"}, 21, "ftp", "ftp.banner", "220 DVR FTP"),
        ("telnet", {"banner": "login: "}, 23, "telnet", "telnet.banner", "login: "),
        ("banner", {"banner": "RTSP/1.0 401 Unauthorized\r\nServer: Dahua Rtsp Server\r\n\r\n"}, None, "rtsp",
         "rtsp.server", "Dahua Rtsp Server"),
    ],
)  # fmt: skip
def test_greetings(protocol: str, told: object, port: int, service: str, field: str, value: str) -> None:
    found = one(result(protocol, told))
    assert (found.port, found.service, found.fields[field]) == (port, service, value)


def test_names_of_scans_ports_of_targets_and_the_summary() -> None:
    record = result("http", {"response": response()}, port=None)
    record |= {"data": {"http8080": {**record["data"]["http"]}}, "port": 8080, "domain": "cam.example"}
    found = one(record)
    assert (found.port, found.hostname) == (8080, "cam.example")
    assert read({"statuses": {"http": {"successes": 1}}, "start": "2026-08-05T10:00:00Z"}) == []


def test_bad_lines() -> None:
    good = json.dumps(result("http", {"response": response()})).encode()
    items = list(read_zgrab2([good + b"\n{bad\n" + b'{"data": {}}\n' + good + b"\n" + good[:90]], "z.json"))
    assert [str(item).partition(": ")[0] for item in items if isinstance(item, BadLine)] == [
        "z.json, line 2", "z.json, line 3", "z.json, line 5",
    ]  # fmt: skip
    assert len(items) == 5


KEYS = st.sampled_from(["http", "protocol", "port", "result", "response", "headers", "unknown", "request", "url", "path", "raw",
                        "handshake_log", "server_certificates", "certificate", "banner", "redirect_response_chain"])  # fmt: skip
JSON = st.recursive(st.none() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5))  # fmt: skip


@given(JSON, st.sampled_from(["http", "tls", "ftp"]))
def test_any_values_are_survived(value: object, protocol: str) -> None:
    for record in (value, {"ip": "192.0.2.1", "data": value}, result(protocol, value)):
        for item in read(record):
            assert isinstance(item, (Observation, BadLine))
