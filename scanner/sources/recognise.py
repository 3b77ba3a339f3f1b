"""Decides by content, never by name, what a file is, and opens it with the reader that fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from scanner.sources.decompression import Chunk, Damage, decompressed
from scanner.sources.observation_lines import read_observations
from scanner.sources.reading import BadLine, HashedFile, Item, Reading
from scanner.sources.shodan_file import is_document, read_shodan
from scanner.sources.text_lines import as_utf8

READERS: dict[str, Callable[..., Iterator[Item]]] = {
    "coverscan-observations": read_observations,
    "shodan": read_shodan,
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
_TEXT = tuple(
    (name, re.compile(sign, re.MULTILINE))
    for name, sign in (
        ("masscan-xml", r'<nmaprun\s[^<>]*scanner="masscan"'),
        ("nmap-xml", r"<nmaprun[\s>]"),
        ("nessus", r"<NessusClientData_v2\b"),
        ("nexpose-xml", r"<NexposeReport\b"),
        ("gvm-xml", r'<report\s[^<>]*(?:extension="xml"|format_id=)|<get_reports_response\b'),
        ("zeek-tsv", r"\A#separator \\x09"),
        ("masscan-list", r"\A#masscan\b"),
        ("isc-dhcpd", rf"^lease {_ADDRESS} \{{|^# The format of this file is documented in the dhcpd"),
        ("kea-csv", r"\Aaddress,(?:hwaddr|duid),"),
        ("dnsmasq", rf"\A\d{{10}} (?:[0-9a-f]{{2}}:){{5}}[0-9a-f]{{2}} {_ADDRESS} \S+ \S+\s*$"),
        ("windows-dhcp", r'\A#TYPE Microsoft\.Management\.Infrastructure\.CimInstance|\A[^\n]*"ScopeId"'),
        ("arp", rf"^\S+ \({_ADDRESS}\) at [0-9a-f:<]|^Interface: {_ADDRESS} --- 0x|^{_ADDRESS} dev \S+ lladdr "),
        ("mac-table", r"(?i:mac address table|ethernet switching table|port address table|mac age-time)"),
        ("qualys-csv", r'\A"?(?:Asset Vuln|Scan Results|IP,Network)'),
        ("zmap-csv", rf"\A(?:[a-z_-]+,)*saddr\b|\A{_ADDRESS}\r?\n{_ADDRESS}\r?$"),
        (
            "inventory-csv",
            r"(?i:\A(?=[^\n]*[,;\t])[^\n]*\b(?:ip|ip.?address|mac.?address|serial|model|manufacturer)\b)",
        ),
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
    return next((name for name, sign in _TEXT if sign.search(text)), None)


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
    ("suricata", {"event_type", "flow_id"}),
    ("suricata", {"event_type", "src_ip"}),
    ("runzero", {"organization_id", "addresses"}),
    ("zmap-csv", {"saddr", "classification"}),
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

    def start() -> tuple[Iterator[Item], HashedFile]:
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
    readable = " and ".join(READERS)
    if recognised is not None:
        return None, f"this is {recognised}, which is not readable in this version; it reads {readable}"
    if not head.strip():
        return None, "the file is empty"
    if b"\0" in head[:_HEAD_BYTES]:
        return None, f"binary data of an unknown kind; this version reads {readable}"
    return 1, f"the text is of no known format; this version reads {readable}"
