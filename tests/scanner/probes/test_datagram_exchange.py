from __future__ import annotations

from typing import Any

from scanner.outcome import Status
from scanner.probes.datagram_exchange import Question, Told, ask_devices
from scanner.probes.description import ProbeDescription
from scanner.wire import ConversationFailed

IP = "192.0.2.10"
PROBE = ProbeDescription(name="test", ports=(9,), transport="udp", connections=0, packets=1)
QUESTION = Question((b"?",), 0.1, local_port=7, group="239.255.255.250")
MAC, OTHER = "00:00:5e:00:53:01", "00:00:5e:00:53:02"


def parse(data: bytes) -> Told | None:
    """``mac|fields|whole`` as a test's own protocol."""
    if not data.startswith(b"!"):
        return None
    mac, fields, whole = data[1:].decode().split("|")
    return Told({f"mdns.{name}": name for name in fields.split()}, mac or None, whole == "whole")


async def ask(network: Any) -> list[tuple[Status, str | None, int]]:
    outcomes = await ask_devices(network, IP, 9, PROBE, QUESTION, parse)
    assert all((outcome.probe, outcome.port, outcome.transport) == ("test", 9, "udp") for outcome in outcomes)
    return [(outcome.status, outcome.mac, len(outcome.fields)) for outcome in outcomes]


async def test_devices_are_told_apart_by_mac_address_and_the_fullest_reply_counts(scripted_network: Any) -> None:
    replies = [
        *(f"!{MAC}|name|cut".encode(), f"!{MAC}||whole".encode(), f"!{MAC}|name txt|whole".encode()),
        *(f"!{OTHER}|name|whole".encode(), b"noise", f"!{MAC}|name|whole".encode()),
    ]
    network = scripted_network(replies=replies)
    assert await ask(network) == [(Status.SUCCESS, MAC, 2), (Status.SUCCESS, OTHER, 1)]
    assert (network.datagrams, network.local_port, network.group) == ([b"?"], 7, "239.255.255.250")


async def test_a_cut_reply_is_said_to_be_cut(scripted_network: Any) -> None:
    (outcome,) = await ask_devices(scripted_network(replies=[b"!|name|cut"]), IP, 9, PROBE, QUESTION, parse)
    assert (outcome.status, outcome.service, outcome.detail) == (
        Status.TRUNCATED,
        "test",
        "the reply is cut or broken",
    )


async def test_silence_noise_and_failures_are_statuses(scripted_network: Any) -> None:
    assert await ask(scripted_network()) == [(Status.TIMED_OUT, None, 0)]
    assert await ask(scripted_network(replies=[b"noise"])) == [(Status.OTHER_PROTOCOL, None, 0)]
    failure = ConversationFailed(Status.OVER_BUDGET, "spent")
    assert await ask(scripted_network(replies=failure)) == [(Status.OVER_BUDGET, None, 0)]
