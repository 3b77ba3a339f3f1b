"""Reads ARP and neighbour tables as systems print them: Linux, BSD, macOS, Windows, Cisco and others.

Headings are in any language and prompts stand between: a line with one address and one MAC address is an entry.
So are the objects of ``ip -j neigh``. Broadcast and multicast entries, and those without an answer, are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fingerprints.observation import Observation
from scanner.sources.decompression import Chunk
from scanner.sources.json_access import JsonObject, text_at
from scanner.sources.json_records import json_records
from scanner.sources.reading import BadLine, Item
from scanner.sources.text_rows import text_lines
from scanner.sources.tool_values import MAC_PATTERN, any_mac, ip_text

SOURCE = "arp-table"

_MAC = re.compile(rf"(?<![0-9A-Fa-f.:-]){MAC_PATTERN}(?![0-9A-Fa-f:.-])")
_ADDRESS = re.compile(
    r"(?<![0-9A-Za-z.:])\(?((?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{2,39}(?:%\w+)?)\)?"
)
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,253}) \(")
_MAX_LINE = 4_096


def read_arp_table(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The entries of a table; ``document`` where it is JSON."""
    if document:
        yield from _from_json(chunks, file)
        return
    for line in text_lines(chunks, file, otherwise="cp1252"):
        if isinstance(line, BadLine):
            yield line
            continue
        found = _entry(line[:_MAX_LINE])
        if found is not None:
            yield found
        elif not line.ended and _ADDRESS.match(line.strip()):
            yield BadLine(line.number, "the last line is cut off", file)


def _entry(line: str) -> Observation | None:
    """The entry on a line; None for headings, prompts, groups, and entries without an answer."""
    macs = list(_MAC.finditer(line))
    mac = any_mac(macs[0][0]) if len(macs) == 1 else None
    if mac is None:
        return None
    rest = line[: macs[0].start()] + " " + line[macs[0].end() :]
    ip = next((ip for found in _ADDRESS.finditer(rest) if (ip := ip_text(found[1])) is not None), None)
    if ip is None:
        return None
    name = _NAME.match(rest)
    return _observation(ip, mac, name[1] if name else None)


def _from_json(chunks: Iterable[Chunk], file: str) -> Iterator[Item]:
    for found in json_records(chunks, file, document=True):
        if isinstance(found, BadLine):
            yield found
        elif (entry := _json_entry(found[1])) is not None:
            yield entry


def _json_entry(entry: JsonObject) -> Observation | None:
    ip, mac = ip_text(text_at(entry, "dst")), any_mac(text_at(entry, "lladdr"))
    return _observation(ip, mac, None) if ip is not None and mac is not None else None


def _observation(ip: str, mac: str, name: str | None) -> Observation:
    return Observation(source=SOURCE, ip=ip, mac=mac, hostname=name, service="arp")
