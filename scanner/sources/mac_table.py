"""Reads switches' MAC address tables as their command lines print them: which station is behind which port.

One tolerant reader for Cisco, Arista, Juniper, Aruba, HP, Comware, Huawei and others: a line with exactly one MAC
address and one port is an entry; the switch's own addresses and dropped ones are not. A port with many stations
leads to another switch, and says nothing about where a device is plugged in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from fingerprints.observation import Observation, bounded_fields
from scanner.sources.decompression import Chunk
from scanner.sources.reading import BadLine, Item
from scanner.sources.text_rows import text_lines
from scanner.sources.tool_values import MAC_PATTERN, any_mac

SOURCE = "mac-table"

_MAC = re.compile(rf"(?<![0-9A-Fa-f.:-]){MAC_PATTERN}(?![0-9A-Fa-f:.-])")
_CONTROL = re.compile(r"\x1b\[[0-9;?]{0,16}[A-Za-z]|[\x00-\x08\x0b-\x1f]")
_PORT = re.compile(
    r"(?i:(?:eth|fa|gi|te|tw|fo|hu|po|ae|ge|xe|et|mge|lag|trk|bridge-aggregation|port-channel|[a-z]*gigabitethernet"
    r"|[a-z]*ethernet|xgigabitethernet|eth-trunk|ge-|xe-|port)[a-z]*[- ]?[0-9][0-9a-z/.:_-]{0,24}"
    r"|[0-9]{1,3}(?:/[0-9]{1,3}){1,3}|[A-L][0-9]{1,2})"
)
_NOWHERE = re.compile(r"(?i:\b(?:cpu|self|drop|router|switch|system|igmp|sup-eth\S*|vpc peer-link)\b)")
_VLAN = re.compile(r"(?i:vlan[ -]?)?([0-9]{1,4})\Z")
_MAX_LINE = 4_096
_MANY_STATIONS = 8
_MAX_ENTRIES = 300_000


def read_mac_table(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The stations of a table, in its order; ``document`` is of no account here."""
    entries: dict[tuple[str, str], str | None] = {}
    for line in text_lines(chunks, file, otherwise="cp1252"):
        if isinstance(line, BadLine):
            yield line
            continue
        found = _entry(_CONTROL.sub(" ", line[:_MAX_LINE]))
        if found is None:
            continue
        if len(entries) >= _MAX_ENTRIES:
            yield BadLine(line.number, f"more than {_MAX_ENTRIES} entries: reading stopped", file)
            break
        mac, port, vlan = found
        entries.setdefault((mac, port), vlan)
    stations = Counter(port for _, port in entries)
    for (mac, port), vlan in entries.items():
        uplink = " (many stations: an uplink)" if stations[port] > _MANY_STATIONS else ""
        place = f"switch port {port}{f', VLAN {vlan}' if vlan else ''}{uplink}"
        yield Observation(source=SOURCE, mac=mac, fields=bounded_fields({"asset.location": place}))


def _entry(line: str) -> tuple[str, str, str | None] | None:
    """MAC address, port and VLAN on a line, or None."""
    macs = list(_MAC.finditer(line))
    mac = any_mac(macs[0][0]) if len(macs) == 1 else None
    if mac is None or _NOWHERE.search(line):
        return None
    before, after = line[: macs[0].start()].split(), line[macs[0].end() :].split()
    words = [word.strip("*+|,") for word in (*before, *after)]
    vlan = next((found[1] for word in words if (found := _VLAN.match(word)) and 0 < int(found[1]) < 4_095), None)
    port = next((word for word in reversed(words) if _PORT.fullmatch(word)), None)
    if port is None:  # ProCurve: only MAC, port number, VLAN
        numbers = [word for word in words if word.isdigit()]
        if len(numbers) != 2 or before or len(words) != 2:
            return None
        port, vlan = numbers
    return mac, port, vlan
