"""SIP: what a telephone or door station calls itself in its answer to OPTIONS.

Port: 5060/udp, only where the user asks for it: some door stations show a missed event for a message that they do
not like. Sent, once ::

    OPTIONS sip:192.0.2.10 SIP/2.0
    Via: SIP/2.0/UDP coverscan.invalid:5060;branch=z9hG4bK<random>;rport
    Max-Forwards: 70
    To: <sip:192.0.2.10>
    From: <sip:coverscan@coverscan.invalid>;tag=<random>
    Call-ID: <random>
    CSeq: 1 OPTIONS
    Content-Length: 0

``rport`` makes the answer come back to the port that asked. Never sent: INVITE (it rings), REGISTER, MESSAGE.
Any status code is an answer: 200, 401, 404, 405 all come with Server or User-Agent.
Sources: RFC 3261 section 11, RFC 3581; answers of servers tried by hand.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from fingerprints.observation import bounded_fields
from scanner.outcome import ProbeOutcome
from scanner.probes.datagram_exchange import Question, Told, ask_devices
from scanner.probes.description import ProbeDescription
from scanner.probes.header_block import parse_head
from scanner.wire import Network

PROBE = ProbeDescription(name="sip", ports=(5060,), transport="udp", connections=0, packets=1)


def request(ip: str, token: str) -> bytes:
    """The one OPTIONS request; ``token`` (letters and digits) makes it one of its own."""
    host = f"[{ip.partition('%')[0]}]" if ":" in ip else ip
    return (
        f"OPTIONS sip:{host} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP coverscan.invalid:5060;branch=z9hG4bK{token};rport\r\n"
        "Max-Forwards: 70\r\n"
        f"To: <sip:{host}>\r\n"
        f"From: <sip:coverscan@coverscan.invalid>;tag={token}\r\n"
        f"Call-ID: {token}\r\n"
        "CSeq: 1 OPTIONS\r\n"
        "Content-Length: 0\r\n\r\n"
    ).encode("ascii")


def parse(data: bytes) -> Told | None:
    """The ``sip.*`` fields of an answer with its head; None where it is none. Total."""
    head = parse_head(data)
    if head.status is None or not head.lines[0].upper().startswith("SIP/"):
        return None
    found = {
        "banner.raw": head.raw,
        "sip.server": head.first("server") or None,
        "sip.user_agent": head.first("user-agent") or None,
    }
    return Told(bounded_fields(found), whole=head.ended)


def _new_token() -> str:
    return secrets.token_hex(8)


async def ask(
    network: Network,
    ip: str,
    port: int = 5060,
    *,
    wait: float = 2.0,
    new_token: Callable[[], str] = _new_token,
) -> tuple[ProbeOutcome, ...]:
    """The answer of ``ip`` to one OPTIONS request."""
    return await ask_devices(network, ip, port, PROBE, Question((request(ip, new_token()),), wait), parse)
