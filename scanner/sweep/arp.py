"""ARP sweep of attached IPv4 networks: which of the addresses handed in answer, and with which MAC address.

One broadcast question an address ("who has it?"), at most 200 a second, a second one to those that stay silent.
Only addresses that a network interface reaches directly are asked; the caller has checked them against the scope.
Packets are made and read with scapy; sending them takes root, or the capability CAP_NET_RAW.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from fingerprints.observation import Observation
from scanner.mac_address import normalise_mac
from scanner.politeness import Pace

MAX_PER_SECOND = 200.0
_ROUNDS = 2
_PROXY_ADDRESSES = 8
"""A MAC address that answers for more addresses than this is a router that answers for others (proxy ARP)."""

_ETHERTYPE_ARP = 0x0806
_ARPHRD_ETHER = 1
_IS_AT = 2


class ArpState(StrEnum):
    """How a sweep went; only ``done`` says anything about the addresses."""

    DONE = "done"
    NEEDS_ROOT = "needs-root"
    NOT_ATTACHED = "not-attached"
    NO_SCAPY = "no-scapy"
    NOT_SUPPORTED = "not-supported"


class ArpSweep(msgspec.Struct, frozen=True, kw_only=True):
    """The result: an observation for each address and MAC address that answered.

    ``asked`` counts the addresses asked, ``elsewhere`` those that no attached network holds. ``proxies`` are MAC
    addresses that answered for so many addresses that they are not theirs: these answers are left out.
    """

    state: ArpState
    detail: str = ""
    observations: tuple[Observation, ...] = ()
    asked: int = 0
    elsewhere: int = 0
    proxies: tuple[str, ...] = ()


class _Interface(msgspec.Struct, frozen=True):
    """A network interface and the own address that is used on it."""

    name: str
    ip: str


async def arp_sweep(
    addresses: Iterable[str],
    *,
    per_second: float = 100.0,
    wait: float = 1.0,
    now: Callable[[], str],
) -> ArpSweep:
    """Ask every address that is directly reachable; ``wait`` seconds pass after each of the two rounds.

    ``now`` gives the time as observations carry it, RFC 3339 in UTC.

    Never raises for want of privileges or of scapy: the state of the result says so.
    """
    if sys.platform != "linux":
        return ArpSweep(state=ArpState.NOT_SUPPORTED, detail="the ARP sweep works on Linux only")
    try:
        scapy: Any = await asyncio.to_thread(_load_scapy)
    except ImportError:
        return ArpSweep(state=ArpState.NO_SCAPY, detail="the ARP sweep needs scapy: pip install scapy")
    attached, elsewhere = _by_interface(scapy, addresses)
    if not attached:
        detail = "none of the addresses lies in a network that this machine is attached to"
        return ArpSweep(state=ArpState.NOT_ATTACHED, detail=detail, elsewhere=elsewhere)
    pace = Pace(1.0 / min(per_second, MAX_PER_SECOND))
    answers: dict[str, set[str]] = defaultdict(set)
    asked = 0
    try:
        for interface, targets in attached.items():
            with _Conversation(scapy, interface) as conversation:
                if conversation.is_ethernet:
                    asked += len(targets)
                    await conversation.ask(targets, pace, wait, answers)
                else:
                    elsewhere += len(targets)
    except PermissionError:
        detail = "the ARP sweep needs root or CAP_NET_RAW; devices are still found by their ports"
        return ArpSweep(state=ArpState.NEEDS_ROOT, detail=detail, elsewhere=elsewhere)
    return _result(answers, asked, elsewhere, now())


def _load_scapy() -> Any:
    """scapy with the routes of this moment; takes a second, so it is loaded when it is needed."""
    import scapy.all

    scapy.all.conf.route.resync()
    return scapy.all


def _by_interface(scapy: Any, addresses: Iterable[str]) -> tuple[Mapping[_Interface, list[str]], int]:
    """The addresses by the interface that reaches them directly, and how many none does."""
    attached: dict[_Interface, list[str]] = defaultdict(list)
    elsewhere = 0
    for text in dict.fromkeys(addresses):
        name, own, gateway = "", "0.0.0.0", ""
        if isinstance(ipaddress.ip_address(text), ipaddress.IPv4Address):
            name, own, gateway = scapy.conf.route.route(text, verbose=0)
        if gateway == "0.0.0.0" and own not in ("0.0.0.0", text) and name != scapy.conf.loopback_name:
            attached[_Interface(str(name), own)].append(text)
        else:
            elsewhere += 1
    return attached, elsewhere


class _Conversation:
    """One raw socket on one interface, open while it is entered. Entering raises ``PermissionError``."""

    def __init__(self, scapy: Any, interface: _Interface) -> None:
        self._scapy = scapy
        self._interface = interface
        self._socket: Any = None

    def __enter__(self) -> _Conversation:
        self._socket = self._scapy.conf.L2socket(
            iface=self._interface.name, type=_ETHERTYPE_ARP, promisc=False, nofilter=1
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def is_ethernet(self) -> bool:
        """Whether the interface speaks ARP at all: tunnels and point-to-point links do not."""
        return bool(self._socket.ins.getsockname()[3] == _ARPHRD_ETHER)

    async def ask(self, targets: Sequence[str], pace: Pace, wait: float, answers: dict[str, set[str]]) -> None:
        """Ask each target, then again those that stayed silent; ``answers`` fills up meanwhile."""
        loop = asyncio.get_running_loop()
        wanted = frozenset(targets)
        loop.add_reader(self._socket.fileno(), self._take, wanted, answers)
        try:
            for _ in range(_ROUNDS):
                for target in targets:
                    if target not in answers:
                        await pace.turn()
                        self._send(target)
                await asyncio.sleep(wait)
        finally:
            loop.remove_reader(self._socket.fileno())

    def _send(self, target: str) -> None:
        scapy, own = self._scapy, self._interface
        mac = scapy.get_if_hwaddr(own.name)
        frame = scapy.Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / scapy.ARP(
            op="who-has", hwsrc=mac, psrc=own.ip, hwdst="00:00:00:00:00:00", pdst=target
        )
        with contextlib.suppress(
            BlockingIOError, OSError
        ):  # an interface that went down; the next round tries again
            self._socket.send(frame)

    def _take(self, wanted: frozenset[str], answers: dict[str, set[str]]) -> None:
        """Read one frame; anybody on the network may have sent it."""
        try:
            packet = self._socket.recv()
        except OSError:
            return
        if packet is None or self._scapy.ARP not in packet:
            return
        reply = packet[self._scapy.ARP]
        mac = normalise_mac(str(reply.hwsrc))
        if reply.op == _IS_AT and reply.psrc in wanted and mac is not None:
            answers[reply.psrc].add(mac)


def _result(answers: Mapping[str, set[str]], asked: int, elsewhere: int, observed_at: str) -> ArpSweep:
    count = Counter(mac for macs in answers.values() for mac in macs)
    proxies = {mac for mac, addresses in count.items() if addresses > _PROXY_ADDRESSES}
    observations = [
        Observation(source="arp", observed_at=observed_at, ip=ip, mac=mac, service="arp")
        for ip, macs in sorted(answers.items(), key=lambda item: ipaddress.ip_address(item[0]))
        for mac in sorted(macs - proxies)
    ]
    return ArpSweep(
        state=ArpState.DONE,
        observations=tuple(observations),
        asked=asked,
        elsewhere=elsewhere,
        proxies=tuple(sorted(proxies)),
    )
