"""One question by datagram, and what the replies come to: how the discovery protocols of one packet are asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from fingerprints.observation import FieldValue
from scanner.outcome import ProbeOutcome, Status
from scanner.probes.description import ProbeDescription
from scanner.probes.reading import excerpt
from scanner.wire import ConversationFailed, Datagram, Network


class Told(NamedTuple):
    """What one datagram says of a device: fields, its MAC address, and whether the reply was whole."""

    fields: dict[str, FieldValue]
    mac: str | None = None
    whole: bool = True


class Question(NamedTuple):
    """What is sent to a port, and how long and where replies are awaited (see ``scanner.wire.Network.ask_udp``)."""

    payloads: Sequence[bytes]
    wait: float
    local_port: int | None = None
    group: str | None = None


async def ask_devices(
    network: Network,
    ip: str,
    port: int,
    probe: ProbeDescription,
    question: Question,
    parse: Callable[[bytes], Told | None],
) -> tuple[ProbeOutcome, ...]:
    """One outcome for each device that answers on ``ip``, told apart by MAC address; failures are statuses.

    ``parse`` is total, and gives None for a datagram that is no reply of this protocol.
    """
    replies = await exchange(network, ip, port, probe, question)
    if isinstance(replies, ProbeOutcome):
        return (replies,)
    devices: dict[str | None, ProbeOutcome] = {}
    for reply in replies:
        told = parse(reply.data)
        if told is None:
            continue
        known = devices.get(told.mac)
        outcome = outcome_of(probe, port, reply, told)
        if known is None or _fullness(outcome) > _fullness(known):
            devices[told.mac] = outcome
    return tuple(devices.values()) or (other_protocol(probe, port, replies[0]),)


async def exchange(
    network: Network, ip: str, port: int, probe: ProbeDescription, question: Question
) -> tuple[Datagram, ...] | ProbeOutcome:
    """The replies, at least one, or the outcome that says why there are none."""
    try:
        replies = await network.ask_udp(
            ip,
            port,
            question.payloads,
            wait=question.wait,
            local_port=question.local_port,
            group=question.group,
        )
    except ConversationFailed as failure:
        return _no_reply(probe, port, failure.status, failure.detail)
    return replies or _no_reply(probe, port, Status.TIMED_OUT, "no reply")


def outcome_of(probe: ProbeDescription, port: int, reply: Datagram, told: Told, detail: str = "") -> ProbeOutcome:
    """The outcome of a reply that was understood."""
    return ProbeOutcome(
        probe=probe.name,
        status=Status.SUCCESS if told.whole else Status.TRUNCATED,
        service=probe.name,
        port=port,
        transport="udp",
        fields=told.fields,
        mac=told.mac,
        source_ip=reply.source_ip,
        detail=detail or ("" if told.whole else "the reply is cut or broken"),
        bytes_read=len(reply.data),
    )


def other_protocol(probe: ProbeDescription, port: int, reply: Datagram) -> ProbeOutcome:
    """The outcome of a reply that is something else."""
    return ProbeOutcome(
        probe=probe.name,
        status=Status.OTHER_PROTOCOL,
        port=port,
        transport="udp",
        source_ip=reply.source_ip,
        detail=f"not a reply of this protocol: {excerpt(reply.data)}",
        bytes_read=len(reply.data),
    )


def _fullness(outcome: ProbeOutcome) -> tuple[bool, int]:
    return outcome.status is Status.SUCCESS, len(outcome.fields)


def _no_reply(probe: ProbeDescription, port: int, status: Status, detail: str) -> ProbeOutcome:
    return ProbeOutcome(probe=probe.name, status=status, port=port, transport="udp", detail=detail)
