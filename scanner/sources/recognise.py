"""Decides by content, never by name, what a file is, and opens it with the reader that fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from scanner.sources.arp_table import read_arp_table
from scanner.sources.censys import read_censys
from scanner.sources.decompression import Chunk, Damage, decompressed
from scanner.sources.dhcp_leases import (
    read_dnsmasq_leases,
    read_isc_leases,
    read_kea_leases,
    read_windows_leases,
)
from scanner.sources.inventory_columns import ColumnMapping
from scanner.sources.inventory_csv import read_inventory_csv, recognise_table
from scanner.sources.mac_table import read_mac_table
from scanner.sources.masscan import read_masscan_json, read_masscan_list, read_masscan_xml
from scanner.sources.nessus import read_nessus
from scanner.sources.nmap_xml import read_nmap_xml
from scanner.sources.observation_lines import read_observations
from scanner.sources.reading import BadLine, HashedFile, Item, Reading
from scanner.sources.runzero import read_runzero
from scanner.sources.shodan_file import is_document, read_shodan
from scanner.sources.suricata import read_suricata
from scanner.sources.text_lines import as_utf8
from scanner.sources.tool_values import MAC_PATTERN
from scanner.sources.zeek import read_zeek_json, read_zeek_tsv
from scanner.sources.zgrab2 import read_zgrab2
from scanner.sources.zmap_csv import read_zmap

READERS: dict[str, Callable[..., Iterator[Item | ColumnMapping]]] = {
    "coverscan-observations": read_observations,
    "shodan": read_shodan,
    "nmap-xml": read_nmap_xml,
    "masscan-json": read_masscan_json,
    "masscan-ndjson": read_masscan_json,
    "masscan-list": read_masscan_list,
    "masscan-xml": read_masscan_xml,
    "zgrab2": read_zgrab2,
    "censys": read_censys,
    "zmap-csv": read_zmap,
    "nessus": read_nessus,
    "runzero": read_runzero,
    "zeek-tsv": read_zeek_tsv,
    "zeek-json": read_zeek_json,
    "suricata": read_suricata,
    "isc-dhcpd": read_isc_leases,
    "kea-csv": read_kea_leases,
    "dnsmasq": read_dnsmasq_leases,
    "windows-dhcp": read_windows_leases,
    "arp": read_arp_table,
    "mac-table": read_mac_table,
    "inventory-csv": read_inventory_csv,
}
"""The formats that can be read, each with its reader."""

_HEAD_BYTES = 65_536
_LONG_LINE_BYTES = 1_048_576
_LINES_LOOKED_AT = 20

_BINARY = (
    ("pcap", re.compile(rb"\xd4\xc3\xb2\xa1|\xa1\xb2\xc3\xd4|\x4d\x3c\xb2\xa1|\xa1\xb2\x3c\x4d|\x0a\x0d\x0d\x0a")),
    ("inventory-xlsx", re.compile(rb"PK\x03\x04.{0,65000}?xl/", re.DOTALL)),
)
_ADDRESS = r"(?:\d{1,3}\.){3}\d{1,3}"
_BEFORE_ROOT = r"\A(?:\s++|<\?[^>]*+>|<!--(?:[^-]|-(?!->))*+-->|<![A-Z][^\[>]*+(?:\[[^\]]*+\]\s*+)?>)*+"
_BEFORE_MAC = r"(?:[^\s,;]+[ \t]+){0,4}"
_TEXT = tuple(
    (name, re.compile(sign, re.MULTILINE))
    for name, sign in (
        ("masscan-xml", rf'{_BEFORE_ROOT}<nmaprun\s[^<>]*scanner="masscan"'),
        ("nmap-xml", rf"{_BEFORE_ROOT}<nmaprun[\s>]"),
        ("nessus", rf'{_BEFORE_ROOT}<NessusClientData_v2\b|\A"?Plugin ID"?,'),
        ("nexpose-xml", rf"{_BEFORE_ROOT}<NexposeReport\b"),
        ("gvm-xml", rf'{_BEFORE_ROOT}<(?:report\s[^<>]*(?:extension="xml"|format_id=)|get_reports_response\b)'),
        ("zeek-tsv", r"\A#separator \\x09"),
        ("masscan-list", r"\A#masscan\b"),
        ("masscan-json", r'\A[\s\[,]*+\{\s*+"?ip"?\s*+:\s*+"[^"\n]*+",\s*+"?(?:timestamp|ports)"?\s*+:'),
        (
            "isc-dhcpd",
            rf"^[ \t]*+(?:lease {_ADDRESS}|iaaddr [0-9a-fA-F:]+) \{{|^# The format of this file is documented in the dhcpd",
        ),
        ("kea-csv", r"\Aaddress,(?:hwaddr|duid),"),
        (
            "dnsmasq",
            rf"\A(?:duid \S+\s+)?\d{{1,10}} (?:[0-9a-fA-F]{{2}}-)?(?:[0-9a-fA-F]{{2}}:){{5}}[0-9a-fA-F]{{2}} "
            rf"{_ADDRESS} \S+(?: \S+)?\s*$",
        ),
        (
            "windows-dhcp",
            r"\A#TYPE Microsoft\.Management\.Infrastructure\.CimInstance"
            r"|\A(?=[^\n]*\bIPAddress\b)[^\n]*\b(?:ScopeId|AddressState|LeaseExpiryTime)\b",
        ),
        ("runzero", r"\A[^\n]*\b(?:service_ports_tcp|service_address|newest_mac)\b"),
        (
            "mac-table",
            r"(?i:mac[- ]address[- ]table|ethernet switching table|port address table|mac age-time|unicast entries"
            rf"|^[ \t]*(?:mac address|destination address)[ \t]+(?:vlan|port|address type|located)"
            rf"|^.{{0,40}}\b{MAC_PATTERN}[ \t]+{_BEFORE_MAC}(?:dynamic|learn(?:ed)?|DL)\b(?![^\n]*{_ADDRESS}))",
        ),
        (
            "arp",
            rf"^\S+ \({_ADDRESS}\) at [0-9a-fA-F:<(]|^Interface: {_ADDRESS} --- 0x"
            r"|^[0-9a-fA-F.:]{2,39} dev \S+ lladdr "
            rf"|^[ \t]*(?:Internet[ \t]+)?{_ADDRESS}[ \t]+{_BEFORE_MAC}{MAC_PATTERN}(?=\s|\Z)",
        ),
        ("qualys-csv", r'\A"?(?:Asset Vuln|Scan Results|IP,Network)'),
        ("zmap-csv", rf"\A(?:[a-z_-]+,)*saddr\b|\A{_ADDRESS}\r?\n(?:{_ADDRESS}\r?$|\Z)"),
        ("nmap-xml", r"^<nmaprun[\s>]"),
    )
)
"""Signs of text formats, the more telling ones first."""

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*+)"|[{}\[\]]|[^\s"{}\[\]]', re.DOTALL)
_TEXT_VALUE = '"'


def recognise(head: bytes) -> str | None:
    """The format of a file whose content (unpacked, in UTF-8) begins with ``head``; None for nothing known."""
    for name, sign in _BINARY:
        if sign.match(head):
            return name
    text = head.decode("utf-8", "replace")
    for members in _first_objects(text):
        if (name_of_json := _json_format(members)) is not None:
            return name_of_json
    if (name_of_text := next((name for name, sign in _TEXT if sign.search(text)), None)) is not None:
        return name_of_text
    return "inventory-csv" if recognise_table(head) else None


def _first_objects(text: str) -> Iterator[Mapping[str, str]]:
    """The members of the first JSON object, and of those that begin the next lines: one line may be damaged."""
    start = text.find("{")
    if start >= 0 and not text[:start].strip(" \t\r\n[,"):
        yield _leading_members(text[start:])
    for line in text.split("\n", _LINES_LOOKED_AT)[:_LINES_LOOKED_AT]:
        if line.startswith("{"):
            yield _leading_members(line)


def _leading_members(text: str) -> dict[str, str]:
    """The names in the object that ``text`` begins with, each with the first character of its value.

    The object may be cut off anywhere.
    """
    members: dict[str, str] = {}
    depth, waiting, key = 0, "key", ""
    for token in _TOKEN.finditer(text):
        mark = token[0][0]
        if depth == 1 and waiting == "value" and mark != ":":
            members[key], waiting = mark, "end"
        elif depth == 1 and waiting == "key" and mark == _TEXT_VALUE:
            key, waiting = token[1], "value"
        elif depth == 1 and mark == ",":
            waiting = "key"
        if mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
            if depth <= 0:
                break
    return members


def _json_format(members: Mapping[str, str]) -> str | None:
    """The format whose records have these members; the order of the tests is from the most telling names on."""
    has = members.keys()
    address = bool({"ip_str", "ip", "ipv6"} & has)
    if members.get("fields") == "{" and {"source", "v"} & has:
        return "coverscan-observations"
    if "_shodan" in has or (members.get("matches") == "[" and "total" in has):
        return "shodan"
    if members.get("host") == "{":
        return "censys"
    for name, needed in _JSON_FORMATS:
        if needed <= has:
            return name
    if members.get("data") == "{" and ("ip" in has or "domain" in has):
        return "zgrab2"
    if address and "ports" in has:
        return "shodan" if {"ip_str", "last_update", "hostnames"} & has else "masscan-json"
    if address and "port" in has and (members.get("data") == _TEXT_VALUE or "timestamp" in has):
        return "shodan"
    return "shodan" if "ip_str" in has else None


_JSON_FORMATS = (
    ("masscan-ndjson", {"ip", "rec_type"}),
    ("censys", {"code", "status", "result"}),
    ("censys", {"ip", "services"}),
    ("censys", {"host_v1"}),
    ("zeek-json", {"id.orig_h"}),
    ("zeek-json", {"ts", "uids"}),
    ("zeek-json", {"ts", "host", "port_num"}),
    ("zeek-json", {"ts", "software_type"}),
    ("suricata", {"event_type", "flow_id"}),
    ("suricata", {"event_type", "src_ip"}),
    ("runzero", {"organization_id", "addresses"}),
    ("runzero", {"service_address", "service_transport"}),
    ("zmap-csv", {"saddr"}),
    ("arp", {"dst", "dev"}),
)
"""Member names that only records of one format have together."""


def open_source(path: Path, stream: BinaryIO | None = None, *, format: str | None = None) -> Reading:
    """Open a file (or read ``stream``, named ``path`` in errors) with the reader that its content asks for.

    ``format`` overrules what was recognised. Never raises for what the file is or holds: a file that cannot be
    opened or read gives a ``Reading`` with one ``BadLine`` and no observations.
    """
    name = str(path)
    try:
        source = HashedFile(stream or path.open("rb"), leave_open=stream is not None)
        head, chunks = _look_at_head(as_utf8(decompressed(source.chunks())))
    except OSError as error:
        return _unreadable(name, None, None, f"cannot be opened: {error.strerror or error}")
    recognised = format or recognise(head)
    reader = READERS.get(recognised or "")
    if reader is None:
        damage = next((chunk.reason for chunk in chunks if isinstance(chunk, Damage)), None) if not head else None
        source.close()
        return _unreadable(name, recognised, *((None, damage) if damage else _why_not(head, recognised)))
    read = partial(reader, file=name, document=is_document(head))
    if stream is not None or not path.is_file():  # a pipe can be read but once
        return Reading(name, recognised, lambda: (read(chunks), source))
    source.close()  # opened again when its turn comes: thousands of files may be waiting

    def start() -> tuple[Iterator[Item | ColumnMapping], HashedFile]:
        anew = HashedFile(path.open("rb"))
        return read(as_utf8(decompressed(anew.chunks()))), anew

    return Reading(name, recognised, start)


def _look_at_head(chunks: Iterator[Chunk]) -> tuple[bytes, Iterator[Chunk]]:
    """The first bytes of the content, as many as recognising takes, and the whole content again."""
    taken: list[Chunk] = []
    head = b""
    for chunk in chunks:
        taken.append(chunk)
        if not isinstance(chunk, Damage):
            head += chunk
        if len(head) >= _LONG_LINE_BYTES or (len(head) >= _HEAD_BYTES and b"\n" in head):
            break
    return head[:_LONG_LINE_BYTES], chain(taken, chunks)


def _unreadable(name: str, format: str | None, line: int | None, reason: str) -> Reading:
    problem = BadLine(line, reason, name)
    return Reading(name, format, lambda: (iter([problem]), None), readable=False)


def _why_not(head: bytes, recognised: str | None) -> tuple[int | None, str]:
    """The line and the reason why a file cannot be read."""
    readable = ", ".join(READERS)
    if recognised is not None:
        return None, f"this is {recognised}, which is not readable in this version; it reads {readable}"
    if not head.strip():
        return None, "the file is empty"
    if b"\0" in head[:_HEAD_BYTES]:
        return None, f"binary data of an unknown kind; this version reads {readable}"
    return 1, f"the text is of no known format; this version reads {readable}"
