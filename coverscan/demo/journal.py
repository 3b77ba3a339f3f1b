"""What the emulated devices received: who connected where, when, and which bytes came.

Every emulator is also a judge: ``Journal.violations`` lists whatever a polite, read-only scan must not do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import msgspec

from coverscan.demo.device_services import Touch
from coverscan.demo.judge import rules_broken

MAX_BYTES_KEPT = 65_536
"""Bytes kept of one conversation; what comes after them is counted only."""

MAX_ENTRIES = 50_000
"""Conversations kept; later ones are counted only."""


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One TCP connection or one datagram, as the device saw it.

    ``at`` is seconds since 1970. ``data`` is the beginning of what came (inside TLS: after decryption),
    ``size`` its full length. ``at_once`` is the number of connections that the device had then, this one included.
    """

    at: float
    device: str
    service: str
    touch: Touch
    transport: str
    address: str
    port: int
    peer: str
    data: bytes
    size: int
    at_once: int


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a polite, read-only scan must not do: which rule, at which device, by whom, on which text."""

    rule: str
    device: str
    address: str
    port: int
    peer: str
    excerpt: str

    def __str__(self) -> str:
        what = f" ({self.excerpt})" if self.excerpt else ""
        return f"{self.device} at {self.address}:{self.port}: {self.rule}{what}, by {self.peer}"


class Conversation:
    """The journal's hand in one running connection: it is told what arrives and when the connection ends."""

    def __init__(self, entry: JournalEntry, is_open: Callable[[], bool]) -> None:
        self._entry = entry
        self._is_open = is_open
        self._kept = bytearray()
        self._size = 0
        self._ended = False

    @property
    def open(self) -> bool:
        """Whether the connection is still there, as far as this machine can tell at this moment."""
        return not self._ended and self._is_open()

    def received(self, data: bytes) -> None:
        """Note bytes from the peer."""
        self._size += len(data)
        self._kept += data[: MAX_BYTES_KEPT - len(self._kept)]

    def ended(self) -> None:
        """Note that the connection is over."""
        self._ended = True

    def entry(self) -> JournalEntry:
        """The entry as it stands now."""
        return msgspec.structs.replace(self._entry, data=bytes(self._kept), size=self._size)


class Journal:
    """The record of one run of the emulated network."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._conversations: list[Conversation] = []
        self._open: dict[str, list[Conversation]] = {}
        self.dropped = 0

    @property
    def entries(self) -> tuple[JournalEntry, ...]:
        """Everything recorded so far, oldest first."""
        return tuple(conversation.entry() for conversation in self._conversations)

    def open_connections(self, device: str) -> int:
        """How many TCP connections the device has now."""
        still_open = [conversation for conversation in self._open.get(device, []) if conversation.open]
        self._open[device] = still_open
        return len(still_open)

    def connection_opened(
        self,
        device: str,
        service: str,
        touch: Touch,
        where: tuple[str, int],
        peer: str,
        is_open: Callable[[], bool] = lambda: True,
    ) -> Conversation:
        """Note a TCP connection to ``where`` (address, port) and get the hand to note what follows.

        ``is_open`` asks the kernel about the connection: an end that this process has not read yet counts.
        """
        at_once = self.open_connections(device) + 1 if is_open() else 1
        conversation = self._begin(device, service, touch, where, peer, "tcp", at_once, is_open)
        self._open.setdefault(device, []).append(conversation)
        return conversation

    def datagram(
        self, device: str, service: str, touch: Touch, where: tuple[str, int], peer: str, data: bytes
    ) -> None:
        """Note a datagram."""
        self._begin(device, service, touch, where, peer, "udp", 0, lambda: False).received(data)

    def _begin(
        self,
        device: str,
        service: str,
        touch: Touch,
        where: tuple[str, int],
        peer: str,
        transport: str,
        at_once: int,
        is_open: Callable[[], bool],
    ) -> Conversation:
        entry = JournalEntry(
            at=self._clock(),
            device=device,
            service=service,
            touch=touch,
            transport=transport,
            address=where[0],
            port=where[1],
            peer=peer,
            data=b"",
            size=0,
            at_once=at_once,
        )
        conversation = Conversation(entry, is_open)
        if len(self._conversations) < MAX_ENTRIES:
            self._conversations.append(conversation)
        else:
            self.dropped += 1
        return conversation

    def violations(
        self, *, max_at_once: int | None = 2, max_in_all: int | None = None, min_gap: float | None = None
    ) -> tuple[Violation, ...]:
        """Whatever broke a rule of polite, read-only scanning.

        ``max_at_once`` and ``max_in_all`` bound the connections of one device, ``min_gap`` the seconds between
        two beginnings (connections or datagrams) at one device; None leaves that rule out.
        """
        entries = self.entries
        found = [
            _violation(entry, rule, excerpt)
            for entry in entries
            for rule, excerpt in rules_broken(entry.service, entry.transport, entry.touch, entry.data)
        ]
        if max_at_once is not None:
            found += (
                _violation(entry, f"more than {max_at_once} connections at once", str(entry.at_once))
                for entry in entries
                if entry.at_once > max_at_once
            )
        found += _by_device(entries, max_in_all, min_gap)
        return tuple(found)


def _by_device(
    entries: tuple[JournalEntry, ...], max_in_all: int | None, min_gap: float | None
) -> Iterator[Violation]:
    connections: dict[str, int] = {}
    last: dict[str, float] = {}
    for entry in entries:
        connections[entry.device] = connections.get(entry.device, 0) + (entry.transport == "tcp")
        if max_in_all is not None and entry.transport == "tcp" and connections[entry.device] == max_in_all + 1:
            yield _violation(entry, f"more than {max_in_all} connections in all", "")
        gap = entry.at - last.get(entry.device, float("-inf"))
        if min_gap is not None and gap < min_gap:
            yield _violation(entry, f"less than {min_gap} s after the one before", f"{gap:.3f} s")
        last[entry.device] = entry.at


def _violation(entry: JournalEntry, rule: str, excerpt: str) -> Violation:
    return Violation(
        rule=rule,
        device=entry.device,
        address=entry.address,
        port=entry.port,
        peer=entry.peer,
        excerpt=excerpt[:200],
    )
