from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import cast

import msgspec
import pytest

from scanner.connections import DeviceConversations, ScanNetwork
from scanner.outcome import Status
from scanner.politeness import Profile, load_profiles
from scanner.sweep.connect import ConnectEngine
from scanner.wire import ConversationFailed

FAST = msgspec.structs.replace(
    load_profiles()["lan"],
    seconds_between_packets_to_host=0.0,
    connect_timeout=0.5,
    first_byte_timeout=0.3,
    conversation_timeout=1.0,
    bytes_per_conversation=100_000,
)
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def network(
    profile: Profile = FAST, permits: Callable[[str], bool] = lambda ip: ip.startswith("127.")
) -> ScanNetwork:
    return ScanNetwork(permits, profile)


def device(profile: Profile = FAST) -> DeviceConversations:
    return network(profile).conversations()


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[int]:
    started = await asyncio.start_server(handler, "127.0.0.1", 0)
    try:
        yield started.sockets[0].getsockname()[1]
    finally:
        started.close()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(5)


async def failure(net: DeviceConversations, port: int, ip: str = "127.0.0.1") -> ConversationFailed:
    with pytest.raises(ConversationFailed) as caught:
        async with net.connect(ip, port) as stream:
            while await stream.receive():
                pass
    return caught.value


async def test_an_address_outside_the_scope_gets_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_socket(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket was opened")

    scan = network()
    net = scan.conversations()
    monkeypatch.setattr(socket, "socket", no_socket)
    assert (await failure(net, 80, "128.0.0.1")).status is Status.OUT_OF_SCOPE
    assert await scan.port_state("128.0.0.1", 80) is Status.OUT_OF_SCOPE
    with pytest.raises(ConversationFailed) as caught:
        await net.ask_udp("128.0.0.1", 3702, [b"x"], wait=0.1)
    assert caught.value.status is Status.OUT_OF_SCOPE


async def test_what_is_sent_and_received_arrives() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read(100)).upper())
        writer.close()

    async with server(echo) as port, device().connect("127.0.0.1", port) as stream:
        await stream.send(b"hello")
        assert await stream.receive() == b"HELLO"
        assert await stream.receive() == b""


async def test_silence_costs_one_time_out() -> None:
    async with server(silence) as port:
        started = time.monotonic()
        assert (await failure(device(), port)).status is Status.TIMED_OUT
        assert time.monotonic() - started < 1


async def test_a_slow_drip_ends_with_the_conversation() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(100):
            writer.write(b"x")
            await asyncio.sleep(0.1)

    async with server(drip) as port:
        started = time.monotonic()
        assert (await failure(device(), port)).status is Status.TIMED_OUT
        assert time.monotonic() - started < 2


async def test_a_flood_ends_at_the_byte_limit() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"A" * 65_536)
            await writer.drain()

    async with server(flood) as port:
        net = device()
        assert (await failure(net, port)).status is Status.OVER_BUDGET
        assert net.budget.bytes_read <= FAST.bytes_per_conversation


async def test_refused_and_reset_are_told_apart() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        writer.transport.abort()

    async with server(reset) as port:
        assert (await failure(device(), port)).status is Status.RESET
    assert (await failure(device(), port)).status is Status.REFUSED


async def test_never_more_connections_at_once_than_the_profile_says() -> None:
    now = most = 0

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.05)
        now -= 1
        writer.write(b"x")
        writer.close()

    async with server(count) as port:
        net = device()

        async def one() -> None:
            async with net.connect("127.0.0.1", port) as stream:
                await stream.receive()

        await asyncio.gather(*(one() for _ in range(10)))
    assert most == FAST.connections_per_host == 2


async def test_three_conversations_that_break_off_are_enough() -> None:
    async with server(silence) as port:
        net = device()
        statuses = [(await failure(net, port)).status for _ in range(4)]
    assert statuses == [Status.TIMED_OUT] * 3 + [Status.OVER_BUDGET]


async def test_packets_to_one_host_keep_their_distance_and_the_rate_is_kept() -> None:
    profile = msgspec.structs.replace(FAST, packets_per_second=50.0, seconds_between_packets_to_host=0.05)
    arrivals: list[float] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrivals.append(time.monotonic())
        writer.close()

    async with server(note) as port:
        net = network(profile)
        await asyncio.gather(*(net.port_state("127.0.0.1", port) for _ in range(6)))
        await asyncio.sleep(0.05)
    gaps = [later - earlier for earlier, later in itertools.pairwise(arrivals)]
    assert len(arrivals) == 6
    assert min(gaps) > 0.03


async def test_the_first_question_keeps_its_distance_from_the_sweep() -> None:
    arrivals: list[float] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrivals.append(time.monotonic())
        writer.close()

    net = network(msgspec.structs.replace(FAST, seconds_between_packets_to_host=0.1))
    async with server(note) as port:
        await net.port_state("127.0.0.1", port)
        net.sweep_done("127.0.0.1")
        async with net.conversations().connect("127.0.0.1", port):
            await asyncio.sleep(0.02)
    first, second = arrivals
    assert second - first >= 0.09


async def test_datagrams_are_answered_from_any_port_of_that_host_only() -> None:
    loop = asyncio.get_running_loop()

    class Device(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            other.sendto(b"from another port", addr)
            stranger.sendto(b"from a stranger", addr)
            for _ in range(100):
                other.sendto(b"f" * 9_000, addr)

    transport, _ = await loop.create_datagram_endpoint(Device, local_addr=("127.0.0.5", 0))
    other, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.5", 0))
    stranger, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.6", 0))
    port = transport.get_extra_info("sockname")[1]
    scan = network()
    net = scan.conversations()
    got = await net.ask_udp("127.0.0.5", port, [b"who"], wait=0.3)
    await scan.close()
    for each in (transport, other, stranger):
        each.close()
    assert got[0].data == b"from another port"
    assert 1 < len(got) <= 16  # the kernel's own buffer may drop some of the flood
    assert {reply.source_ip for reply in got} == {"127.0.0.5"}
    assert max(len(reply.data) for reply in got) == 8_192


async def test_no_answer_to_a_datagram_is_an_empty_answer() -> None:
    scan = network()
    net = scan.conversations()
    assert await net.ask_udp("127.0.0.9", 9, [b"x"], wait=0.1, local_port=37999) == ()
    await scan.close()


async def test_the_sweep_finds_open_and_closed_ports() -> None:
    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with server(hello) as port:
        found = {
            host.ip: host async for host in ConnectEngine(network()).sweep(["127.0.0.1", "127.0.0.2"], [1, port])
        }
    assert found["127.0.0.1"].open_ports == (port,)
    assert found["127.0.0.1"].closed == 1
    assert found["127.0.0.2"].open_ports == ()
    assert found["127.0.0.2"].answered


async def test_many_hosts_asked_at_once_share_one_socket_on_the_fixed_port() -> None:
    loop = asyncio.get_running_loop()

    class Device(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = cast(asyncio.DatagramTransport, transport)

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            self.transport.sendto(b"here", ("127.0.0.1", 37998))  # to the fixed port, whoever asked

    hosts = [f"127.0.0.{number}" for number in range(20, 40)]
    devices = [await loop.create_datagram_endpoint(Device, local_addr=(host, 37997)) for host in hosts]
    scan = network()
    answers = await asyncio.gather(
        *(scan.conversations().ask_udp(host, 37997, [b"?"], wait=1.0, local_port=37998) for host in hosts)
    )
    await scan.close()
    for transport, _ in devices:
        transport.close()
    assert [len(answer) for answer in answers] == [1] * len(hosts)


async def test_a_sweep_at_its_rate_still_visits_every_host() -> None:
    slow = msgspec.structs.replace(FAST, packets_per_second=150.0)
    net = network(slow)
    others = [asyncio.create_task(net.port_state(f"127.0.1.{number}", 1)) for number in range(1, 60)]
    await asyncio.sleep(0.02)
    assert net.busy, "the rate is used up before the sweep begins, else this test says nothing"
    hosts = [f"127.0.0.{number}" for number in range(2, 40)]
    found = [host.ip async for host in ConnectEngine(net).sweep(hosts, [1, 2])]
    await asyncio.gather(*others)
    assert sorted(found) == sorted(hosts)
