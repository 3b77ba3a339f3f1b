from __future__ import annotations

import asyncio
import itertools
import time

import msgspec
import pytest

from scanner.outcome import Status
from scanner.politeness import HostBudget, Pace, load_profiles

GENTLE = load_profiles()["gentle"]


def test_the_default_profile_is_as_gentle_as_promised() -> None:
    # README and docs/methodology.md state these figures.
    assert GENTLE.packets_per_second == 100
    assert GENTLE.connections_per_host == 1
    assert GENTLE.seconds_between_packets_to_host == 0.25
    assert GENTLE.bytes_per_host_in_all == 1 << 20
    assert GENTLE.waiting_seconds_per_host_in_all == 30


def test_fragile_is_gentler_than_gentle_and_never_floods_with_discovery() -> None:
    fragile = load_profiles()["fragile"]
    assert fragile.packets_per_second < GENTLE.packets_per_second
    assert fragile.seconds_between_packets_to_host > GENTLE.seconds_between_packets_to_host
    assert not fragile.udp


async def test_turns_are_apart_by_the_interval_however_many_wait() -> None:
    pace = Pace(0.05)
    started = time.monotonic()
    moments: list[float] = []

    async def one() -> None:
        await pace.turn()
        moments.append(time.monotonic() - started)

    await asyncio.gather(*(one() for _ in range(6)))
    assert sorted(moments)[-1] >= 0.24


async def test_a_packet_that_the_network_held_up_keeps_its_distance_from_the_next() -> None:
    profile = msgspec.structs.replace(GENTLE, seconds_between_packets_to_host=0.1)
    budget, network = HostBudget(profile), Pace(0.15)
    await network.turn()
    await network.turn()  # the device's first packet now waits for the network
    moments: list[float] = []

    async def one() -> None:
        await budget.turn(network)
        moments.append(time.monotonic())
        network.interval = 0.0

    await asyncio.gather(*(one() for _ in range(4)))
    assert min(after - before for before, after in itertools.pairwise(moments)) >= 0.099


@pytest.mark.parametrize(
    ("trouble", "bytes_read", "given_up"),
    [
        (Status.TIMED_OUT, 0, True),
        (Status.RESET, 0, True),
        (Status.TIMED_OUT, 100, False),
        (Status.TLS_FAILED, 0, False),
        (Status.REFUSED, 0, False),
        (None, 0, False),
    ],
)
def test_what_counts_as_a_device_in_trouble(trouble: Status | None, bytes_read: int, given_up: bool) -> None:
    budget = HostBudget(GENTLE)
    for _ in range(3):
        budget.note_end(trouble, bytes_read, 0.1)
    assert (budget.spent() is not None) == given_up
    assert (budget.pace.interval > GENTLE.seconds_between_packets_to_host) == given_up


def test_bytes_time_and_conversations_are_bounded() -> None:
    for spend, reason in (
        (lambda budget: budget.note_end(None, 1 << 20, 0), "bytes"),
        (lambda budget: budget.note_end(None, 1, 31), "waited"),
        (lambda budget: setattr(budget, "conversations", 60), "conversations"),
    ):
        budget = HostBudget(GENTLE)
        assert budget.spent() is None
        spend(budget)
        assert reason in (budget.spent() or "")
