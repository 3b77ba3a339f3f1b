"""Which probe asks which endpoint: by the ranked ports' own word, and by trying where a port says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from fingerprints.observation import Observation
from scanner import announced
from scanner.outcome import ProbeOutcome, Status
from scanner.ports import Asking
from scanner.probes import (
    bosch,
    dhip,
    dvrip,
    hanwha,
    hik_sdk,
    http,
    https,
    mdns,
    onvif_device,
    rtsp,
    sadp,
    sip,
    snmp,
    ssdp,
    text_banner,
    tls,
    upnp_description,
    vivotek,
    ws_discovery,
    xiongmai,
)
from scanner.wire import Network

_ENOUGH = (Status.SUCCESS, Status.TRUNCATED)
_GIVE_UP = (Status.OUT_OF_SCOPE, Status.OVER_BUDGET, Status.UNREACHABLE, Status.REFUSED, Status.LOCAL_ERROR)


_DISCOVERY = (ws_discovery.ask, sadp.ask, dhip.ask, ssdp.ask, mdns.ask)
_MAKERS_OWN = (dvrip.ask, xiongmai.ask, hanwha.ask, vivotek.ask, bosch.ask)


async def ask_by_datagram(
    network: Network,
    ip: str,
    *,
    discovery: bool = True,
    has_open_port: bool = True,
    snmp_community: str | None = None,
    sip_options: bool = False,
) -> tuple[ProbeOutcome, ...]:
    """Everything that is asked over UDP, at once, so that silence costs one wait.

    ``discovery``: the protocols in which a device describes itself in one packet; the makers' own ones, which
    few devices speak, only where the host ``has_open_port``. SNMP and SIP only where the user asked for them.
    """
    asked = [ask(network, ip) for ask in _DISCOVERY if discovery]
    asked += [ask(network, ip) for ask in _MAKERS_OWN if discovery and has_open_port]
    if snmp_community:
        asked.append(snmp.ask(network, ip, community=snmp_community))
    if sip_options:
        asked.append(sip.ask(network, ip))
    answers = await asyncio.gather(*asked)
    return tuple(outcome for outcomes in answers for outcome in outcomes)


async def ask_description(
    network: Network, ip: str, seen: Sequence[Observation], *, thorough: bool = False
) -> tuple[ProbeOutcome, ...]:
    """The UPnP description that the device announced, if it may be fetched: one GET."""
    hop = announced.description_hop(ip, seen, thorough=thorough)
    return () if hop is None else await upnp_description.ask(network, ip, hop.port, hop.path)


async def ask_onvif(
    network: Network, ip: str, seen: Sequence[Observation], *, thorough: bool = False
) -> tuple[ProbeOutcome, ...]:
    """The ONVIF device service, where it was announced or where a web page is, until one place speaks it."""
    scopes_known = any(observation.texts("onvif.scopes") for observation in seen)
    outcomes: list[ProbeOutcome] = []
    for hop, is_announced in announced.onvif_hops(ip, seen):
        outcomes += await onvif_device.ask(
            network,
            ip,
            hop.port,
            hop.path,
            over_tls=hop.tls,
            announced=is_announced,
            scopes_known=scopes_known and not thorough,
        )
        if outcomes[-1].service == "onvif" or outcomes[-1].status in (Status.OVER_BUDGET, Status.OUT_OF_SCOPE):
            break
    return tuple(outcomes)


async def ask_port(
    network: Network,
    ip: str,
    port: int,
    asking: Asking,
    *,
    skip_ports: Collection[int] = (),
    has_sdk: bool = False,
) -> tuple[ProbeOutcome, ...]:
    """Ask one open TCP port in its usual language, or in each until one fits.

    ``skip_ports`` are asked anyway, so that a redirect there is not followed twice. ``has_sdk`` says that the
    device has shown Hikvision's control protocol: then its port over TLS gets a handshake and not a byte more.
    """
    order: tuple[str, ...]
    match asking:
        case "hik-sdk":
            return await hik_sdk.ask(network, ip, port)
        case "banner":
            return await text_banner.ask(network, ip, port)
        case "https-or-sdk" if has_sdk:
            return await tls.ask(network, ip, port)
        case "https" | "https-or-sdk":
            order = ("https", "http")
        case "rtsp":
            order = ("rtsp", "http")
        case "http":
            order = ("http", "https", "rtsp")
        case "auto":
            order = ("http", "https", "rtsp")
    outcomes: list[ProbeOutcome] = []
    patience = 2 if asking == "auto" else 1  # a silent port costs one time-out, or two where its kind is unknown
    for language in order:
        answer = await _ask_in(language, network, ip, port, skip_ports)
        outcomes.extend(answer)
        if any(outcome.status in _ENOUGH for outcome in answer) or answer[-1].status in _GIVE_UP:
            break
        patience -= answer[-1].status is Status.TIMED_OUT
        if patience == 0:
            break
    return tuple(outcomes)


def shows_sdk(fields: Collection[str]) -> bool:
    """Whether these fields of a device are of one with Hikvision's control protocol, on whatever port."""
    return any(name == "private.hik8000" or name.startswith(("sadp.", "isapi.")) for name in fields)


async def _ask_in(
    language: str, network: Network, ip: str, port: int, skip_ports: Collection[int]
) -> tuple[ProbeOutcome, ...]:
    if language == "https":
        return await https.ask(network, ip, port, skip_ports=skip_ports)
    if language == "rtsp":
        return await rtsp.ask(network, ip, port)
    return await http.ask(network, ip, port, skip_ports=skip_ports)
