"""HTTP: the start page of a device, read the way an ordinary browser's first request would.

Ports: 80, 8080 and others. Sent, for ``/``, for at most three redirects within the same address, once for
``/favicon.ico``, and for ``/SDK/activateStatus`` where the page is Hikvision's (the maker's ISAPI guide calls
it free of authentication)::

    GET / HTTP/1.1
    Host: 192.0.2.10
    User-Agent: Mozilla/5.0 (compatible; coverscan)
    Accept: */*
    Connection: close

One request a connection, one connection at a time: old GoAhead and Boa serve nothing else, and Dahua answers
401 to everybody when its ten connections are taken. Never sent: credentials, cookies, any other method, any
path of ``http_targets`` 's forbidden list, and nothing after a time-out, a reset or a body without end.
Jumps that scripts or meta elements make are not followed.
Sources: RFC 9112 and RFC 1945; embedded servers' habits as listed in the nmap service probes; favicon hash as
Shodan defines it (MurmurHash3 of the icon's base64 in lines of 76 characters).
"""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Collection

import mmh3
import msgspec

from fingerprints.observation import FieldValue, bounded_fields
from scanner.outcome import ProbeOutcome, Status
from scanner.probes import tls
from scanner.probes.description import ProbeDescription
from scanner.probes.header_block import leading_blanks
from scanner.probes.http_framing import Kind, ResponseReader, kind_of
from scanner.probes.http_message import HttpMessage, body_text, fields, parse
from scanner.probes.http_targets import Hop, absolute, host_header, redirect_hop
from scanner.probes.reading import MAX_BANNER_BYTES, Ending, excerpt, read
from scanner.wire import ConversationFailed, Network
from scanner.xml_text import decode_xml, first_texts

PROBE = ProbeDescription(name="http", ports=(80, 8080), transport="tcp", connections=6, packets=6)

MAX_REDIRECTS = 3
USER_AGENT = "Mozilla/5.0 (compatible; coverscan)"
ACTIVATION_PATH = "/SDK/activateStatus"

_REDIRECTS = ("301", "302", "303", "307", "308")
_HUGE_PAGE_BYTES = 131_072
_HIKVISION_SERVERS = ("app-webs", "dnvrs-webs", "dvrdvs-webs", "hikvision-webs")
_HIKVISION_PAGES = ("doc/page/login.asp", "doc/index.html")
_IMAGE_STARTS = (b"\x00\x00\x01\x00", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"BM", b"RIFF", b"<svg")


class Reply(msgspec.Struct, frozen=True):
    """What came of one GET: the reply as far as it could be read, how that ended, and the TLS facts.

    ``calm`` tells whether the exchange ended in peace, so that another request does no harm; ``banner`` is what
    another protocol said instead.
    """

    status: Status
    message: HttpMessage | None = None
    detail: str = ""
    bytes_read: int = 0
    calm: bool = False
    tls_fields: dict[str, FieldValue] = {}
    banner: dict[str, FieldValue] = {}


def request(ip: str, hop: Hop) -> bytes:
    """The only request that is ever sent."""
    return (
        f"GET {hop.path} HTTP/1.1\r\nHost: {host_header(ip, hop)}\r\nUser-Agent: {USER_AGENT}\r\n"
        "Accept: */*\r\nConnection: close\r\n\r\n"
    ).encode("ascii")


async def ask(
    network: Network, ip: str, port: int, *, skip_ports: Collection[int] = ()
) -> tuple[ProbeOutcome, ...]:
    """The start page, its redirect targets within the address, the icon: one outcome for each page.

    A redirect that is not followed, because it leads elsewhere or to one of ``skip_ports`` (which are asked
    anyway), is the last outcome's ``next_url``.
    """
    return await visit(network, ip, Hop(port, False, "/"), skip_ports=skip_ports)


async def visit(
    network: Network, ip: str, start: Hop, *, skip_ports: Collection[int] = ()
) -> tuple[ProbeOutcome, ...]:
    """``ask`` from any hop on; ``https`` uses it over TLS."""
    browser = _Browser(network, ip)
    pages: list[tuple[Hop, Reply]] = []
    outcomes: list[ProbeOutcome] = []
    hop: Hop | None = start
    while hop is not None:
        reply = await browser.get(hop)
        pages.append((hop, reply))
        onward, unvisited = _next_hop(ip, pages, skip_ports)
        outcomes.append(_outcome(hop, reply, unvisited))
        hop = onward
    last_hop, last = pages[-1]
    if last.message is None or not last.calm or len(last.message.body) > _HUGE_PAGE_BYTES:
        return tuple(outcomes)
    icon = await browser.get(last_hop._replace(path="/favicon.ico"))
    _attach(outcomes, last_hop, icon_fields(icon.message) if icon.status is Status.SUCCESS else {})
    if icon.calm and any(looks_like_hikvision(reply.message) for _, reply in pages if reply.message):
        outcomes += await _activation(browser, last_hop._replace(path=ACTIVATION_PATH))
    return tuple(outcomes)


def looks_like_hikvision(message: HttpMessage) -> bool:
    """Whether a page is of the web server that has an activation status to tell."""
    return hikvision_page(message.first("server") or "", (message.first("location") or "") + body_text(message))


def hikvision_page(server: str, places: str) -> bool:
    """The same, from the Server header and from the text where a page names other pages."""
    return server.lower().startswith(_HIKVISION_SERVERS) or any(page in places for page in _HIKVISION_PAGES)


def icon_fields(message: HttpMessage | None) -> dict[str, FieldValue]:
    """The two hashes of an icon that arrived whole; empty where the answer is no picture."""
    if message is None or message.status != "200" or not message.whole or not _is_image(message):
        return {}
    digest = hashlib.md5(message.body, usedforsecurity=False).hexdigest()
    hashed = mmh3.hash(base64.encodebytes(message.body))
    return bounded_fields({"http.favicon_mmh3": hashed, "http.favicon_md5": digest})


def activation_fields(message: HttpMessage | None) -> dict[str, FieldValue]:
    """``isapi.activated`` from Hikvision's activation status; empty where the answer is something else."""
    if message is None or message.status != "200":
        return {}
    texts = first_texts(decode_xml(message.body[:16_384]))
    value = texts.get("activated", "").lower()
    if "activatestatus" not in texts or value not in ("true", "false"):
        return {}
    return bounded_fields({"isapi.activated": value, "http.status": "200", "http.path": ACTIVATION_PATH})


class _Browser:
    """GETs to one address, a connection each; remembers which form of TLS the device takes."""

    def __init__(self, network: Network, ip: str) -> None:
        self._network = network
        self._ip = ip
        self._newest_tls: tuple[ssl.TLSVersion, ...] = (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2)

    async def get(self, hop: Hop) -> Reply:
        """One GET; every failure is a value."""
        if not hop.tls:
            return await self._exchange(hop, None)
        reply = Reply(Status.TLS_FAILED)
        for newest in self._newest_tls:
            reply = await self._exchange(hop, tls.permissive_context(newest))
            if reply.tls_fields or reply.status not in tls.WORTH_ANOTHER_HANDSHAKE:
                self._newest_tls = (newest,)
                break
        return reply

    async def _exchange(self, hop: Hop, context: ssl.SSLContext | None) -> Reply:
        reader = ResponseReader()
        tls_fields: dict[str, FieldValue] = {}
        try:
            async with self._network.connect(self._ip, hop.port, tls=context) as stream:
                if context is not None:
                    tls_fields = tls.stream_fields(stream)
                await stream.send(request(self._ip, hop))
                ending = await read(stream, reader.feed)
        except ConversationFailed as failure:
            return Reply(failure.status, detail=failure.detail, tls_fields=tls_fields)
        return msgspec.structs.replace(_judge(reader, ending), tls_fields=tls_fields)


def _judge(reader: ResponseReader, ending: Ending) -> Reply:
    """What a reply is worth, from its bytes and from how reading it ended."""
    data = reader.data
    message = parse(data)
    if message is None:
        if kind_of(data) is not Kind.FOREIGN and ending.status is not Status.SUCCESS:
            return Reply(ending.status, detail=ending.detail, bytes_read=len(data))
        if _is_echo(data):
            return Reply(Status.OTHER_PROTOCOL, detail="our own request came back", bytes_read=len(data))
        banner = bounded_fields({"banner.raw": data[:MAX_BANNER_BYTES]})
        return Reply(
            Status.OTHER_PROTOCOL, detail=f"not HTTP: {excerpt(data)}", bytes_read=len(data), banner=banner
        )
    ended_well = ending.status in (Status.SUCCESS, Status.CLOSED) and not reader.bounded
    if ended_well and message.whole:
        return Reply(Status.SUCCESS, message, "", len(data), calm=True)
    why = "a bound was reached" if reader.bounded else ending.detail or "the reply is not as long as it says"
    return Reply(Status.TRUNCATED, message, why, len(data), calm=ended_well)


def _is_echo(data: bytes) -> bool:
    return data[leading_blanks(data) :].startswith(b"GET /")


def _next_hop(
    ip: str, pages: list[tuple[Hop, Reply]], skip_ports: Collection[int]
) -> tuple[Hop | None, str | None]:
    """Where the last page redirects to: the hop to follow, or else the address that is not visited."""
    hop, reply = pages[-1]
    message = reply.message
    location = message.first("location") if message and message.status in _REDIRECTS else None
    if not location:
        return None, None
    onward = redirect_hop(location, ip, hop)
    visited = {seen for seen, _ in pages}
    elsewhere = onward is None or (onward.port != hop.port and onward.port in skip_ports)
    if elsewhere or not reply.calm or onward in visited or len(pages) > MAX_REDIRECTS:
        return None, absolute(location, ip, hop)
    return onward, None


def _outcome(hop: Hop, reply: Reply, unvisited: str | None) -> ProbeOutcome:
    found = {**reply.tls_fields, **reply.banner}
    if reply.message is not None:
        found |= fields(reply.message, hop.path)
    return ProbeOutcome(
        probe=hop.scheme,
        status=reply.status,
        service=hop.scheme if reply.message is not None else None,
        port=hop.port,
        fields=found,
        detail=reply.detail,
        bytes_read=reply.bytes_read,
        next_url=unvisited,
    )


def _attach(outcomes: list[ProbeOutcome], hop: Hop, more: dict[str, FieldValue]) -> None:
    """Add ``more`` to the first outcome of the hop's port, where the icon was asked for."""
    for at, outcome in enumerate(outcomes):
        if more and (outcome.port, outcome.probe) == (hop.port, hop.scheme):
            outcomes[at] = msgspec.structs.replace(outcome, fields={**outcome.fields, **more})
            return


async def _activation(browser: _Browser, hop: Hop) -> list[ProbeOutcome]:
    reply = await browser.get(hop)
    found = activation_fields(reply.message)
    if not found:
        return []
    outcome = _outcome(hop, reply, None)
    return [msgspec.structs.replace(outcome, service="isapi", fields=found)]


def _is_image(message: HttpMessage) -> bool:
    if message.body.startswith(_IMAGE_STARTS):
        return True
    declared = (message.first("content-type") or "").lower().startswith("image/")
    return declared and bool(message.body) and not message.body.lstrip().startswith(b"<")
