"""How fast and how gently: profiles from ``profiles.yaml``, and the clocks that keep to them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache

import msgspec

from scanner.data_files import read_data_file
from scanner.outcome import Status


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of one way to scan. Seconds, bytes, packets a second, as ``profiles.yaml`` explains them."""

    name: str = ""
    purpose: str
    packets_per_second: float
    connections_per_host: int
    seconds_between_packets_to_host: float
    connect_timeout: float
    first_byte_timeout: float
    conversation_timeout: float
    bytes_per_conversation: int
    connections_per_host_in_all: int
    bytes_per_host_in_all: int
    waiting_seconds_per_host_in_all: float
    hosts_at_once: int
    udp: bool


@cache
def load_profiles() -> Mapping[str, Profile]:
    """All profiles by name, as shipped."""
    profiles = read_data_file("profiles.yaml", dict[str, Profile])
    return {name: msgspec.structs.replace(profile, name=name) for name, profile in profiles.items()}


class Pace:
    """Hands out moments that are at least ``interval`` seconds apart, to any number of waiting tasks."""

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self._next = 0.0

    @property
    def backlog(self) -> float:
        """Seconds that whoever asks now would have to wait."""
        return max(0.0, self._next - asyncio.get_running_loop().time())

    async def turn(self) -> None:
        """Wait for this task's own moment."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        moment = max(now, self._next)
        self._next = moment + self.interval
        if moment > now:
            await asyncio.sleep(moment - now)

    def count_from_now(self) -> None:
        """The moment that was waited for came late: the next one is an interval after now."""
        self._next = max(self._next, asyncio.get_running_loop().time() + self.interval)


class HostBudget:
    """What one device has been asked for so far, and what it may still be asked for in this scan."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.slots = asyncio.Semaphore(profile.connections_per_host)
        self.pace = Pace(profile.seconds_between_packets_to_host)
        self.conversations = 0
        self.bytes_read = 0
        self.seconds_waited = 0.0
        self.failures_in_a_row = 0
        self._turns = asyncio.Lock()

    async def turn(self, network: Pace) -> None:
        """Wait until one more packet may go to this device and into the network.

        One after the other: a packet that the network's pace held up must not come close to the next one.
        """
        async with self._turns:
            await self.pace.turn()
            await network.turn()
            self.pace.count_from_now()

    def spent(self) -> str | None:
        """Why nothing more may be asked, or None."""
        profile = self._profile
        if self.conversations >= profile.connections_per_host_in_all:
            return f"{self.conversations} conversations"
        if self.bytes_read >= profile.bytes_per_host_in_all:
            return f"{self.bytes_read} bytes read"
        if self.seconds_waited >= profile.waiting_seconds_per_host_in_all:
            return f"{self.seconds_waited:.0f} s waited"
        if self.failures_in_a_row >= 3:
            return "three conversations in a row broke off"
        return None

    def note_end(self, trouble: Status | None, bytes_read: int, seconds: float) -> None:
        """A conversation is over: how it failed, if it did, how much was read, how long it took.

        An open port that resets or stays silent is a device in trouble: it gets more time between packets, and
        after the third in a row no more of them. One that closes, or speaks something else, is well.
        """
        self.bytes_read += bytes_read
        self.seconds_waited += seconds
        if bytes_read:
            self.failures_in_a_row = 0
        elif trouble in (Status.TIMED_OUT, Status.RESET):
            self.failures_in_a_row += 1
            self.pace.interval = min(2.0, self.pace.interval * 2)
