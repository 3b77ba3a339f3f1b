"""Where else a device can be asked, by its own word: ports and addresses in what it has said so far.

Everything here stays at the address that was asked. What a device says of other addresses is a finding, never a
place to send to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fingerprints.observation import Observation
from scanner.probes.http import hikvision_page
from scanner.probes.http_targets import Hop, announced_hop
from scanner.probes.onvif_device import DEVICE_SERVICE
from scanner.probes.upnp_description import HIKVISION_PATH

_LIBUPNP_PORTS = range(49_152, 49_160)
"""Where libupnp's own web server listens (the first free port from 49152 on): one maker's recorders crash there."""

_BEARS_FETCHING = ("urn:axis-com:", "uuid:upnp-basicdevice-1_0-accc8e", "uuid:upnp-basicdevice-1_0-00408c")
"""Beginnings of the USN, in lower case, of devices whose description is fetched by common home software."""

_MAX_ONVIF_ADDRESSES = 2


def web_ports(seen: Iterable[Observation]) -> tuple[int, ...]:
    """Ports of web pages that a discovery reply names, at most four."""
    named = [
        int(text)
        for observation in seen
        for name in ("dhip.http_port", "sadp.http_port")
        for text in observation.texts(name)
        if text.isascii() and text.isdigit() and 0 < int(text) < 65536
    ]
    return tuple(dict.fromkeys(named))[:4]


def description_hop(ip: str, seen: Sequence[Observation], *, thorough: bool = False) -> Hop | None:
    """The one UPnP description worth fetching: LOCATION's, else that of Hikvision's web server.

    The second only where nothing came of the maker's own discovery, which tells more.
    """
    for observation in seen:
        for location in observation.texts("ssdp.location"):
            hop = announced_hop(location, ip)
            usn = " ".join(observation.texts("ssdp.usn")).lower()
            bears = thorough or hop is None or hop.port not in _LIBUPNP_PORTS or usn.startswith(_BEARS_FETCHING)
            if hop is not None and not hop.tls and bears:
                return hop
    if any(name.startswith("sadp.") for observation in seen for name in observation.fields):
        return None
    return _hikvision_hop(seen)


def onvif_hops(ip: str, seen: Sequence[Observation]) -> tuple[tuple[Hop, bool], ...]:
    """Where the ONVIF device service may be, each with whether the device announced it; at most two, HTTP first.

    The specification fixes the beginning of the path. Without an announcement, ports with a web page are tried.
    """
    announced = [
        hop
        for observation in seen
        for addresses in observation.texts("onvif.xaddrs")
        for address in addresses.split()
        if (hop := announced_hop(address, ip)) is not None and hop.path.lower().startswith("/onvif/")
    ]
    ordered = sorted(dict.fromkeys(announced or _page_hops(seen)), key=lambda hop: hop.tls)
    return tuple((hop, bool(announced)) for hop in ordered[:_MAX_ONVIF_ADDRESSES])


def _page_hops(seen: Sequence[Observation]) -> list[Hop]:
    """The device service beside each page that does more than redirect: over TLS only without any in clear."""
    for service in ("http", "https"):
        ports = [
            page.port for page in _pages(seen, service) if not "".join(page.texts("http.status")).startswith("3")
        ]
        if ports:
            return [Hop(port, service == "https", DEVICE_SERVICE) for port in ports if port is not None]
    return []


def _hikvision_hop(seen: Iterable[Observation]) -> Hop | None:
    for page in _pages(seen, "http"):
        server = " ".join(page.texts("http.server"))
        places = " ".join((*page.texts("http.location"), *page.texts("http.body")))
        if page.port is not None and hikvision_page(server, places):
            return Hop(page.port, False, HIKVISION_PATH)
    return None


def _pages(seen: Iterable[Observation], service: str) -> Iterator[Observation]:
    """What was seen of web servers."""
    return (
        seen_there for seen_there in seen if seen_there.service == service and "http.status" in seen_there.fields
    )
