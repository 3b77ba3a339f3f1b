from __future__ import annotations

import asyncio
import datetime
import hashlib
import ssl
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from scanner.outcome import Status
from scanner.probes import tls
from scanner.wire import ConversationFailed

IP = "127.0.0.1"


@pytest.fixture(scope="module")
def weak_certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A PEM file with an RSA-1024 key and its self-signed certificate, expired; and the certificate in DER."""
    key = rsa.generate_private_key(65_537, 1_024)
    name = x509.Name.from_rfc4514_string("CN=1F006E4PAX00001,O=Example")
    start = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(10)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "weak.pem"
    pem_key = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    path.write_bytes(pem_key + certificate.public_bytes(Encoding.PEM))
    return path, certificate.public_bytes(Encoding.DER)


def server_context(pem: Path, oldest: ssl.TLSVersion, newest: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(pem)
    context.minimum_version, context.maximum_version = oldest, newest
    return context


async def idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)


@pytest.mark.parametrize(
    ("version", "name"),
    [
        (ssl.TLSVersion.TLSv1, "TLSv1"),
        (ssl.TLSVersion.TLSv1_1, "TLSv1.1"),
        (ssl.TLSVersion.TLSv1_2, "TLSv1.2"),
        (ssl.TLSVersion.TLSv1_3, "TLSv1.3"),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_every_version_with_a_weak_expired_certificate_is_read(
    loopback: Any, serving: Any, weak_certificate: tuple[Path, bytes], version: ssl.TLSVersion, name: str
) -> None:
    pem, der = weak_certificate
    async with serving(idle, server_context(pem, version, version)) as port:
        (outcome,) = await tls.ask(loopback, IP, port)
    assert outcome.status is Status.SUCCESS
    assert outcome.fields["tls.version"] == name
    assert outcome.fields["tls.subject"] == "CN=1F006E4PAX00001,O=Example"
    assert outcome.fields["tls.sha256"] == hashlib.sha256(der).hexdigest()
    assert loopback.connections == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2])
async def test_the_hello_made_by_hand_is_understood_by_a_real_server(
    loopback: Any, serving: Any, weak_certificate: tuple[Path, bytes], newest: ssl.TLSVersion
) -> None:
    pem, der = weak_certificate
    async with serving(idle, server_context(pem, ssl.TLSVersion.TLSv1, newest)) as port:
        outcome = await tls.read_in_clear(loopback, IP, port)
    assert outcome.status is Status.SUCCESS
    assert outcome.fields["tls.sha256"] == hashlib.sha256(der).hexdigest()
    assert outcome.fields["tls.version"] == newest.name.replace("_", ".")
    assert outcome.bytes_read > len(der)


async def test_a_server_of_tls_1_3_alone_refuses_the_hello_made_by_hand(
    loopback: Any, serving: Any, weak_certificate: tuple[Path, bytes]
) -> None:
    context = server_context(weak_certificate[0], ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)
    async with serving(idle, context) as port:
        outcome = await tls.read_in_clear(loopback, IP, port)
    # An alert, or with asyncio's server a bare close.
    assert outcome.status in (Status.TLS_FAILED, Status.CLOSED)
    assert not outcome.fields


def old_server(
    der: bytes, version: bytes, understands: Callable[[bytes], bool], log: list[bytes]
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
    """A server that knows RC4 only, up to the point where a key would be needed."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readexactly(5)
        hello = await reader.readexactly(struct.unpack(">H", head[3:])[0])
        log.append(hello)
        if not understands(hello):
            writer.write(b"\x15" + version + b"\x00\x02\x02\x28")
            return
        server = b"\x02\x00\x00\x26" + version + b"r" * 32 + b"\x00\x00\x05\x00"
        chain = len(der).to_bytes(3, "big") + der
        body = len(chain).to_bytes(3, "big") + chain
        flight = server + b"\x0b" + len(body).to_bytes(3, "big") + body + b"\x0e\x00\x00\x00"
        for at in range(0, len(flight), 100):
            part = flight[at : at + 100]
            writer.write(b"\x16" + version + struct.pack(">H", len(part)) + part)
        await writer.drain()
        await reader.read(1)

    return handle


def has_no_extensions(hello: bytes) -> bool:
    session = hello[38]
    suites = int.from_bytes(hello[39 + session : 41 + session], "big")
    return len(hello) == 41 + session + suites + 2


@pytest.mark.parametrize(
    ("version", "understands", "name", "connections"),
    [
        (b"\x03\x01", has_no_extensions, "TLSv1", 2),
        (b"\x03\x00", lambda hello: hello[4:6] == b"\x03\x00", "SSLv3", 3),
    ],
)
async def test_servers_that_only_know_rc4_or_ssl_3_are_read_in_clear(
    loopback: Any,
    serving: Any,
    weak_certificate: tuple[Path, bytes],
    version: bytes,
    understands: Callable[[bytes], bool],
    name: str,
    connections: int,
) -> None:
    hellos: list[bytes] = []
    async with serving(old_server(weak_certificate[1], version, understands, hellos)) as port:
        (outcome,) = await tls.ask(loopback, IP, port)
    assert outcome.status is Status.SUCCESS
    assert outcome.fields["tls.version"] == name
    assert outcome.fields["tls.sha256"] == hashlib.sha256(weak_certificate[1]).hexdigest()
    assert loopback.connections == len(hellos) == connections <= tls.PROBE.connections


async def test_a_web_server_on_a_tls_port_is_another_protocol(loopback: Any, serving: Any) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1_000)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nServer: old\r\n\r\n")
        await writer.drain()

    async with serving(plain) as port:
        (outcome,) = await tls.ask(loopback, IP, port)
    assert outcome.status is Status.OTHER_PROTOCOL
    assert "HTTP/1.1 400" in outcome.detail
    assert loopback.connections == 2


@pytest.mark.parametrize(
    ("bytes_sent", "status", "connections"),
    [
        (b"", Status.TIMED_OUT, 1),
        (b"\x16", Status.TIMED_OUT, 1),
        (b"\x15\x03\x01\x00\x02\x02\x28", Status.TLS_FAILED, 3),
        (bytes(range(200, 250)) * 10, Status.OTHER_PROTOCOL, 2),
        (b"\x16\x03\x03\x00\x04\x02\x00\x00\x00" * 2, Status.TLS_FAILED, 3),
    ],
)
async def test_garbage_costs_at_most_two_more_handshakes(
    loopback: Any, serving: Any, bytes_sent: bytes, status: Status, connections: int
) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(2_000)
        writer.write(bytes_sent)
        await writer.drain()
        await asyncio.sleep(3)

    async with asyncio.timeout(15), serving(handle) as port:
        (outcome,) = await tls.ask(loopback, IP, port)
    assert (outcome.status, loopback.connections) == (status, connections)
    assert outcome.detail and not outcome.fields


@pytest.mark.parametrize("status", [Status.REFUSED, Status.TIMED_OUT, Status.OUT_OF_SCOPE, Status.OVER_BUDGET])
async def test_a_failure_to_connect_is_a_status(scripted_network: Any, status: Status) -> None:
    def fail(port: int, context: object) -> Any:
        raise ConversationFailed(status, "why")

    network = scripted_network(fail)
    (outcome,) = await tls.ask(network, "192.0.2.10", 443)
    assert (outcome.status, outcome.detail, len(network.connections)) == (status, "why", 1)


async def test_a_hello_without_certificate_still_tells_the_version(
    scripted_network: Any, scripted_stream: Any
) -> None:
    def streams(port: int, context: object) -> Any:
        if context is not None:
            raise ConversationFailed(Status.TLS_FAILED, "no cipher in common")
        hello = b"\x02\x00\x00\x26\x03\x00" + b"r" * 32 + b"\x00\x00\x05\x00"
        return scripted_stream(lambda request: [b"\x16\x03\x00\x00\x2a" + hello])

    (outcome,) = await tls.ask(scripted_network(streams), "192.0.2.10", 443)
    assert (outcome.status, outcome.fields) == (Status.TRUNCATED, {"tls.version": "SSLv3"})


def test_the_context_verifies_nothing_and_allows_the_oldest() -> None:
    context = tls.permissive_context()
    assert context.verify_mode is ssl.CERT_NONE and not context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1
    assert context.options & 0x4
    assert tls.permissive_context() is context
