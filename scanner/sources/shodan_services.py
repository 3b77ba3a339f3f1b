"""What a Shodan banner says in its protocol's own terms: which service answered, and the fields of its reply.

Shodan keeps a reply in three places: the text in ``data`` (for HTTP the head of the reply, for binary protocols
a rendering), the bytes in hex in ``opts.raw``, and objects named after the protocol. All three are read.
The protocol is taken from what is there, not from the module's name: one module covers many ports.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import re
from collections.abc import Mapping

import mmh3

from scanner.probes.http_message import title_of
from scanner.sources.banner import discovery_fields, greeting_fields
from scanner.sources.json_access import JsonObject, clean, object_at, text_at, text_of, texts_of
from scanner.sources.reply_text import (
    Reply,
    http_fields,
    parse_reply,
    rtsp_fields,
    sip_fields,
    ssdp_fields,
)

_PRIVATE_PORTS = {
    37777: ("private.dahua37777", "dahua-private", re.compile("(?:a0|b0|b3|f6)")),
    8000: ("private.hik8000", "hik-sdk", re.compile("00000010")),
    34567: ("private.xm34567", "xm", re.compile("ff0[01]")),
}
"""Makers' own TCP ports: the field, the service, and how a reply in the maker's protocol begins (Dahua's DVRIP
commands, the 16-byte answers of Hikvision's SDK, Sofia's head). Other replies there are not the maker's."""

_MODULE_SERVICES = {
    "ftp": "ftp", "telnet": "telnet", "ssh": "ssh", "smtp": "smtp", "sip": "sip", "snmp": "snmp", "mdns": "mdns",
    "upnp": "upnp", "ssdp": "ssdp", "rtsp": "rtsp", "netbios": "netbios", "dahua": "dahua-private",
    "ws-discovery": "ws-discovery",
}  # fmt: skip
"""First words of module names, as far as they name a service of ours."""

_OBJECTS = frozenset({"upnp", "snmp", "hikvision", "ip_camera", "netbios", "dahua", "mdns"})
_GREETING_PORTS = {21: "ftp", 25: "smtp", 587: "smtp", 465: "smtp"}
_MAX_ICON_CHARS = 4_194_304


def reply_fields(record: JsonObject, port: int | None, transport: str) -> tuple[str | None, Mapping[str, object]]:
    """The service that answered, and the fields of its reply as ``data`` and ``opts.raw`` hold it."""
    data = data_text(record)
    over_tls = bool(object_at(record, "ssl"))
    reply = parse_reply(data)
    if reply is not None and reply.protocol == "RTSP":
        return "rtsps" if over_tls else "rtsp", rtsp_fields(data)
    if reply is not None and reply.protocol == "SIP":
        return "sip", sip_fields(reply)
    if reply is not None and not object_at(record, "http") and _is_ssdp(reply, transport):
        return "ssdp", ssdp_fields(reply)
    if reply is not None or object_at(record, "http"):
        return "https" if over_tls else "http", web_fields(record, reply)
    raw = raw_hex(record, data)
    service, fields = discovery_fields(data.encode())
    if service is None and raw:
        service, fields = discovery_fields(bytes.fromhex(raw))
    if service is not None:
        return service, fields
    service = _named_service(record, data, port)
    if transport == "tcp" and port in _PRIVATE_PORTS and raw:
        field, makers_service, beginning = _PRIVATE_PORTS[port]
        if beginning.match(raw):
            return makers_service, {field: raw}
    return service, greeting_fields(service, data)


def data_text(record: JsonObject) -> str:
    """The ``data`` of a banner, white space and line ends as received."""
    data = record.get("data")
    return clean(data) if isinstance(data, str) else ""


def _is_ssdp(reply: Reply, transport: str) -> bool:
    return transport == "udp" or (reply.head.first("st") is not None and reply.head.first("usn") is not None)


def web_fields(record: JsonObject, reply: Reply | None) -> dict[str, object]:
    """The ``http.*`` fields from the head in ``data``, and from the ``http`` object what the head lacks."""
    http = object_at(record, "http")
    page = text_at(http, "html") or text_at(record, "html")
    if page is None and reply is not None and reply.rest.lstrip().startswith("<"):
        page = reply.rest
    fields: dict[str, object] = {
        "http.status": text_at(http, "status"),
        "http.server": text_at(http, "server"),
        "http.title": _plain(text_at(http, "title") or text_at(record, "title")),
        "http.body": page,
        "http.path": text_at(http, "location"),
        **(http_fields(reply) if reply is not None else {}),
        **_icon_fields(object_at(http, "favicon")),
    }
    if page is not None and fields["http.title"] is None and "title" not in http:
        fields["http.title"] = title_of(page)
    return fields


def _plain(title: str | None) -> str | None:
    """A title as our own probe writes it: Shodan leaves entities and line breaks in it."""
    return " ".join(html.unescape(title).split()) if title is not None else None


def _icon_fields(favicon: JsonObject) -> dict[str, object]:
    encoded = favicon.get("data")
    mmh3_hash = text_at(favicon, "hash")
    if not isinstance(encoded, str) or len(encoded) > _MAX_ICON_CHARS:
        return {"http.favicon_mmh3": mmh3_hash}
    try:
        icon = base64.b64decode("".join(encoded.split()).encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return {"http.favicon_mmh3": mmh3_hash}
    return {
        "http.favicon_mmh3": mmh3_hash or str(mmh3.hash(base64.encodebytes(icon))),
        "http.favicon_md5": hashlib.md5(icon, usedforsecurity=False).hexdigest() if icon else None,
    }


def raw_hex(record: JsonObject, data: str) -> str | None:
    """The bytes of the reply in lower-case hex: ``opts.raw``, or ``data`` where that clearly holds bytes."""
    raw = object_at(record, "opts").get("raw")
    if isinstance(raw, str) and len(raw) % 2 == 0 and re.fullmatch("[0-9a-fA-F]{2,262144}", raw):
        return raw.lower()
    sample = data[:4_096]
    holds_bytes = any(char < " " and char not in "\t\r\n\x1b" for char in sample)
    return sample.encode("latin-1").hex() if holds_bytes and max(sample) < "\u0100" else None


def _named_service(record: JsonObject, data: str, port: int | None) -> str | None:
    """The service by the objects, the greeting, or at last the module."""
    if data.startswith("SSH-"):
        return "ssh"
    named = next(
        (key for key in ("snmp", "mdns", "upnp", "ftp", "telnet", "ssh", "netbios") if key in record), None
    )
    if named is not None:
        return named
    if data.startswith("220") and port in _GREETING_PORTS:
        return _GREETING_PORTS[port]
    module = (text_at(object_at(record, "_shodan"), "module") or "").lower()
    return next((service for word, service in _MODULE_SERVICES.items() if module.startswith(word)), None)


def object_fields(record: JsonObject) -> dict[str, object]:
    """The fields that Shodan's own objects for UPnP, SNMP, mDNS, NetBIOS and camera makers hold."""
    if _OBJECTS.isdisjoint(record):
        return {}
    upnp, snmp = object_at(record, "upnp"), object_at(record, "snmp")
    hikvision, camera = object_at(record, "hikvision"), object_at(record, "ip_camera")
    netbios = object_at(record, "netbios")
    names = texts_of(netbios.get("names"))
    fields: dict[str, object] = {
        f"upnp.{name}": text_at(upnp, name)
        for name in ("manufacturer", "model_name", "model_number", "model_description", "friendly_name", "udn")
    }
    return fields | {
        "upnp.serial": text_at(upnp, "serial_number"),
        "snmp.sysdescr": text_at(snmp, "description"),
        "snmp.sysobjectid": text_at(snmp, "objectid"),
        "snmp.sysname": text_at(snmp, "name"),
        "netbios.name": text_at(netbios, "server_name") or next(iter(names), None),
        "isapi.device_name": text_at(hikvision, "device_name"),
        "isapi.model": text_at(hikvision, "device_model"),
        "isapi.firmware": text_at(hikvision, "device_version"),
        "dhip.serial": text_at(object_at(record, "dahua"), "serial_number"),
        "cgi.vendor": text_at(camera, "brand"),
        "cgi.device_type": text_at(camera, "model") or text_at(camera, "product"),
        "cgi.version": text_at(camera, "software_version") or text_at(camera, "system_version"),
        **mdns_fields(object_at(record, "mdns")),
    }


def mdns_fields(mdns: JsonObject) -> dict[str, object]:
    """The ``mdns.*`` fields of Shodan's ``mdns`` object."""
    services: list[str] = []
    for entry in object_at(mdns, "services").values():
        if isinstance(entry, dict) and (name := text_of(entry.get("name"))):
            kind = (text_of(entry.get("ptr")) or "").strip(".")
            services.append(f"{name}.{kind}" if kind and kind not in name else name)
    records = [object_at(mdns, part) for part in ("answers", "additionals")]
    txt = [text for part in records for text in texts_of(part.get("TXT"))]
    targets = [word for part in records for text in texts_of(part.get("SRV")) for word in text.split()]
    host = next((word for word in targets if word.rstrip(".").endswith(".local")), None)
    return {"mdns.services": services or None, "mdns.txt": txt or None, "mdns.name": host}
