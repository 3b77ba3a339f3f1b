"""RTSP: who serves the video, and how it asks for a login. No login is made and no stream is started.

Port: 554, 8554 and others. Sent, on one connection::

    OPTIONS rtsp://192.0.2.10:554/ RTSP/1.0
    CSeq: 1
    User-Agent: coverscan

    DESCRIBE rtsp://192.0.2.10:554/ RTSP/1.0
    CSeq: 2
    Accept: application/sdp

Never sent: SETUP, PLAY, credentials, guessed paths, ``OPTIONS *`` (which some refuse), a second DESCRIBE.
A DESCRIBE may hang for ever in servers whose encoder does not start, and cameras allow as few as two RTSP
connections: so one connection, closed at once, and what OPTIONS said is kept when DESCRIBE says nothing.
Source: RFC 2326; makers' replies as in the nmap service probes and in public client logs.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from fingerprints.observation import FieldValue, bounded_fields
from scanner.character_sets import decode
from scanner.outcome import ProbeOutcome, Status
from scanner.probes.description import ProbeDescription
from scanner.probes.header_block import (
    MAX_HEAD_BYTES,
    HeaderBlock,
    declared_length,
    end_of_head,
    leading_blanks,
    parse_head,
    realm_of,
)
from scanner.probes.reading import MAX_BANNER_BYTES, Ending, excerpt, read
from scanner.wire import ConversationFailed, Network, Stream

PROBE = ProbeDescription(name="rtsp", ports=(554, 8554), transport="tcp", connections=1, packets=2)

_MAX_SDP_BYTES = 65_536
_PROTOCOL = b"RTSP/"


class RtspReply(NamedTuple):
    """One reply: its header block, its body as far as it came, and whether that is all of it."""

    head: HeaderBlock
    body: bytes
    whole: bool


def options_request(ip: str, port: int) -> bytes:
    """Ask which methods there are."""
    return f"OPTIONS {_uri(ip, port)} RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: coverscan\r\n\r\n".encode("ascii")


def describe_request(ip: str, port: int) -> bytes:
    """Ask what there is to see; the usual answer is a challenge."""
    return f"DESCRIBE {_uri(ip, port)} RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n".encode("ascii")


def parse(data: bytes) -> RtspReply | None:
    """The reply that ``data`` begins with, as far as it got; None if it is not RTSP."""
    at = leading_blanks(data)
    if data[at : at + 5].upper() != _PROTOCOL:
        return None
    head = parse_head(data)
    if head.status is None:
        return None
    rest = data[len(head.raw) :] if head.ended else b""
    length = declared_length(head.every("content-length"))
    if length is None:
        # Some describe a stream without saying how long the description is.
        is_sdp = "sdp" in (head.first("content-type") or "").lower()
        return RtspReply(head, rest[:_MAX_SDP_BYTES] if is_sdp else b"", head.whole)
    body = rest[: min(length, _MAX_SDP_BYTES)]
    return RtspReply(head, body, head.whole and len(body) == length)


def fields(options: RtspReply | None, describe: RtspReply | None) -> dict[str, FieldValue]:
    """The fields of OBSERVATION; DESCRIBE counts first, Public comes from OPTIONS."""
    replies = [reply for reply in (describe, options) if reply is not None]
    if not replies:
        return {}
    main = replies[0].head
    public = [line for line in options.head.lines if line.lower().startswith("public:")] if options else []
    challenges = next((found for reply in replies if (found := reply.head.every("www-authenticate"))), ())
    kept: dict[str, object] = {
        "rtsp.status": main.status,
        "rtsp.server": _first(replies, "server"),
        "rtsp.auth": challenges or None,
        "rtsp.realm": realm_of(challenges),
        "rtsp.public": _first(list(reversed(replies)), "public"),
        "rtsp.headers": (*main.lines, *(line for line in public if line not in main.lines)),
        "rtsp.sdp": decode(describe.body) if describe is not None and describe.body else None,
        "banner.raw": b"".join(reply.head.raw for reply in reversed(replies)),
    }
    return bounded_fields(kept)


async def ask(network: Network, ip: str, port: int) -> tuple[ProbeOutcome, ...]:
    """OPTIONS, then DESCRIBE, on one connection."""
    try:
        async with network.connect(ip, port) as stream:
            await stream.send(options_request(ip, port))
            first = ReplyReader()
            ending = await read(stream, first.feed)
            options = parse(first.data)
            if options is None:
                return (_no_rtsp(port, first.data, ending),)
            second, later = await _describe(stream, ip, port, first.rest, ending)
    except ConversationFailed as failure:
        return (_outcome(port, failure.status, failure.detail),)
    describe = parse(second.data)
    whole = options.whole and (describe is None or describe.whole) and not (first.bounded or second.bounded)
    calm = later.status in (Status.SUCCESS, Status.CLOSED)
    outcome = _outcome(
        port,
        Status.SUCCESS if whole and calm else Status.TRUNCATED,
        "" if whole and calm else later.detail or "a reply is not whole",
        fields(options, describe),
        len(first.data) + len(second.data),
    )
    return (outcome,)


async def _describe(stream: Stream, ip: str, port: int, rest: bytes, ending: Ending) -> tuple[ReplyReader, Ending]:
    """The second request and what came of it; nothing is sent on a connection that has ended."""
    reader = ReplyReader()
    if ending.status is not Status.SUCCESS:
        return reader, ending
    try:
        await stream.send(describe_request(ip, port))
    except ConversationFailed as failure:
        return reader, Ending(failure.status, failure.detail)
    if rest and reader.feed(rest):
        return reader, ending
    return reader, await read(stream, reader.feed)


class ReplyReader:
    """Takes a reply piece by piece; what follows the reply is in ``rest``."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._ends_at: int | None = None
        self.bounded = False

    @property
    def data(self) -> bytes:
        """The reply, without what follows."""
        return bytes(self._data[: self._ends_at])

    @property
    def rest(self) -> bytes:
        """What came after the reply."""
        return b"" if self._ends_at is None else bytes(self._data[self._ends_at :])

    def feed(self, piece: bytes) -> bool:
        """Take one piece; True when the reply is complete, is not RTSP, or has reached a bound."""
        searched = max(0, len(self._data) - 3)
        self._data += piece
        if self._ends_at is None:
            at = leading_blanks(self._data)
            start = bytes(self._data[at : at + 5]).upper()
            if not _PROTOCOL.startswith(start):
                return True
            end = end_of_head(self._data, max(searched, at))
            if end is None or end > MAX_HEAD_BYTES:
                self.bounded = len(self._data) > MAX_HEAD_BYTES
                return self.bounded
            length = declared_length(parse_head(bytes(self._data[:end])).every("content-length")) or 0
            self.bounded = length > _MAX_SDP_BYTES
            self._ends_at = end + min(length, _MAX_SDP_BYTES)
        return len(self._data) >= self._ends_at


def _no_rtsp(port: int, data: bytes, ending: Ending) -> ProbeOutcome:
    start = data[leading_blanks(data) :][:5].upper()
    if ending.status is not Status.SUCCESS and (start == _PROTOCOL or _PROTOCOL.startswith(start)):
        return _outcome(port, ending.status, ending.detail, bytes_read=len(data))
    spoken = excerpt(data)
    said: dict[str, FieldValue] = {}
    if data.startswith(b"OPTIONS "):
        spoken = "our own request came back"
    elif start == b"HTTP/":
        spoken = "HTTP"
    else:
        said = bounded_fields({"banner.raw": data[:MAX_BANNER_BYTES]})
    outcome = _outcome(port, Status.OTHER_PROTOCOL, f"not RTSP: {spoken}", said, len(data))
    return msgspec.structs.replace(outcome, service=None)


def _outcome(
    port: int,
    status: Status,
    detail: str = "",
    found: dict[str, FieldValue] | None = None,
    bytes_read: int = 0,
) -> ProbeOutcome:
    return ProbeOutcome(
        probe="rtsp",
        status=status,
        service="rtsp" if found else None,
        port=port,
        fields=found or {},
        detail=detail,
        bytes_read=bytes_read,
    )


def _first(replies: list[RtspReply], name: str) -> str | None:
    return next((value for reply in replies if (value := reply.head.first(name)) is not None), None)


def _uri(ip: str, port: int) -> str:
    host = f"[{ip.partition('%')[0]}]" if ":" in ip else ip
    return f"rtsp://{host}:{port}/"
