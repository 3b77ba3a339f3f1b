"""The journal and its judge: what breaks a rule is found, and what is polite is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverscan.demo.journal import MAX_BYTES_KEPT, Journal, Violation
from coverscan.demo.judge import rules_broken

_GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def broken(service: str, data: bytes, transport: str = "tcp", touch: str = "talk") -> list[str]:
    return [rule for rule, _ in rules_broken(service, transport, touch, data)]


def request(path: str, method: str = "GET", headers: str = "", body: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n{body}".encode()


@pytest.mark.parametrize(
    "data",
    [
        _GET,
        request("/favicon.ico"),
        request("/", method="HEAD"),
        request("/SDK/activateStatus"),
        request("/ISAPI/System/deviceInfo"),
        request("/upnpdevicedesc.xml"),
        request("/cgi-bin/magicBox.cgi?action=getDeviceType&x=1"),
        request("/onvif/device_service", "POST", body="<s:Body><tds:GetSystemDateAndTime/></s:Body>"),
        request("/", headers="Cookie: \r\n"),
        request("/page?author=me"),
        request("/a.b/c"),
        b"OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\n\r\nDESCRIBE rtsp://x/ RTSP/1.0\r\nCSeq: 2\r\n\r\n",
        b"OPTIONS sip:x SIP/2.0\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"",
    ],
)
def test_polite_requests_break_no_rule(data: bytes) -> None:
    assert broken("http", data) == []


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (request("/", headers="Authorization: Basic YWRtaW46YWRtaW4=\r\n"), "a credential was sent"),
        (request("/", headers="proxy-AUTHORIZATION:Digest x\r\n"), "a credential was sent"),
        (request("/", headers="Cookie: session=1\r\n"), "a credential was sent"),
        (b"DESCRIBE rtsp://x/ RTSP/1.0\r\nCSeq: 2\r\nAuthorization: Basic x\r\n\r\n", "a credential was sent"),
        (
            request("/onvif/device_service", "POST", body="<wsse:UsernameToken><wsse:Username>a</wsse:Username>"),
            "a credential was sent in a SOAP header",
        ),
        (request("/Security/users?auth=YWRtaW46MTEK"), "a request with an authentication parameter"),
        (request("/onvif-http/snapshot?x=1&auth=YWRtaW46MTEK"), "a request with an authentication parameter"),
        (request("/SDK/webLanguage", "PUT"), "an HTTP method that may change something"),
        (request("/SDK/webLanguage"), "a path that logs in or is a known hole"),
        (request("/sdk/%77eblanguage"), "a path that logs in or is a known hole"),
        (request("/SDK/language"), "a path that logs in or is a known hole"),
        (request("/current_config/passwd"), "a path that logs in or is a known hole"),
        (request("//current_config/passwd"), "a path that logs in or is a known hole"),
        (request("http://127.0.0.1/web_caps/webCapsConfig"), "a path that logs in or is a known hole"),
        (request("/ISAPI/Security/userCheck"), "a path that logs in or is a known hole"),
        (request("/device.rsp?opt=user&cmd=list"), "a path that logs in or is a known hole"),
        (request("/OutsideCmd"), "a path that logs in or is a known hole"),
        (request("/RPC2_Login"), "a path that logs in or is a known hole"),
        (request("/RPC2_Login", "POST"), "POST to something else than ONVIF"),
        (request("/a/../b"), "a path that climbs out of the web root"),
        (request("/a/%2e%2e/b"), "a path that climbs out of the web root"),
        (request("/a/%252e%252e/b"), "a path that climbs out of the web root"),
        (request("/cgi-bin/test?x=1;reboot"), "shell characters in a CGI request"),
        (request("/cgi-bin/test?x=%60id%60"), "shell characters in a CGI request"),
        (request("/", "DELETE"), "an HTTP method that may change something"),
        (
            request("/onvif/device_service", "POST", body="<s:Body><tds:SystemReboot/></s:Body>"),
            "an ONVIF operation that changes something",
        ),
        (
            request("/onvif/device_service", "POST", body="<s:Body>\n<SetHostname/></s:Body>"),
            "an ONVIF operation that changes something",
        ),
        (b"SETUP rtsp://x/ RTSP/1.0\r\n\r\n", "an RTSP method other than OPTIONS and DESCRIBE"),
        (
            b"OPTIONS rtsp://x/ RTSP/1.0\r\n\r\nPLAY rtsp://x/ RTSP/1.0\r\n\r\n",
            "an RTSP method other than OPTIONS and DESCRIBE",
        ),
        (b"INVITE sip:x SIP/2.0\r\n\r\n", "a SIP method other than OPTIONS"),
    ],
)
def test_what_logs_in_tries_a_hole_or_changes_something_is_found(data: bytes, rule: str) -> None:
    assert rule in broken("http", data)


def test_ports_that_must_be_left_alone() -> None:
    assert broken("banner", b"", touch="connect-only") == []
    assert broken("banner", b"x", touch="connect-only") == ["bytes sent to a port where nothing may be sent"]
    assert broken("banner", b"", touch="never") == ["a port that must never be touched"]


@given(
    st.binary(max_size=2_000), st.sampled_from(["http", "sadp", "dhip", "dvrip-search", "ws-discovery", "ssdp"])
)
@settings(max_examples=150, deadline=None)
def test_the_judge_bears_any_bytes(data: bytes, service: str) -> None:
    for transport in ("tcp", "udp"):
        assert all(isinstance(rule, str) for rule in broken(service, data, transport))


@given(st.text(alphabet=" \t:aA\r\n/%.", max_size=3_000))
@settings(max_examples=100, deadline=500)
def test_the_judge_is_quick_on_hostile_text(text: str) -> None:
    broken("http", (text * 20).encode())


def _journal_with(*opened: tuple[str, bytes]) -> Journal:
    journal = Journal(clock=lambda: 1_000.0)
    for device, data in opened:
        conversation = journal.connection_opened(device, "http", "talk", ("127.0.0.1", 80), "127.0.0.1:5")
        conversation.received(data)
        conversation.ended()
    return journal


def test_the_journal_keeps_who_when_where_and_what() -> None:
    journal = _journal_with(("camera", _GET))
    journal.datagram("camera", "sadp", "talk", ("127.0.0.1", 37020), "127.0.0.1:6", b"<x/>")
    connection, datagram = journal.entries
    assert (connection.transport, connection.port, connection.peer, connection.data) == (
        "tcp",
        80,
        "127.0.0.1:5",
        _GET,
    )
    assert (connection.at, connection.at_once, connection.size) == (1_000.0, 1, len(_GET))
    assert (datagram.transport, datagram.port, datagram.data) == ("udp", 37020, b"<x/>")
    assert [violation.rule for violation in journal.violations()] == ["SADP other than an inquiry"]


def test_a_violation_reads_as_a_sentence() -> None:
    journal = _journal_with(("camera", request("/RPC2_Login")))
    (violation,) = journal.violations()
    assert isinstance(violation, Violation)
    expected = "camera at 127.0.0.1:80: a path that logs in or is a known hole (/RPC2_Login), by 127.0.0.1:5"
    assert str(violation) == expected


def test_connections_at_once_and_in_all() -> None:
    journal = _journal_with(("camera", _GET))
    held = [
        journal.connection_opened("camera", "http", "talk", ("127.0.0.1", 80), f"127.0.0.1:{port}")
        for port in (1, 2, 3)
    ]
    assert [violation.peer for violation in journal.violations()] == ["127.0.0.1:3"]
    assert journal.violations(max_at_once=3) == ()
    assert journal.violations(max_at_once=None, max_in_all=3)[0].rule == "more than 3 connections in all"
    for conversation in held:
        conversation.ended()
    assert journal.open_connections("camera") == 0


def test_a_connection_whose_end_was_not_read_yet_is_not_counted() -> None:
    journal = Journal()
    where = ("127.0.0.1", 80)
    journal.connection_opened("camera", "http", "talk", where, "127.0.0.1:1", lambda: False)
    journal.connection_opened("camera", "http", "talk", where, "127.0.0.1:2", lambda: True)
    journal.connection_opened("camera", "http", "talk", where, "127.0.0.1:3", lambda: False)
    assert [entry.at_once for entry in journal.entries] == [1, 1, 1]
    assert journal.open_connections("camera") == 1


def test_connections_to_different_devices_do_not_add_up() -> None:
    journal = Journal()
    for device in ("a", "b", "c"):
        journal.connection_opened(device, "http", "talk", ("127.0.0.1", 80), "127.0.0.1:1")
    assert journal.violations(max_at_once=1) == ()


def test_the_gap_between_two_beginnings() -> None:
    times = iter((0.0, 1.0, 1.1))
    journal = Journal(clock=lambda: next(times))
    for _ in range(3):
        journal.datagram(
            "camera", "ssdp", "talk", ("127.0.0.1", 1900), "127.0.0.1:1", b"M-SEARCH * HTTP/1.1\r\n\r\n"
        )
    assert journal.violations() == ()
    assert [violation.excerpt for violation in journal.violations(min_gap=0.5)] == ["0.100 s"]


def test_what_is_kept_is_bounded_and_counted_in_full() -> None:
    journal = _journal_with(("camera", b"A" * (2 * MAX_BYTES_KEPT)))
    (entry,) = journal.entries
    assert (len(entry.data), entry.size) == (MAX_BYTES_KEPT, 2 * MAX_BYTES_KEPT)
