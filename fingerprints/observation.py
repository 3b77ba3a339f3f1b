"""The vocabulary of the whole system: what was seen at one endpoint, once, by one source.

This is the public line format ``Observation`` (docs/line-formats.md): newline-delimited JSON, one object a
line. A fingerprint may match on exactly the field names of ``FIELDS``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

_SURROGATES = re.compile("[\ud800-\udfff]")

FieldValue = str | tuple[str, ...]
"""A field's value: text, or several texts where ``FIELDS`` says list."""


class FieldSpec(NamedTuple):
    """What a field of an observation may hold: one text or a list, and how much of it is kept."""

    is_list: bool
    max_chars: int
    max_items: int = 1


def _texts(max_chars: int, *names: str) -> dict[str, FieldSpec]:
    return {name: FieldSpec(False, max_chars) for name in names}


def _lists(max_chars: int, max_items: int, *names: str) -> dict[str, FieldSpec]:
    return {name: FieldSpec(True, max_chars, max_items) for name in names}


FIELDS: Mapping[str, FieldSpec] = {
    **_texts(65_536, "banner.raw", "http.body", "rtsp.sdp"),
    **_texts(16, "http.status", "rtsp.status"),
    **_texts(2_048, "http.location", "http.path", "ssdp.location", "ssdp.usn", "onvif.xaddrs"),
    **_texts(4_096, "http.auth", "rtsp.auth"),
    **_texts(512, "http.server", "http.title", "http.auth_realm", "rtsp.server", "rtsp.realm", "rtsp.public"),
    **_texts(64, "http.favicon_mmh3", "http.favicon_md5"),
    **_lists(2_048, 128, "http.headers", "rtsp.headers"),
    **_lists(256, 64, "http.cookies"),
    **_texts(1_024, "tls.subject", "tls.issuer"),
    **_texts(128, "tls.serial", "tls.not_before", "tls.not_after", "tls.sha256", "tls.version"),
    **_lists(256, 64, "tls.san"),
    **_lists(512, 64, "onvif.scopes"),
    **_texts(512, "onvif.types", "onvif.endpoint", "onvif.manufacturer", "onvif.model", "onvif.firmware"),
    **_texts(512, "onvif.serial", "onvif.hardware"),
    **_texts(
        256,
        *(
            f"sadp.{name}"
            for name in (
                "device_type description serial firmware dsp_version boot_time activated mac ipv4 "
                "http_port sdk_port oem locked"
            ).split()
        ),
        *(
            f"dhip.{name}"
            for name in (
                "vendor device_class device_type serial version mac machine_name http_port port activated"
            ).split()
        ),
        *(f"isapi.{name}" for name in "device_name model firmware serial mac activated".split()),
        *(f"cgi.{name}" for name in "device_type vendor version".split()),
        *(f"asset.{name}" for name in "manufacturer model firmware serial location".split()),
    ),
    **_texts(8_192, "dhip.details"),
    **_texts(512, "ssdp.server", "ssdp.st"),
    **_texts(
        512,
        *(
            f"upnp.{name}"
            for name in ("manufacturer model_name model_number model_description friendly_name serial udn").split()
        ),
    ),
    **_lists(512, 64, "mdns.services", "mdns.txt"),
    **_texts(512, "mdns.name", "snmp.sysdescr", "snmp.sysobjectid", "snmp.sysname"),
    **_texts(2_048, "ftp.banner", "telnet.banner", "ssh.banner", "smtp.banner"),
    **_texts(512, "sip.server", "sip.user_agent", "netbios.name", "dhcp.vendor_class", "dhcp.hostname"),
    **_texts(512, "dhcp.params", "lldp.sysname", "lldp.sysdescr", "cdp.platform"),
    **_texts(8_192, "private.dahua37777", "private.hik8000", "private.xm34567"),
    **_texts(512, "shodan.product", "shodan.version", "shodan.devicetype", "shodan.info", "shodan.module"),
    **_texts(512, "nmap.product", "nmap.version", "nmap.extrainfo", "nmap.devicetype", "censys.product"),
    **_lists(512, 64, "shodan.cpe", "shodan.tags", "nmap.cpe"),
}
"""Every field an observation may carry, with its form and bound (characters, and items of a list)."""


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """Where the source places the address; coordinates in degrees."""

    country: str | None = None
    city: str | None = None
    lat: float | None = None
    lon: float | None = None


class Asn(msgspec.Struct, frozen=True, kw_only=True):
    """The network that announces the address."""

    number: str | int | None = None
    org: str | None = None


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint seen once by one source.

    ``observed_at`` is an RFC 3339 time in UTC. ``target`` is the target as the user gave it where that named
    the ports of one device (``192.0.2.1:8081,8554``): endpoints of one such target belong to one device.
    ``id`` is copied through to the identification line.
    """

    source: str
    v: int = 1
    id: str | None = None
    observed_at: str | None = None
    ip: str | None = None
    port: int | None = None
    transport: str | None = None
    service: str | None = None
    mac: str | None = None
    hostname: str | None = None
    target: str | None = None
    fields: dict[str, FieldValue] = {}
    location: Location | None = None
    asn: Asn | None = None

    def texts(self, name: str) -> tuple[str, ...]:
        """All values of the field ``name``; empty where it was not seen.

        ``mac``, ``hostname``, ``service`` and ``port`` of the endpoint are readable under those names too.
        """
        value = self.fields.get(name)
        if value is None:
            plain = {"mac": self.mac, "hostname": self.hostname, "service": self.service}.get(name)
            if name == "port" and self.port is not None:
                plain = str(self.port)
            return () if plain is None else (plain,)
        return (value,) if isinstance(value, str) else value


ENDPOINT_NAMES = ("mac", "hostname", "service", "port")
"""Names outside ``FIELDS`` that a fingerprint may match on as well."""


VERBATIM = frozenset(
    "banner.raw http.body http.headers rtsp.headers rtsp.sdp dhip.details ftp.banner telnet.banner "
    "ssh.banner smtp.banner".split()
)
"""Fields whose white space is evidence; of all others the blanks round the text say nothing."""


def bounded_fields(raw: Mapping[str, object]) -> dict[str, FieldValue]:
    """Keep the known fields of ``raw``, in their declared form and cut to their bounds.

    Numbers become text, bytes are decoded as UTF-8 with U+FFFD, null and unknown fields are dropped; blanks round
    a text are dropped where they are no evidence (``VERBATIM``).
    """
    kept: dict[str, FieldValue] = {}
    for name, value in raw.items():
        spec = FIELDS.get(name)
        if spec is None or value is None:
            continue
        if type(value) is str and len(value) <= spec.max_chars and not spec.is_list and value.isascii():
            kept[name] = value  # nearly every field of every line
            continue
        items = [_text(item) for item in (value if isinstance(value, (list, tuple)) else (value,))]
        if name not in VERBATIM:
            items = [item.strip(" \t\r\n") for item in items]
        if spec.is_list:
            kept[name] = tuple(item[: spec.max_chars] for item in items[: spec.max_items])
        else:
            kept[name] = "; ".join(items)[: spec.max_chars]
    return kept


def _text(value: object) -> str:
    if isinstance(value, str):
        # A lone surrogate cannot be written as UTF-8 anywhere downstream.
        return value if value.isascii() else _SURROGATES.sub("\ufffd", value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
