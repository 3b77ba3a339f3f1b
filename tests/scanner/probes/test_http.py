from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import mmh3
import pytest

from scanner.outcome import ProbeOutcome, Status
from scanner.probes import http
from scanner.probes.http_framing import MAX_BODY_BYTES
from scanner.probes.http_message import HttpMessage, parse
from scanner.probes.http_targets import Hop
from scanner.wire import ConversationFailed

IP = "192.0.2.10"
ICON = b"\x00\x00\x01\x00\x01\x00\x10\x10" + bytes(range(256)) * 4
TIMED_OUT = ConversationFailed(Status.TIMED_OUT, "silence")
RESET = ConversationFailed(Status.RESET, "reset by the peer")
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

Pages = dict[str, bytes | list[bytes | ConversationFailed]]


def page(body: bytes, headers: bytes = b"", status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status, headers, len(body), body)


def moved(location: str) -> bytes:
    return page(b"", f"Location: {location}\r\n".encode(), b"302 Found")


@pytest.fixture
def site(scripted_network: Any, scripted_stream: Any) -> Callable[[Pages], Any]:
    """A network of one host that serves ``pages`` by path, or by ``port:path``."""

    def build(pages: Pages) -> Any:
        def streams(port: int, tls: object) -> Any:
            def answer(request: bytes) -> Iterable[bytes | ConversationFailed]:
                path = request.split(b" ")[1].decode()
                found = pages.get(f"{port}:{path}", pages.get(path, MISSING))
                return found if isinstance(found, list) else [found]

            return scripted_stream(answer)

        return scripted_network(streams)

    return build


def paths(network: Any) -> list[str]:
    return [stream.sent[0].split(b" ")[1].decode() for stream in network.streams]


def test_the_request_is_exactly_this() -> None:
    assert http.request(IP, Hop(8080, False, "/")) == (
        b"GET / HTTP/1.1\r\nHost: 192.0.2.10:8080\r\n"
        b"User-Agent: Mozilla/5.0 (compatible; coverscan)\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    )


async def test_a_page_and_its_icon(site: Any) -> None:
    network = site(
        {"/": page(b"<title>WEB</title>"), "/favicon.ico": page(ICON, b"Content-Type: image/x-icon\r\n")}
    )
    (outcome,) = await http.ask(network, IP, 80)
    assert (outcome.status, outcome.service, outcome.port) == (Status.SUCCESS, "http", 80)
    assert outcome.fields["http.title"] == "WEB"
    assert outcome.fields["http.path"] == "/"
    assert outcome.fields["http.favicon_md5"] == hashlib.md5(ICON).hexdigest()
    assert outcome.fields["http.favicon_mmh3"] == str(mmh3.hash(base64.encodebytes(ICON)))
    assert paths(network) == ["/", "/favicon.ico"]
    assert outcome.bytes_read > 0


def test_half_an_icon_has_no_hash() -> None:
    assert http.icon_fields(parse(page(ICON)))
    assert http.icon_fields(parse(page(ICON)[:-1])) == {}


def test_the_icon_hash_is_of_base64_with_its_line_feed_and_signed() -> None:
    message = parse(page(b"\x00\x00\x01\x00", b"Content-Type: image/x-icon\r\n"))
    assert http.icon_fields(message)["http.favicon_mmh3"] == str(mmh3.hash("AAABAA==\n")) == "-216455174"


@pytest.mark.parametrize(
    "icon",
    [
        page(b"<html>not found, politely</html>"),
        page(b"<!doctype html>", b"Content-Type: image/x-icon\r\n"),
        page(ICON, status=b"404 Not Found"),
        page(b""),
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + ICON,
    ],
)
async def test_what_is_no_picture_or_not_whole_is_not_hashed(site: Any, icon: bytes) -> None:
    (outcome,) = await http.ask(site({"/": page(b"x"), "/favicon.ico": icon}), IP, 80)
    assert outcome.status is Status.SUCCESS
    assert "http.favicon_mmh3" not in outcome.fields
    assert "http.favicon_md5" not in outcome.fields


async def test_a_redirect_gives_one_outcome_for_each_page(site: Any) -> None:
    network = site({"/": moved("/doc/page/login.asp"), "/doc/page/login.asp": page(b"<title>login</title>")})
    first, second = await http.ask(network, IP, 80)
    assert (first.fields["http.path"], first.fields["http.status"]) == ("/", "302")
    assert first.fields["http.location"] == "/doc/page/login.asp"
    assert (second.fields["http.path"], second.fields["http.title"]) == ("/doc/page/login.asp", "login")
    assert first.next_url is None and second.next_url is None


async def test_a_redirect_to_another_port_is_followed_over_tls(site: Any) -> None:
    network = site({"80:/": moved("https://192.0.2.10/"), "443:/": page(b"<title>over TLS</title>")})
    _, second = await http.ask(network, IP, 80)
    assert network.connections[:2] == [(80, False), (443, True)]
    assert (second.service, second.port, second.fields["http.title"]) == ("https", 443, "over TLS")


async def test_a_redirect_to_a_port_that_is_asked_anyway_is_only_reported(site: Any) -> None:
    network = site({"80:/": moved("https://192.0.2.10/")})
    (outcome,) = await http.ask(network, IP, 80, skip_ports={443, 80})
    assert outcome.next_url == "https://192.0.2.10/"
    assert all(port == 80 for port, _ in network.connections)


@pytest.mark.parametrize(
    "location",
    ["http://198.51.100.7/", "http://192.0.2.10:22/", "/SDK/webLanguage", "file:///etc/passwd", "/x?auth=YWRt"],
)
async def test_a_redirect_elsewhere_is_reported_and_nothing_is_sent_there(site: Any, location: str) -> None:
    network = site({"/": moved(location)})
    (outcome,) = await http.ask(network, IP, 80)
    assert outcome.next_url is not None and outcome.next_url.endswith(location.removeprefix("http:/"))
    assert paths(network) == ["/", "/favicon.ico"]
    assert {port for port, _ in network.connections} == {80}


@pytest.mark.parametrize(
    "pages",
    [
        {"/": moved("/")},
        {"/": moved("/a"), "/a": moved("/b"), "/b": moved("/a")},
        {"/": moved("/x"), "/x": moved("/xx"), "/xx": moved("/xxx"), "/xxx": moved("/xxxx"), "/xxxx": moved("/")},
    ],
)
async def test_redirect_loops_end(site: Any, pages: Pages) -> None:
    network = site(pages)
    outcomes = await http.ask(network, IP, 80)
    assert 1 <= len(outcomes) <= 1 + http.MAX_REDIRECTS
    assert outcomes[-1].next_url is not None
    assert len(network.connections) <= http.PROBE.connections
    assert len(set(paths(network))) == len(paths(network)), "no page is asked for twice"


async def test_a_redirect_that_ends_in_trouble_is_not_followed(site: Any) -> None:
    network = site({"/": [b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 50\r\n\r\n", TIMED_OUT]})
    (outcome,) = await http.ask(network, IP, 80)
    assert (outcome.status, outcome.next_url) == (Status.TRUNCATED, "http://192.0.2.10/a")
    assert paths(network) == ["/"]


async def test_scripts_and_meta_refreshes_are_not_followed(site: Any) -> None:
    body = b'<meta http-equiv="refresh" content="0; URL=/camera/index.html"><script>location="/x"</script>'
    network = site({"/": page(body)})
    await http.ask(network, IP, 80)
    assert paths(network) == ["/", "/favicon.ico"]


ACTIVATED = (
    b'<?xml version="1.0" encoding="UTF-8"?><ActivateStatus version="1.0" '
    b'xmlns="http://www.hikvision.com/ver10/XMLSchema"><Activated>false</Activated></ActivateStatus>'
)


@pytest.mark.parametrize(
    "start",
    [
        page(b"", b"Server: App-webs/\r\n"),
        page(b"", b"Server: DNVRS-Webs\r\n"),
        page(b'<script>window.location.href = "doc/page/login.asp?_" + (new Date()).getTime();</script>'),
        page(b'<script>window.location.href = "/doc/index.html"</script>'),
    ],
)
async def test_a_hikvision_page_is_asked_for_its_activation(site: Any, start: bytes) -> None:
    network = site({"/": start, "/SDK/activateStatus": page(ACTIVATED)})
    outcomes = await http.ask(network, IP, 80)
    assert (outcomes[-1].service, outcomes[-1].fields["isapi.activated"]) == ("isapi", "false")
    assert outcomes[-1].fields["http.path"] == "/SDK/activateStatus"
    assert len(network.connections) <= http.PROBE.connections


async def test_the_worst_case_costs_what_the_probe_says(site: Any) -> None:
    hik = b"Server: App-webs/\r\n"
    chain = {"/": "/a", "/a": "/b", "/b": "/doc/index.html"}
    pages: Pages = {
        path: page(b"", b"Location: %s\r\n" % to.encode() + hik, b"302 F") for path, to in chain.items()
    }
    network = site({**pages, "/doc/index.html": page(b"x"), "/SDK/activateStatus": page(ACTIVATED)})
    outcomes = await http.ask(network, IP, 80)
    assert len(network.connections) == http.PROBE.connections == http.PROBE.packets
    assert len(outcomes) == 5


async def test_others_are_not_asked_for_hikvisions_path(site: Any) -> None:
    network = site(
        {"/": page(b"<title>Axis</title>", b"Server: Apache\r\n"), "/SDK/activateStatus": page(ACTIVATED)}
    )
    await http.ask(network, IP, 80)
    assert "/SDK/activateStatus" not in paths(network)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>404</html>", b"<Activated>true</Activated>", b"<ActivateStatus><Activated>flase</Activated>"],
)
def test_only_an_activation_status_is_one(body: bytes) -> None:
    assert http.activation_fields(parse(page(body))) == {}
    assert http.activation_fields(parse(page(ACTIVATED, status=b"401 Unauthorized"))) == {}
    assert http.activation_fields(None) == {}


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ([TIMED_OUT], Status.TIMED_OUT),
        ([RESET], Status.RESET),
        ([], Status.CLOSED),
        ([b"HTTP/1.1 2", TIMED_OUT], Status.TIMED_OUT),
        ([b"\xef", RESET], Status.RESET),
        ([b"HTTP/1.1 200 OK\r\nServer: x\r\n", TIMED_OUT], Status.TRUNCATED),
        ([b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", RESET], Status.TRUNCATED),
        ([b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 50\r\n\r\nhalf"], Status.TRUNCATED),
        (
            [b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n<title>", ConversationFailed(Status.OVER_BUDGET)],
            Status.TRUNCATED,
        ),
        ([b"HTTP/1.0 200 OK\r\nServer: x\r\n\r\nuntil the end"], Status.SUCCESS),
        ([b"SSH-2.0-x\r\n"], Status.OTHER_PROTOCOL),
        ([b"SSH-2.0-x\r\n", TIMED_OUT], Status.OTHER_PROTOCOL),
        ([b"HTTP/1.1 why\r\n\r\n"], Status.CLOSED),
    ],
)
async def test_every_ending_is_a_status(
    site: Any, pieces: list[bytes | ConversationFailed], status: Status
) -> None:
    network = site({"/": pieces})
    (outcome,) = await http.ask(network, IP, 80)
    assert outcome.status is status
    assert ("http.server" in outcome.fields) == (status.useful)
    if status is not Status.SUCCESS:
        assert outcome.detail


async def test_after_a_failure_nothing_more_is_asked(site: Any) -> None:
    for failing in ([TIMED_OUT], [b"HTTP/1.1 200 OK\r\n\r\n<html>", TIMED_OUT], [b"A" * 100]):
        network = site({"/": failing})
        await http.ask(network, IP, 80)
        assert paths(network) == ["/"]


async def test_after_a_huge_page_no_icon_is_asked_for(site: Any) -> None:
    network = site({"/": page(b"x" * 150_000), "/favicon.ico": page(ICON)})
    (outcome,) = await http.ask(network, IP, 80)
    assert (outcome.status, paths(network)) == (Status.SUCCESS, ["/"])


async def test_after_an_icon_that_hangs_no_activation_is_asked_for(site: Any) -> None:
    network = site({"/": page(b"", b"Server: App-webs/\r\n"), "/favicon.ico": [TIMED_OUT]})
    (outcome,) = await http.ask(network, IP, 80)
    assert (outcome.status, paths(network)) == (Status.SUCCESS, ["/", "/favicon.ico"])


async def test_a_refused_connection_is_a_status(scripted_network: Any) -> None:
    def refuse(port: int, tls: object) -> Any:
        raise ConversationFailed(Status.REFUSED, "connection refused")

    (outcome,) = await http.ask(scripted_network(refuse), IP, 80)
    assert (outcome.status, outcome.service, outcome.fields) == (Status.REFUSED, None, {})


async def test_an_echo_matches_nothing(scripted_network: Any, scripted_stream: Any) -> None:
    network = scripted_network(lambda port, tls: scripted_stream(lambda request: [request]))
    (outcome,) = await http.ask(network, IP, 80)
    assert (outcome.status, outcome.fields) == (Status.OTHER_PROTOCOL, {})


async def test_what_another_protocol_says_is_kept_as_a_banner(site: Any) -> None:
    (outcome,) = await http.ask(site({"/": [b"220 AXIS FTP ready\r\n" + b"x" * 5_000]}), IP, 8080)
    assert outcome.service is None
    assert str(outcome.fields["banner.raw"]).startswith("220 AXIS FTP ready\r\n")
    assert len(outcome.fields["banner.raw"]) == 512


async def test_a_reply_in_single_bytes_is_the_same_reply(site: Any) -> None:
    whole = page(b"<title>slow</title>", b"Server: App-webs/\r\n")
    one = await http.ask(site({"/": whole}), IP, 80)
    many = await http.ask(site({"/": [bytes((byte,)) for byte in whole]}), IP, 80)
    assert one == many


async def test_ten_megabytes_are_cut(site: Any) -> None:
    network = site({"/": [b"HTTP/1.1 200 OK\r\nServer: big\r\n\r\n"] + [b"A" * 65_536] * 160})
    (outcome,) = await http.ask(network, IP, 80)
    assert outcome.status is Status.TRUNCATED
    assert outcome.fields["http.server"] == "big"
    assert len(outcome.fields["http.body"]) == 65_536
    assert outcome.bytes_read <= MAX_BODY_BYTES + 100


async def test_hostile_headers_stay_plain_data(site: Any) -> None:
    headers = b"Server: \x1b]0;pwn\x07<img src=x onerror=alert(1)>=cmd|'/C calc'!A0\xff\x00\r\n"
    (outcome,) = await http.ask(site({"/": page(b"", headers)}), IP, 80)
    assert str(outcome.fields["http.server"]).startswith("\x1b]0;pwn\x07<img")
    for value in outcome.fields.values():
        "".join(value).encode("utf-8")


def test_hikvision_looks() -> None:
    plain = parse(page(b"x", b"Server: webserver\r\n"))
    assert isinstance(plain, HttpMessage)
    assert not http.looks_like_hikvision(plain)


# Over real sockets.


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nServer: drip\r\n" + b"X: " + b"x" * 10_000:
        writer.write(bytes((byte,)))
        await writer.drain()
        await asyncio.sleep(0.01)


async def never_ending(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nServer: flood\r\n\r\n")
    while True:
        writer.write(b"A" * 65_536)
        await writer.drain()


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(page(b"<title>hello</title>", b"Server: polite\r\n"))
    await writer.drain()


async def header_flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nServer: flood\r\n" + b"Set-Cookie: a=b\r\n" * 100_000)
    await writer.drain()


@pytest.fixture
async def ask_served(loopback: Any, serving: Any) -> AsyncIterator[Callable[..., Any]]:
    async def run(handler: Any) -> tuple[ProbeOutcome, ...]:
        async with serving(handler) as port:
            return await http.ask(loopback, "127.0.0.1", port)

    yield run


@pytest.mark.parametrize(
    ("handler", "status", "server", "connections"),
    [
        (polite, Status.SUCCESS, "polite", 2),
        (drip, Status.TRUNCATED, "drip", 1),
        (never_ending, Status.TRUNCATED, "flood", 1),
        (header_flood, Status.TRUNCATED, "flood", 1),
        (hang, Status.TIMED_OUT, None, 1),
    ],
)
async def test_misbehaving_servers_cost_one_time_out(
    ask_served: Any, loopback: Any, handler: Any, status: Status, server: str | None, connections: int
) -> None:
    async with asyncio.timeout(10):
        (outcome,) = await ask_served(handler)
    assert (outcome.status, outcome.fields.get("http.server")) == (status, server)
    assert loopback.connections == connections
