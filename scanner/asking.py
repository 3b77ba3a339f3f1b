"""Which probe asks which endpoint: by the ranked ports' own word, and by trying where a port says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from scanner.outcome import ProbeOutcome, Status
from scanner.ports import Asking
from scanner.probes import dhip, hik_sdk, http, https, rtsp, sadp, tls, ws_discovery
from scanner.wire import Network

_ENOUGH = (Status.SUCCESS, Status.TRUNCATED)
_GIVE_UP = (Status.OUT_OF_SCOPE, Status.OVER_BUDGET, Status.UNREACHABLE, Status.REFUSED, Status.LOCAL_ERROR)


async def ask_discovery(network: Network, ip: str) -> tuple[ProbeOutcome, ...]:
    """The discovery protocols, unicast: a device that speaks one describes itself in one packet."""
    answers = await asyncio.gather(sadp.ask(network, ip), dhip.ask(network, ip), ws_discovery.ask(network, ip))
    return tuple(outcome for outcomes in answers for outcome in outcomes)


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
