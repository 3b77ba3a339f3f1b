from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import rtsp
from scanner.probes.rtsp import ReplyReader, fields, parse
from scanner.wire import ConversationFailed

IP = "192.0.2.10"
HIK_OPTIONS = (
    b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS, DESCRIBE, PLAY, PAUSE, SETUP, TEARDOWN\r\n"
    b"Date:  Thu, May 14 2020 16:45:35 GMT\r\n\r\n"
)
HIK_DESCRIBE = (
    b'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm="IP Camera(C2875)", '
    b'nonce="938032d91ffc30ca80b5da94c18887ac", stale="FALSE"\r\n'
    b'WWW-Authenticate: Basic realm="IP Camera(C1214)"\r\nDate:  Thu, May 14 2020 16:45:36 GMT\r\n\r\n'
)
SDP = b"v=0\r\ns=Media Presentation\r\na=tool:x\r\n"
WITH_SDP = (
    b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nServer: H264DVR 1.0\r\nContent-Type: application/sdp\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(SDP), SDP)
)
TIMED_OUT = ConversationFailed(Status.TIMED_OUT, "silence")
RESET = ConversationFailed(Status.RESET, "reset")

Pieces = Iterable[bytes | ConversationFailed]


@pytest.fixture
def camera(scripted_network: Any, scripted_stream: Any) -> Callable[..., Any]:
    """A network of one camera that answers OPTIONS and DESCRIBE with the given pieces."""

    def build(options: Pieces, describe: Pieces = ()) -> Any:
        def answer(request: bytes) -> Pieces:
            return options if request.startswith(b"OPTIONS") else describe

        return scripted_network(lambda port, tls: scripted_stream(answer))

    return build


def test_the_requests_are_exactly_these() -> None:
    assert rtsp.options_request(IP, 554) == (
        b"OPTIONS rtsp://192.0.2.10:554/ RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: coverscan\r\n\r\n"
    )
    assert rtsp.describe_request("fe80::1%eth0", 8554) == (
        b"DESCRIBE rtsp://[fe80::1]:8554/ RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n"
    )


async def test_a_camera_that_asks_for_a_login(camera: Any) -> None:
    network = camera([HIK_OPTIONS], [HIK_DESCRIBE])
    (outcome,) = await rtsp.ask(network, IP, 554)
    assert (outcome.status, outcome.service, outcome.port) == (Status.SUCCESS, "rtsp", 554)
    found = outcome.fields
    assert found["rtsp.status"] == "401"
    assert found["rtsp.realm"] == "IP Camera(C2875)"
    assert str(found["rtsp.auth"]).endswith('stale="FALSE"; Basic realm="IP Camera(C1214)"')
    assert found["rtsp.public"] == "OPTIONS, DESCRIBE, PLAY, PAUSE, SETUP, TEARDOWN"
    assert found["rtsp.headers"][0] == "RTSP/1.0 401 Unauthorized"
    assert "Date:  Thu, May 14 2020 16:45:36 GMT" in found["rtsp.headers"]
    assert found["rtsp.headers"][-1] == "Public: OPTIONS, DESCRIBE, PLAY, PAUSE, SETUP, TEARDOWN"
    assert found["banner.raw"] == (HIK_OPTIONS + HIK_DESCRIBE).decode()
    assert len(network.connections) == 1
    assert outcome.bytes_read == len(HIK_OPTIONS + HIK_DESCRIBE)


async def test_nothing_but_two_requests_is_ever_sent(camera: Any) -> None:
    network = camera([HIK_OPTIONS], [WITH_SDP])
    await rtsp.ask(network, IP, 554)
    assert network.streams[0].sent == [rtsp.options_request(IP, 554), rtsp.describe_request(IP, 554)]


async def test_a_description_given_freely_is_kept(camera: Any) -> None:
    (outcome,) = await rtsp.ask(camera([HIK_OPTIONS], [WITH_SDP]), IP, 554)
    assert outcome.fields["rtsp.sdp"] == SDP.decode()
    assert outcome.fields["rtsp.server"] == "H264DVR 1.0"


async def test_a_challenge_at_options_counts_where_describe_has_none(camera: Any) -> None:
    challenge = (
        b"RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nServer: Dahua Rtsp Server\r\n"
        b'WWW-Authenticate: Basic realm="device"\r\n\r\n'
    )
    (outcome,) = await rtsp.ask(camera([challenge]), IP, 554)
    assert (outcome.status, outcome.fields["rtsp.status"]) == (Status.SUCCESS, "401")
    assert outcome.fields["rtsp.realm"] == "device"
    (outcome,) = await rtsp.ask(camera([challenge], [b"RTSP/1.0 403 Forbidden\r\n\r\n"]), IP, 554)
    assert (outcome.fields["rtsp.status"], outcome.fields["rtsp.server"]) == ("403", "Dahua Rtsp Server")


async def test_both_replies_in_one_piece_are_told_apart(camera: Any) -> None:
    (outcome,) = await rtsp.ask(camera([HIK_OPTIONS + HIK_DESCRIBE]), IP, 554)
    assert outcome.fields["rtsp.status"] == "401"
    assert outcome.fields["rtsp.public"]


async def test_single_bytes_are_the_same_reply(camera: Any) -> None:
    def cut(data: bytes) -> list[bytes]:
        return [bytes((byte,)) for byte in data]

    whole = await rtsp.ask(camera([HIK_OPTIONS], [WITH_SDP]), IP, 554)
    assert await rtsp.ask(camera(cut(HIK_OPTIONS), cut(WITH_SDP)), IP, 554) == whole


@pytest.mark.parametrize(
    ("options", "describe", "status", "known"),
    [
        ([TIMED_OUT], [], Status.TIMED_OUT, None),
        ([RESET], [], Status.RESET, None),
        ([], [], Status.CLOSED, None),
        ([b"RTSP/1.0 20", TIMED_OUT], [], Status.TIMED_OUT, None),
        ([b"RT", RESET], [], Status.RESET, None),
        ([b"RTSP/1.0 200 OK\r\nServer: x\r\n", TIMED_OUT], [], Status.TRUNCATED, "200"),
        ([HIK_OPTIONS], [TIMED_OUT], Status.TRUNCATED, "200"),
        ([HIK_OPTIONS], [RESET], Status.TRUNCATED, "200"),
        ([HIK_OPTIONS], [], Status.SUCCESS, "200"),
        ([HIK_OPTIONS], [WITH_SDP[:-5]], Status.TRUNCATED, "200"),
        ([HIK_OPTIONS], [HIK_DESCRIBE[:-20], TIMED_OUT], Status.TRUNCATED, "401"),
        ([HIK_OPTIONS], [b"garbage"], Status.SUCCESS, "200"),
        ([b"RTSP/1.0 why\r\n\r\n"], [], Status.OTHER_PROTOCOL, None),
        ([b"\r\n" * 20], [], Status.OTHER_PROTOCOL, None),
        ([b"SSH-2.0-x\r\n"], [], Status.OTHER_PROTOCOL, None),
        ([b"HTTP/1.1 503 Service Unavailable\r\n\r\n"], [], Status.OTHER_PROTOCOL, None),
        ([b"RTSP/1.0 200 OK\r\n" + b"A: b\r\n" * 100_000], [], Status.TRUNCATED, "200"),
    ],
)
async def test_every_ending_is_a_status(
    camera: Any, options: Pieces, describe: Pieces, status: Status, known: str | None
) -> None:
    (outcome,) = await rtsp.ask(camera(options, describe), IP, 554)
    assert (outcome.status, outcome.fields.get("rtsp.status")) == (status, known)
    assert (outcome.service == "rtsp") == status.useful


@pytest.mark.parametrize("after", [[], [TIMED_OUT], [RESET]])
async def test_describe_is_not_sent_where_options_did_not_end_well(camera: Any, after: Pieces) -> None:
    network = camera([HIK_OPTIONS[:-4], *after], [HIK_DESCRIBE])
    (outcome,) = await rtsp.ask(network, IP, 554)
    assert (outcome.status, outcome.fields["rtsp.status"]) == (Status.TRUNCATED, "200")
    assert network.streams[0].sent == [rtsp.options_request(IP, 554)]


async def test_http_on_the_port_is_another_protocol(camera: Any) -> None:
    (outcome,) = await rtsp.ask(camera([b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n"]), IP, 8554)
    assert (outcome.status, outcome.detail, outcome.fields) == (Status.OTHER_PROTOCOL, "not RTSP: HTTP", {})


async def test_an_echo_matches_nothing(scripted_network: Any, scripted_stream: Any) -> None:
    network = scripted_network(lambda port, tls: scripted_stream(lambda request: [request]))
    (outcome,) = await rtsp.ask(network, IP, 554)
    assert (outcome.status, outcome.fields) == (Status.OTHER_PROTOCOL, {})
    assert len(network.streams[0].sent) == 1


async def test_a_refused_connection_is_a_status(scripted_network: Any) -> None:
    def refuse(port: int, tls: object) -> Any:
        raise ConversationFailed(Status.REFUSED, "refused")

    (outcome,) = await rtsp.ask(scripted_network(refuse), IP, 554)
    assert outcome.status is Status.REFUSED


async def test_a_connection_that_dies_before_describe_keeps_options(
    scripted_network: Any, scripted_stream: Any
) -> None:
    def answer(request: bytes) -> Pieces:
        if request.startswith(b"DESCRIBE"):
            raise RESET
        return [HIK_OPTIONS]

    (outcome,) = await rtsp.ask(scripted_network(lambda port, tls: scripted_stream(answer)), IP, 554)
    assert (outcome.status, outcome.fields["rtsp.status"]) == (Status.TRUNCATED, "200")


def test_a_huge_description_is_cut() -> None:
    reader = ReplyReader()
    data = b"RTSP/1.0 200 OK\r\nContent-Length: 10000000\r\n\r\n" + b"v" * 200_000
    assert any(reader.feed(data[at : at + 1_000]) for at in range(0, len(data), 1_000))
    assert reader.bounded
    reply = parse(reader.data)
    assert reply is not None and len(reply.body) == 65_536 and not reply.whole


def test_a_description_without_a_length_is_taken_as_it_came() -> None:
    reply = parse(b"RTSP/1.0 200 OK\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n")
    assert reply is not None and reply.body == b"v=0\r\n"


@given(st.binary(max_size=300), st.integers(1, 30))
def test_any_bytes_are_read(data: bytes, size: int) -> None:
    for start in (b"", b"RTSP/1.0 200 OK\r\n", b"RTSP/1.0 200 OK\r\nContent-Length: 20\r\n\r\n"):
        reader = ReplyReader()
        stream = start + data
        for at in range(0, len(stream), size):
            reader.feed(stream[at : at + size])
        reply = parse(stream)
        assert set(fields(reply, reply)) <= set(FIELDS)
        assert len(reader.data) + len(reader.rest) == len(stream)


@given(st.integers(0, len(HIK_DESCRIBE) - 1), st.binary(min_size=1, max_size=4))
def test_a_good_reply_with_bytes_changed_never_fails(at: int, change: bytes) -> None:
    fields(parse(HIK_OPTIONS), parse(HIK_DESCRIBE[:at] + change + HIK_DESCRIBE[at + len(change) :]))


async def test_a_describe_that_hangs_costs_one_time_out(loopback: Any, serving: Any) -> None:
    async def stalling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HIK_OPTIONS)
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(10)

    async with asyncio.timeout(10), serving(stalling) as port:
        (outcome,) = await rtsp.ask(loopback, "127.0.0.1", port)
    assert (outcome.status, outcome.fields["rtsp.status"]) == (Status.TRUNCATED, "200")
    assert loopback.connections == 1
