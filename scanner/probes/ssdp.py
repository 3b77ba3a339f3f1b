"""SSDP: the head of a device's answer to a search for UPnP devices.

Port: 1900/udp, unicast. Sent, once ::

    M-SEARCH * HTTP/1.1
    HOST: 239.255.255.250:1900
    MAN: "ssdp:discover"
    MX: 1
    ST: upnp:rootdevice

in the form of a multicast search, because libupnp, which most cameras use, ignores a search without MX. Never
sent: a search for everything (one answer a service), NOTIFY, SUBSCRIBE. What LOCATION points to is not fetched
here: ``upnp_description`` does that, within bounds.
A unicast search is often not answered (daemons bound to the group's address). Header names come in any case;
Dahua's firmware and its rebrands tell the serial number in USN.
Sources: UPnP Device Architecture 1.1; libupnp ``ssdp_device.c``; a capture of an Amcrest camera, 2026-10-01.
"""

from __future__ import annotations

from fingerprints.observation import bounded_fields
from scanner.outcome import ProbeOutcome
from scanner.probes.datagram_exchange import Question, Told, ask_devices
from scanner.probes.description import ProbeDescription
from scanner.probes.header_block import parse_head
from scanner.wire import Network

PROBE = ProbeDescription(name="ssdp", ports=(1900,), transport="udp", connections=0, packets=1)

REQUEST = (
    b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"
    b'MAN: "ssdp:discover"\r\nMX: 1\r\nST: upnp:rootdevice\r\n\r\n'
)

_TELLING = ("location", "usn", "server")


def parse(data: bytes) -> Told | None:
    """The ``ssdp.*`` fields of an answer, with the raw head; None where it is none. Total."""
    head = parse_head(data)
    if head.status != "200" or not any(head.first(name) for name in _TELLING):
        return None
    found = {
        "banner.raw": head.raw,
        "ssdp.server": head.first("server"),
        "ssdp.st": head.first("st"),
        "ssdp.usn": head.first("usn"),
        "ssdp.location": head.first("location"),
    }
    return Told(bounded_fields({name: value for name, value in found.items() if value}), whole=head.ended)


async def ask(network: Network, ip: str, port: int = 1900, *, wait: float = 3.0) -> tuple[ProbeOutcome, ...]:
    """The first answer of ``ip``: one for its root device, however often it is repeated."""
    return await ask_devices(network, ip, port, PROBE, Question((REQUEST,), wait), parse)
