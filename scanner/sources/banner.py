"""What the bytes that a service sent say, whichever tool recorded them: the service, and the fields of its reply.

The probes' own parsers read them, so that a reply out of a file gives the fields that a live one gives.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from scanner.character_sets import decode
from scanner.probes import dhip, http_message, sadp, ws_discovery
from scanner.sources.reply_text import parse_reply, rtsp_fields, sip_fields, ssdp_fields

SERVICES = frozenset({
    "http", "https", "rtsp", "rtsps", "ssh", "ftp", "telnet", "smtp", "sip", "upnp", "ssdp", "snmp", "mdns",
    "netbios", "ws-discovery",
})  # fmt: skip
"""Names of services that tools and observations have in common."""

OVER_TLS = {"http": "https", "rtsp": "rtsps"}

_WS_DISCOVERY = b"schemas.xmlsoap.org/ws/2005/04/discovery"
_DHIP_MEMBER = b"deviceInfo"
_GREETING = re.compile(r"(?:220-[^\n]*\n|[^\n0-9][^\n]*\n)*220 [^\n]*")


def banner_fields(
    data: bytes, *, service: str | None = None, transport: str = "tcp", over_tls: bool = False
) -> tuple[str | None, dict[str, object]]:
    """The service that sent ``data``, and what it says; ``service`` is what the tool took it for.

    The bytes decide; the tool's name counts where they are silent, as far as it is one of ``SERVICES``.
    """
    named = OVER_TLS.get(service or "", service) if over_tls else service
    named = named if named in SERVICES else None
    if not data:
        return named, {}
    text = decode(data)
    reply = parse_reply(text)
    found: Mapping[str, object] | None = None
    if reply is not None and reply.protocol == "RTSP":
        named, found = "rtsps" if over_tls else "rtsp", rtsp_fields(text)
    elif reply is not None and reply.protocol == "SIP":
        named, found = "sip", sip_fields(reply)
    elif reply is not None and (transport == "udp" or (reply.head.first("st") and reply.head.first("usn"))):
        named, found = "ssdp", ssdp_fields(reply)
    elif reply is not None and (message := http_message.parse(data.lstrip())) is not None:
        return "https" if over_tls else "http", dict(http_message.fields(message, "/"))
    else:
        discovered, found = discovery_fields(data)
        if discovered is None:
            named = "ssh" if text.startswith("SSH-") else named
            found = greeting_fields(named, text)
        else:
            named = discovered
    return named, {"banner.raw": text, **found}


def discovery_fields(reply: bytes) -> tuple[str | None, Mapping[str, object]]:
    """The discovery protocol whose reply this is, and what it says, as our own probes read it."""
    if found := sadp.parse(reply):
        return "sadp", found
    if _WS_DISCOVERY in reply and (matches := ws_discovery.parse(reply)):
        return "ws-discovery", matches[0]
    if _DHIP_MEMBER in reply and (told := dhip.parse(reply)[0]):
        return "dhip", told
    return None, {}


def greeting_fields(service: str | None, text: str) -> dict[str, object]:
    """The banner field of a service that greets, from what it said first."""
    if service == "ssh":
        return {"ssh.banner": text.split("\n", 1)[0].strip("\r")}
    if service == "telnet":
        return {"telnet.banner": text}
    if service in ("ftp", "smtp"):
        whole = _GREETING.match(text[:16_384])
        return {f"{service}.banner": (whole[0] if whole else text).strip("\r\n")}
    return {}
