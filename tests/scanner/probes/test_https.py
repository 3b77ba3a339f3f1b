from __future__ import annotations

import ssl
from typing import Any

import pytest

from scanner.outcome import Status
from scanner.probes import https
from scanner.wire import ConversationFailed

IP = "192.0.2.10"
PAGE = b"HTTP/1.1 200 OK\r\nServer: webserver\r\nContent-Length: 20\r\n\r\n<title>secure</title>"
HELLO = b"\x02\x00\x00\x26\x03\x01" + b"r" * 32 + b"\x00\x00\x05\x00"
CERTIFICATE = b"\x0b\x00\x00\x0a\x00\x00\x07\x00\x00\x04\x30\x02\x05\x00"
FLIGHT = b"\x16\x03\x01\x00\x38" + HELLO + CERTIFICATE


def test_the_recorded_flight_has_the_length_it_says() -> None:
    assert len(FLIGHT) == 5 + 0x38


async def test_a_page_and_the_certificate_are_one_outcome(scripted_network: Any, scripted_stream: Any) -> None:
    network = scripted_network(lambda port, tls: scripted_stream(lambda request: [PAGE], b"\x30\x00", "TLSv1.2"))
    (outcome,) = await https.ask(network, IP, 8443)
    assert (outcome.probe, outcome.service, outcome.port) == ("https", "https", 8443)
    assert outcome.fields["http.title"] == "secure"
    assert outcome.fields["tls.version"] == "TLSv1.2"
    assert len(outcome.fields["tls.sha256"]) == 64
    assert network.streams[0].sent[0].startswith(b"GET / HTTP/1.1\r\nHost: 192.0.2.10:8443\r\n")
    assert all(tls for _, tls in network.connections)


async def test_a_server_that_trips_over_tls_1_3_gets_an_older_hello(
    scripted_network: Any, scripted_stream: Any
) -> None:
    newest: list[ssl.TLSVersion] = []

    def streams(port: int, tls: ssl.SSLContext) -> Any:
        newest.append(tls.maximum_version)
        if tls.maximum_version is ssl.TLSVersion.TLSv1_3:
            raise ConversationFailed(Status.RESET, "reset in the handshake")
        return scripted_stream(lambda request: [PAGE], b"\x30\x00", "TLSv1")

    (outcome,) = await https.ask(scripted_network(streams), IP, 443)
    assert outcome.status is Status.SUCCESS
    # The second request, for the icon, begins with what worked.
    assert newest == [ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2]


async def test_after_a_handshake_that_worked_none_is_tried_again(
    scripted_network: Any, scripted_stream: Any
) -> None:
    network = scripted_network(lambda port, tls: scripted_stream(lambda request: [], b"\x30\x00", "TLSv1.2"))
    (outcome,) = await https.ask(network, IP, 443)
    assert (outcome.status, outcome.fields["tls.version"]) == (Status.CLOSED, "TLSv1.2")
    assert network.connections == [(443, True)]


async def test_a_failed_page_does_not_hide_the_certificate(scripted_network: Any, scripted_stream: Any) -> None:
    silence = ConversationFailed(Status.TIMED_OUT, "silence")
    network = scripted_network(
        lambda port, tls: scripted_stream(lambda request: [silence], b"\x30\x00", "TLSv1.2")
    )
    (outcome,) = await https.ask(network, IP, 443)
    assert (outcome.status, outcome.service) == (Status.TIMED_OUT, None)
    assert "tls.sha256" in outcome.fields
    assert len(network.connections) == 1


@pytest.mark.parametrize(
    ("answer", "statuses"),
    [
        (FLIGHT, [Status.SUCCESS, Status.TLS_FAILED]),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", [Status.OTHER_PROTOCOL]),
        (b"\x15\x03\x01\x00\x02\x02\x28", [Status.TLS_FAILED]),
    ],
)
async def test_without_any_handshake_the_certificate_is_read_in_clear(
    scripted_network: Any, scripted_stream: Any, answer: bytes, statuses: list[Status]
) -> None:
    def streams(port: int, tls: ssl.SSLContext | None) -> Any:
        if tls is not None:
            raise ConversationFailed(Status.TLS_FAILED, "handshake failure")
        return scripted_stream(lambda request: [answer])

    network = scripted_network(streams)
    outcomes = await https.ask(network, IP, 443)
    assert [outcome.status for outcome in outcomes] == statuses
    assert len(network.connections) == 3 <= https.PROBE.connections
    assert ("tls.sha256" in outcomes[0].fields) == (answer == FLIGHT)


@pytest.mark.parametrize("status", [Status.REFUSED, Status.TIMED_OUT, Status.OUT_OF_SCOPE])
async def test_a_port_that_does_not_answer_is_left_alone(scripted_network: Any, status: Status) -> None:
    def fail(port: int, tls: object) -> Any:
        raise ConversationFailed(status, "why")

    network = scripted_network(fail)
    (outcome,) = await https.ask(network, IP, 443)
    assert (outcome.status, len(network.connections)) == (status, 1)
