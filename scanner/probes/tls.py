"""TLS: which version a port speaks, and the certificate that it shows. We only look: nothing is verified.

Port: 443 and whatever else speaks TLS without a web page. Sent: one ClientHello for TLS 1.0 to 1.3 with every
cipher suite that the library has; where that fails, at most two hellos made by hand (``tls_hello``): one for
TLS 1.2 and older without extensions, one for SSL 3.0. Never sent: a client certificate, or anything after the
handshake.
Old devices have RSA-512 keys, MD5 signatures and TLS 1.0, which OpenSSL 3 takes at security level 0 only.
Sources: RFC 5246, RFC 8446; measured with OpenSSL 3.0.
"""

from __future__ import annotations

import os
import ssl
import warnings
from functools import cache

import msgspec

from fingerprints.observation import FieldValue, bounded_fields
from scanner.outcome import ProbeOutcome, Status
from scanner.probes.description import ProbeDescription
from scanner.probes.reading import Ending, excerpt, read
from scanner.probes.tls_certificate import certificate_fields
from scanner.probes.tls_hello import SSL_3_0, TLS_1_2, ServerFlight, client_hello
from scanner.wire import ConversationFailed, Network, Stream

PROBE = ProbeDescription(name="tls", ports=(443,), transport="tcp", connections=3, packets=3)

WORTH_ANOTHER_HANDSHAKE = (Status.TLS_FAILED, Status.RESET, Status.CLOSED)
"""How a handshake fails that another form of hello may get through; after silence nothing is tried again."""

_OP_LEGACY_SERVER_CONNECT = 0x4  # named in the ssl module since Python 3.12


@cache
def permissive_context(newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """A client context that accepts any certificate and everything from TLS 1.0 to ``newest``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that TLS 1.0 is old is why we ask for it
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = newest
    context.set_ciphers("ALL:+aNULL:@SECLEVEL=0")
    context.options |= _OP_LEGACY_SERVER_CONNECT
    return context


def stream_fields(stream: Stream) -> dict[str, FieldValue]:
    """The ``tls.*`` fields of an established connection."""
    found: dict[str, FieldValue] = {}
    if stream.peer_certificate is not None:
        found = certificate_fields(stream.peer_certificate)
    return found | bounded_fields({"tls.version": stream.tls_version})


async def ask(network: Network, ip: str, port: int) -> tuple[ProbeOutcome, ...]:
    """The certificate and the version of one port."""
    try:
        async with network.connect(ip, port, tls=permissive_context()) as stream:
            found = stream_fields(stream)
    except ConversationFailed as failure:
        if failure.status not in WORTH_ANOTHER_HANDSHAKE:
            return (_outcome(port, failure.status, failure.detail),)
        first_failure = failure
    else:
        return (_outcome(port, Status.SUCCESS, found=found),)
    outcome = await read_in_clear(network, ip, port)
    if outcome.status in WORTH_ANOTHER_HANDSHAKE:
        outcome = await read_in_clear(network, ip, port, SSL_3_0)
    if outcome.status in WORTH_ANOTHER_HANDSHAKE and first_failure.detail:
        return (_outcome(port, Status.TLS_FAILED, first_failure.detail),)
    return (outcome,)


async def read_in_clear(network: Network, ip: str, port: int, version: tuple[int, int] = TLS_1_2) -> ProbeOutcome:
    """What one hand-made hello of ``version`` learns, without any cryptography."""
    flight = ServerFlight()
    try:
        async with network.connect(ip, port) as stream:
            await stream.send(client_hello(os.urandom(32), version))
            ending = await read(stream, flight.feed)
    except ConversationFailed as failure:
        return _outcome(port, failure.status, failure.detail)
    outcome = _judge(port, flight, ending)
    return msgspec.structs.replace(outcome, bytes_read=flight.bytes_taken)


def _judge(port: int, flight: ServerFlight, ending: Ending) -> ProbeOutcome:
    if flight.certificate is not None:
        found = certificate_fields(flight.certificate) | bounded_fields({"tls.version": flight.version})
        return _outcome(port, Status.SUCCESS, "read from a handshake in clear", found)
    if flight.problem == "not TLS":
        return _outcome(port, Status.OTHER_PROTOCOL, f"not TLS: {excerpt(flight.start)}")
    if flight.version is not None:
        why = flight.problem or ending.detail
        return _outcome(port, Status.TRUNCATED, why, bounded_fields({"tls.version": flight.version}))
    if flight.problem is not None:
        return _outcome(port, Status.TLS_FAILED, flight.problem)
    return _outcome(port, ending.status, ending.detail)


def _outcome(
    port: int, status: Status, detail: str = "", found: dict[str, FieldValue] | None = None
) -> ProbeOutcome:
    return ProbeOutcome(probe="tls", status=status, port=port, fields=found or {}, detail=detail)
