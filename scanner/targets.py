"""What the user asked to look at: addresses, networks, ranges, host names, files of these.

A target may name ports (``192.0.2.1:8081,8554``): then it is one device, seen through exactly these ports.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

MAX_IPV6_ADDRESSES = 1 << 16
"""An IPv6 network larger than a /112 cannot be swept: its devices must be listed or learnt from discovery."""

_MAX_TARGET_FILE_BYTES = 16 * 1024 * 1024
_HOST_NAME = re.compile(r"^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?$")
_WITH_PORTS = re.compile(r"^(?:\[(?P<six>[^\]]+)\]|(?P<host>[^:\[\]/\s]+)):(?P<ports>\d{1,5}(?:,\d{1,5})*)$")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str], Sequence[str]]


class TargetError(ValueError):
    """A target cannot be understood; the message names it, and its file and line where it came from one."""


class AddressRange(NamedTuple):
    """All addresses of one IP version from ``first`` to ``last``, as integers, both included."""

    version: int
    first: int
    last: int

    def __contains__(self, address: object) -> bool:
        return (
            isinstance(address, (ipaddress.IPv4Address, ipaddress.IPv6Address))
            and address.version == self.version
            and self.first <= int(address) <= self.last
        )

    @property
    def size(self) -> int:
        """Number of addresses."""
        return self.last - self.first + 1

    def address(self, index: int) -> str:
        """The address at ``index`` (0 is the first)."""
        kind = ipaddress.IPv4Address if self.version == 4 else ipaddress.IPv6Address
        return str(kind(self.first + index))


class Target(msgspec.Struct, frozen=True):
    """One target as given (``text``), what it covers, and the ports of the one device that it names, if any."""

    text: str
    ranges: tuple[AddressRange, ...]
    ports: tuple[int, ...] = ()


def resolve_with_system(name: str) -> list[str]:
    """All addresses of a host name, from the system's resolver; raises ``TargetError``."""
    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TargetError(f"{name}: no such host ({error})") from None
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def parse_targets(texts: Iterable[str], resolve: Resolver = resolve_with_system) -> tuple[Target, ...]:
    """Understand every target, reading files named as ``@FILE`` or by the path of an existing file.

    Raises ``TargetError`` on the first that cannot be understood: nothing is scanned by halves.
    """
    return tuple(target for text in texts for part in _parts(text.strip()) for target in _expand(part, resolve))


def _parts(text: str) -> list[str]:
    """``a,b`` as two targets; the commas of ``HOST:PORT,PORT`` and of file names stay."""
    if "," not in text or text.startswith("@") or _WITH_PORTS.match(text) or Path(text).exists():
        return [text]
    return [part.strip() for part in text.split(",") if part.strip()]


def _expand(text: str, resolve: Resolver) -> Iterator[Target]:
    named_file = text.startswith("@")
    path = Path(text[1:] if named_file else text)
    if not named_file and not _is_file(path, text):
        yield parse_target(text, resolve)
        return
    for number, line in enumerate(_lines(path), start=1):
        entry = line.split("#", 1)[0].strip()
        for word in entry.split():
            try:
                yield parse_target(word, resolve)
            except TargetError as error:
                raise TargetError(f"{path}, line {number}: {error}") from None


def _is_file(path: Path, text: str) -> bool:
    # "10.0.0.0/24" must stay a network even where a folder of that name exists.
    if _try_network(text) is not None:
        return False
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as handle:
            data = handle.read(_MAX_TARGET_FILE_BYTES + 1)
    except OSError as error:
        raise TargetError(f"{path}: cannot be read ({error.strerror})") from None
    if len(data) > _MAX_TARGET_FILE_BYTES:
        raise TargetError(f"{path}: more than 16 MiB; is this a file of targets?")
    return data.decode("utf-8-sig", "replace").splitlines()


def parse_target(text: str, resolve: Resolver = resolve_with_system) -> Target:
    """Understand one target that is not a file; raises ``TargetError``."""
    if not text:
        raise TargetError("an empty target")
    with_ports = _WITH_PORTS.match(text)
    if with_ports and _try_address(text) is None:
        ports = tuple(dict.fromkeys(int(port) for port in with_ports["ports"].split(",")))
        wrong = [port for port in ports if not 1 <= port <= 65535]
        if wrong:
            raise TargetError(f"{text}: {wrong[0]} is not a port (1 to 65535)")
        host = with_ports["six"] or with_ports["host"]
        return Target(text, _single_host(host, resolve), ports)
    return Target(text, _ranges(text, resolve))


def _ranges(text: str, resolve: Resolver) -> tuple[AddressRange, ...]:
    network = _try_network(text)
    if network is not None:
        return (_network_range(text, network),)
    if "-" in text:
        span = _try_span(text)
        if span is not None:
            return (span,)
    if "/" in text:
        raise TargetError(f"{text}: not a network, and no file of that name")
    return _single_host(text, resolve)


def _single_host(host: str, resolve: Resolver) -> tuple[AddressRange, ...]:
    address = _try_address(host)
    if address is not None:
        return (AddressRange(address.version, int(address), int(address)),)
    if re.fullmatch(r"[\d.]+", host) or not _HOST_NAME.match(host):
        raise TargetError(f"{host}: not an address, a network, a range, a host name or a file")
    found = [ipaddress.ip_address(answer.split("%", 1)[0]) for answer in resolve(host)]
    if not found:
        raise TargetError(f"{host}: no such host")
    return tuple(AddressRange(address.version, int(address), int(address)) for address in found)


def _try_address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _try_network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if "/" not in text:
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _network_range(text: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> AddressRange:
    first, last = int(network.network_address), int(network.broadcast_address)
    if network.version == 6 and network.num_addresses > MAX_IPV6_ADDRESSES:
        raise TargetError(
            f"{text}: too large to sweep ({network.num_addresses:.0e} addresses); "
            "give single addresses or networks of at most /112"
        )
    if network.version == 4 and network.prefixlen <= 30:
        first, last = first + 1, last - 1  # the network's own and its broadcast address are no hosts
    return AddressRange(network.version, first, last)


def _try_span(text: str) -> AddressRange | None:
    """``192.0.2.10-20`` or ``192.0.2.10-192.0.3.5``; None where it is not of that form."""
    left, right = text.split("-", 1)
    start = _try_address(left)
    if start is None:
        return None
    if start.version == 4 and right.isdigit():
        right = f"{left.rsplit('.', 1)[0]}.{right}"
    end = _try_address(right)
    if end is None or end.version != start.version:
        raise TargetError(f"{text}: the end of the range is not an address")
    if int(end) < int(start):
        raise TargetError(f"{text}: the range ends before it begins")
    span = AddressRange(start.version, int(start), int(end))
    if span.version == 6 and span.size > MAX_IPV6_ADDRESSES:
        raise TargetError(f"{text}: more than {MAX_IPV6_ADDRESSES} addresses; give a smaller range")
    return span
