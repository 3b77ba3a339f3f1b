"""One Shodan banner (one service on one address, seen once) as observations. Pure, and total: any JSON will do.

A banner gives one observation of its endpoint, and one more for each earlier hop of a redirect that the same
address answered. Keys differ by the year and plan of the record: each is used only where its type is right.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Mapping

import msgspec

from fingerprints.observation import Asn, Location, Observation, bounded_fields
from scanner.mac_address import normalise_mac
from scanner.sources.json_access import (
    JsonObject,
    clean,
    coordinate,
    object_at,
    port_number,
    text_at,
    text_of,
    texts_of,
    whole_number,
)
from scanner.sources.reply_text import http_fields, parse_reply
from scanner.sources.shodan_certificate import tls_fields
from scanner.sources.shodan_services import data_text, object_fields, reply_fields

SOURCE = "shodan-file"

_NOT_DETECTORS = frozenset({
    "_shodan", "asn", "cloud", "coap", "cpe", "cpe23", "data", "device", "devicetype", "dns", "domains",
    "ftp", "hash", "hostnames", "html", "http", "info", "ip", "ip_str", "ipv6", "isp", "link", "location",
    "mac", "mdns", "netbios", "ntp", "opts", "org", "os", "platform", "port", "product", "rtsp", "screenshot",
    "snmp", "ssh", "ssl", "tags", "telnet", "timestamp", "title", "transport", "upnp", "uptime", "vendor",
    "version", "vulns",
})  # fmt: skip
"""Top-level keys of a banner that are not the result of a detector for one kind of device."""

_TELLING = re.compile(r"(?:version|product|model|brand|build|manufacturer|vendor|firmware|description)", re.I)
"""Members of a detector's object that say what the device is. Names, users and channels are left out: they may
identify people."""

_MAX_HOPS = 8


def observations_from_record(record: JsonObject, source: str = SOURCE) -> tuple[Observation, ...]:
    """The observations that a banner holds: empty for a placeholder and for a record without an address."""
    address = address_of(record)
    if address is None or "placeholder" in record or record.get("failed") is True:
        return ()
    port = port_number(record.get("port"))
    transport = "udp" if record.get("transport") == "udp" else "tcp"
    service, fields = reply_fields(record, port, transport)
    endpoint = Observation(
        source=source,
        id=text_at(object_at(record, "_shodan"), "id"),
        observed_at=utc_time(record.get("timestamp")),
        ip=address,
        port=port,
        transport=transport,
        service=service,
        mac=_mac(record, fields),
        hostname=next(iter(_own_names(record)), None),
        fields=bounded_fields(
            object_fields(record)
            | {name: value for name, value in fields.items() if value is not None}
            | {"banner.raw": data_text(record) or None}
            | tls_fields(object_at(record, "ssl"))
            | _tool_fields(record)
        ),
        location=_location(record),
        asn=_asn(record),
    )
    return (endpoint, *_earlier_hops(record, endpoint))


def address_of(record: JsonObject) -> str | None:
    """The address of a banner: ``ip_str``, else ``ipv6`` of old records, else ``ip`` as an integer or text."""
    for key in ("ip_str", "ipv6", "ip"):
        value = record.get(key)
        number = whole_number(value)
        try:
            if key == "ip" and number is not None:
                return str(ipaddress.IPv4Address(number))
            if isinstance(value, str) and "%" not in value:
                return str(ipaddress.ip_address(value.strip()))
        except ValueError:
            continue
    return None


def utc_time(timestamp: object) -> str | None:
    """Shodan's time, ISO 8601 in UTC without a zone, as an RFC 3339 time of whole seconds; None if unreadable."""
    if not isinstance(timestamp, str):
        return None
    try:
        moment = dt.datetime.fromisoformat(timestamp.strip())
        moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year >= 1970 else None


def _mac(record: JsonObject, fields: Mapping[str, object]) -> str | None:
    """The MAC address where the protocol itself told one, as ``aa:bb:cc:dd:ee:ff``."""
    candidates: list[object] = list(object_at(record, "mac"))
    candidates += [
        fields.get("dhip.mac"),
        fields.get("sadp.mac"),
        object_at(record, "netbios").get("mac"),
        object_at(record, "ip_camera").get("mac_address"),
        object_at(record, "ubiquiti").get("mac"),
    ]
    texts = (normalise_mac(candidate) for candidate in candidates if isinstance(candidate, str))
    return next((mac for mac in texts if mac is not None), None)


def _tool_fields(record: JsonObject) -> dict[str, object]:
    """What Shodan itself concluded."""
    detected = [found for key in record if (found := _detector_text(record, key))]
    info = text_at(record, "info")
    return {
        "shodan.product": text_at(record, "product"),
        "shodan.version": text_at(record, "version"),
        "shodan.devicetype": text_at(record, "devicetype"),
        "shodan.info": "; ".join([info, *detected] if info else detected) or None,
        "shodan.module": text_at(object_at(record, "_shodan"), "module"),
        "shodan.cpe": list(dict.fromkeys(texts_of(record.get("cpe")) + texts_of(record.get("cpe23")))) or None,
        "shodan.tags": texts_of(record.get("tags")) or None,
    }


def _detector_text(record: JsonObject, key: str) -> str | None:
    """A detector's object as ``hikvision: web_version=4.0.51, plugin_version=3.0.7``; its key alone is a sign."""
    found = record.get(key)
    if key in _NOT_DETECTORS or not isinstance(found, dict):
        return None
    told = [
        f"{name}={text}" for name, value in found.items() if _TELLING.search(name) and (text := text_of(value))
    ]
    return clean(f"{key}: {', '.join(told)}" if told else f"{key}:")


def _location(record: JsonObject) -> Location | None:
    """Where Shodan places the address block; in old answers about a host the keys stand at the top level."""
    place = object_at(record, "location") or record
    location = Location(
        country=text_at(place, "country_code"),
        city=text_at(place, "city"),
        lat=coordinate(place.get("latitude"), 90),
        lon=coordinate(place.get("longitude"), 180),
    )
    return location if location != Location() else None


def _asn(record: JsonObject) -> Asn | None:
    text = text_at(record, "asn") or ""
    number = whole_number(text.upper().removeprefix("AS").strip())
    network = Asn(
        number=number if number is not None and number < 2**32 else None,
        org=text_at(record, "org") or text_at(record, "isp"),
    )
    return network if network != Asn() else None


def _own_names(record: JsonObject) -> list[str]:
    """The host names of the address, and the one it was asked by in a scan by name."""
    return texts_of(record.get("hostnames")) + texts_of(
        object_at(object_at(record, "_shodan"), "options").get("hostname")
    )


def _earlier_hops(record: JsonObject, endpoint: Observation) -> list[Observation]:
    """The replies that redirected to the page of the banner, where the address itself gave them.

    A maker's own redirect is often visible only there.
    """
    http = object_at(record, "http")
    redirects = http.get("redirects")
    own_names = {endpoint.ip, *_own_names(record)}
    hops: list[Observation] = []
    for hop in redirects[:_MAX_HOPS] if isinstance(redirects, list) else ():
        if not isinstance(hop, dict) or text_at(hop, "host") not in own_names:
            continue
        reply = parse_reply(data_text(hop))
        if reply is not None and reply.protocol == "HTTP":
            told = {
                **http_fields(reply),
                "banner.raw": data_text(hop),
                "http.path": text_at(hop, "location"),
                "http.body": text_at(hop, "html"),
            }
            hops.append(msgspec.structs.replace(endpoint, id=None, fields=bounded_fields(told)))
    return hops
