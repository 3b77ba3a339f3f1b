"""Where the emulated devices go on this machine: which addresses and ports can really be bound.

Three layouts, the first that works is taken: every device on an address of its own with its real ports; the
same with ports below 1024 moved up, for ordinary users; and everything on 127.0.0.1 with ports of its own for
each device, where no other loopback address exists.
"""

from __future__ import annotations

import errno
import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from coverscan.demo.emulated_device import EmulatedDevice, Expect
from coverscan.demo.tcp_listener import listening_socket
from coverscan.demo.udp_services import bound_datagram_socket
from scanner.ports import ranked_ports

DEFAULT_NETWORK = "127.20.0.0/24"
_ONE_ADDRESS = "127.0.0.1"
_FIRST_OWN_PORT = 21_000
_NETWORKS_TRIED = 8
_MOVED_PORTS = {21: 2121, 22: 2022, 23: 2323, 80: 8080, 443: 8443, 554: 8554}


class LayoutError(RuntimeError):
    """The devices cannot be placed on this machine; the message says what is in the way."""


class Layout(StrEnum):
    """How the emulated devices share this machine."""

    REAL_PORTS = "real-ports"
    HIGH_PORTS = "high-ports"
    ONE_ADDRESS = "one-address"


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """One device, its address, and for each declared port that runs the real one (TCP, UDP)."""

    device: EmulatedDevice
    address: str
    tcp: dict[int, int]
    udp: dict[int, int]
    names_ports: bool

    @property
    def target(self) -> str:
        """The target that a scan is given for this device."""
        ports = ",".join(str(port) for port in self.tcp.values())
        return f"{self.address}:{ports}" if self.names_ports else self.address

    @property
    def expect(self) -> Expect:
        """What a scan of this placement must conclude: less where discovery services cannot run."""
        everything = set(self.udp) == set(self.device.udp)
        return self.device.expect if everything else self.device.expect.without_udp()

    def values(self) -> dict[str, str]:
        """The placeholders that follow from the placement: address, gateway, ``port_N``, ``authority_N``."""
        gateway = f"{self.address.rpartition('.')[0]}.1"
        values = {**self.device.facts, "address": self.address, "gateway": gateway}
        for declared in (*self.device.tcp, *self.device.udp):
            real = self.tcp.get(declared, self.udp.get(declared, declared))
            values[f"port_{declared}"] = str(real)
            values[f"authority_{declared}"] = (
                self.address if real == declared in (80, 443) else f"{self.address}:{real}"
            )
        return values


class DemoPlan(msgspec.Struct, frozen=True):
    """The devices in their places; ``notes`` say in sentences what this machine does not allow."""

    layout: Layout
    placements: tuple[Placement, ...]
    notes: tuple[str, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """What the scanner is given, one target a device."""
        return tuple(placement.target for placement in self.placements)

    @property
    def expectations(self) -> tuple[tuple[str, Expect], ...]:
        """For each target what must be concluded."""
        return tuple((placement.target, placement.expect) for placement in self.placements)


def plan_layout(
    devices: Sequence[EmulatedDevice],
    *,
    layout: Layout | None = None,
    network: str = DEFAULT_NETWORK,
    first_port: int = _FIRST_OWN_PORT,
) -> DemoPlan:
    """Place ``devices``, trying the layouts in order (or only ``layout``) by really binding every port.

    ``network`` is where the devices get their addresses; if one is in use, the following networks are tried.
    ``first_port`` is where the ports of the one-address layout begin. Raises ``LayoutError``.
    """
    hindrances: list[str] = []
    for candidate in Layout if layout is None else (layout,):
        if candidate is Layout.ONE_ADDRESS:
            return _on_one_address(devices, first_port, hindrances)
        try:
            return _on_own_addresses(devices, network, candidate, hindrances)
        except OSError as error:
            hindrances.append(f"The layout {candidate} is not possible here: {error}.")
    raise LayoutError(" ".join(hindrances))


def _on_own_addresses(
    devices: Sequence[EmulatedDevice], network: str, layout: Layout, hindrances: Sequence[str]
) -> DemoPlan:
    """Raises ``OSError`` where a port cannot be bound in any of the networks tried."""
    for hosts, is_last in _networks_from(network):
        placements = tuple(
            Placement(
                device=device,
                address=str(hosts[device.host]),
                tcp=_tcp_ports(device, layout),
                udp={port: port for port in device.udp},
                names_ports=False,
            )
            for device in devices
        )
        try:
            _try_tcp(placements)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and not is_last:
                continue
            raise
        break
    placements, notes = _without_taken_udp(placements)
    notes += _left_out(placements)
    notes += _strangers(str(hosts[1]), placements)
    return DemoPlan(layout, placements, (*hindrances, *notes))


def _networks_from(network: str) -> Iterator[tuple[ipaddress.IPv4Network, bool]]:
    """The network and those after it, each with whether it is the last one to try."""
    first = ipaddress.IPv4Network(network)
    if first.num_addresses < 256:
        raise LayoutError(f"{network} is too small: give a /24")
    for step in range(_NETWORKS_TRIED):
        start = int(first.network_address) + step * first.num_addresses
        yield ipaddress.IPv4Network((start, first.prefixlen)), step == _NETWORKS_TRIED - 1


def _tcp_ports(device: EmulatedDevice, layout: Layout) -> dict[int, int]:
    """Declared port -> real port. A moved port wins over another service at its new place."""
    if layout is Layout.REAL_PORTS:
        return {port: port for port in device.tcp}
    moved = {port: _MOVED_PORTS.get(port, port + 8_000) for port in device.tcp if port < 1024}
    kept = {port: port for port in device.tcp if port >= 1024 and port not in moved.values()}
    return {port: real for port, real in {**moved, **kept}.items() if port in device.tcp}


def _try_tcp(placements: Iterable[Placement]) -> None:
    """Bind and free every TCP port; raises ``OSError`` naming the one that cannot be bound."""
    for placement in placements:
        for port in placement.tcp.values():
            try:
                listening_socket(placement.address, port).close()
            except OSError as error:
                raise OSError(error.errno, f"{placement.address}:{port}: {error.strerror}") from None


def _without_taken_udp(placements: tuple[Placement, ...]) -> tuple[tuple[Placement, ...], list[str]]:
    taken = {
        port for placement in placements for port in placement.udp if not _bindable_udp(placement.address, port)
    }
    notes = [
        f"UDP port {port} is used by another program of this computer: discovery on it is left out."
        for port in sorted(taken)
    ]
    kept = tuple(
        msgspec.structs.replace(placement, udp={port: port for port in placement.udp if port not in taken})
        for placement in placements
    )
    return kept, notes


def _bindable_udp(address: str, port: int) -> bool:
    try:
        bound_datagram_socket(address, port).close()
    except OSError:
        return False
    return True


def _left_out(placements: Iterable[Placement]) -> list[str]:
    notes = []
    for placement in placements:
        left_out = sorted(set(placement.device.tcp) - set(placement.tcp))
        if left_out:
            ports = ", ".join(map(str, left_out))
            notes.append(
                f"{placement.device.name}: TCP port {ports} is left out, another service has moved there."
            )
    return notes


def _strangers(free_address: str, placements: Iterable[Placement]) -> list[str]:
    """Ports on which another program listens at all addresses, so that every emulated device seems to have it."""
    used = {port for placement in placements for port in placement.tcp.values()}
    found = []
    for port in ranked_ports():
        if port in used:
            continue
        try:
            listening_socket(free_address, port).close()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                found.append(port)
    if not found:
        return []
    ports = ", ".join(map(str, found))
    return [f"Another program of this computer answers at TCP port {ports} of every emulated device."]


def _on_one_address(devices: Sequence[EmulatedDevice], first_port: int, hindrances: list[str]) -> DemoPlan:
    port = first_port
    placements = []
    for device in devices:
        own: dict[int, int] = {}
        for declared, service in device.tcp.items():
            # A scan speaks to every port of a target that names ports, so what must not be spoken to stays out.
            if service.touch == "talk":
                port = _next_bindable(port)
                own[declared] = port
                port += 1
        if own:
            placements.append(Placement(device=device, address=_ONE_ADDRESS, tcp=own, udp={}, names_ports=True))
    note = (
        "All devices share 127.0.0.1: UDP discovery, which has one fixed port, and the ports at which nothing "
        "may be sent are left out."
    )
    return DemoPlan(Layout.ONE_ADDRESS, tuple(placements), (*hindrances, note))


def _next_bindable(port: int) -> int:
    for candidate in range(port, 65_536):
        try:
            listening_socket(_ONE_ADDRESS, candidate).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise LayoutError(f"{_ONE_ADDRESS}:{candidate} cannot be bound: {error.strerror}") from None
        else:
            return candidate
    raise LayoutError(f"no free port of {_ONE_ADDRESS} from {port} on")
