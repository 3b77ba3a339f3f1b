"""The probes that exist, in one list. Whoever adds a protocol adds its file and a line here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from scanner.outcome import ProbeOutcome
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
from scanner.probes.description import ProbeDescription
from scanner.wire import Network


class Probe(NamedTuple):
    """A probe: what it says about itself, and how it is asked of one port of one address."""

    description: ProbeDescription
    ask: Callable[[Network, str, int], Awaitable[tuple[ProbeOutcome, ...]]]


PROBES: dict[str, Probe] = {
    "http": Probe(http.PROBE, http.ask),
    "https": Probe(https.PROBE, https.ask),
    "tls": Probe(tls.PROBE, tls.ask),
    "rtsp": Probe(rtsp.PROBE, rtsp.ask),
    "ws-discovery": Probe(ws_discovery.PROBE, ws_discovery.ask),
    "sadp": Probe(sadp.PROBE, sadp.ask),
    "dhip": Probe(dhip.PROBE, dhip.ask),
    "hik-sdk": Probe(hik_sdk.PROBE, hik_sdk.ask),
    "ssdp": Probe(ssdp.PROBE, ssdp.ask),
    "upnp-description": Probe(upnp_description.PROBE, upnp_description.ask),
    "mdns": Probe(mdns.PROBE, mdns.ask),
    "onvif-device": Probe(onvif_device.PROBE, onvif_device.ask),
    "snmp": Probe(snmp.PROBE, snmp.ask),
    "sip": Probe(sip.PROBE, sip.ask),
    "text-banner": Probe(text_banner.PROBE, text_banner.ask),
    "dvrip": Probe(dvrip.PROBE, dvrip.ask),
    "xiongmai": Probe(xiongmai.PROBE, xiongmai.ask),
    "hanwha": Probe(hanwha.PROBE, hanwha.ask),
    "vivotek": Probe(vivotek.PROBE, vivotek.ask),
    "bosch": Probe(bosch.PROBE, bosch.ask),
}
"""Every probe by its name."""
