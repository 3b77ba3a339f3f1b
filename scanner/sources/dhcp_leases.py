"""Reads the leases of DHCP servers: ISC dhcpd, Kea's memfile, dnsmasq, and Windows' ``Get-DhcpServerv4Lease``.

Lease files are journals: the same lease stands there many times, the last one holds, and every one was true when
it was written. Each is given with its time, where the file tells it; released and declined ones are left out.
Sources: dhcpd.leases(5), Kea's lease_file_loader tests, dnsmasq's lease.c, the class DhcpServerv4Lease.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from fingerprints.observation import Observation, bounded_fields
from scanner.sources.decompression import Chunk
from scanner.sources.json_access import whole_number
from scanner.sources.reading import BadLine, Item
from scanner.sources.text_rows import Row, TextLine, delimited_rows, text_lines
from scanner.sources.tool_values import any_mac, ip_text, utc_moment

SOURCE = "dhcp-leases"

_BLOCK = re.compile(r"\s*(lease|iaaddr)\s+([0-9A-Fa-f.:]{2,45})\s*\{")
_STATEMENT = re.compile(r"""((?:"(?:[^"\\]|\\.)*+"|[^";{}#])++)[;{}]?|\#[^\n]*""")
_OCTAL = re.compile(r"\\([0-7]{3}|.)")
_ISC_TIME = re.compile(r"(?:epoch (\d{1,12})|\d (\d{4}/\d\d/\d\d \d\d:\d\d:\d\d))")
_MAX_STATEMENTS = 1_000
_DNSMASQ = re.compile(r"(\d{1,10}) (\S{1,64}) ([0-9A-Fa-f.:]{2,45}) (\S{1,255})(?: (\S{1,255}))?\s*")
_KEA_HELD = ("", "0")
_WINDOWS_HELD = ("active", "activereservation", "offered", "")


def read_isc_leases(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The leases of ``dhcpd.leases``; the last block of a file that is being written may be cut off."""
    lease: dict[str, str] | None = None
    begun = 0
    for line in text_lines(chunks, file):
        if isinstance(line, BadLine):
            yield line
            continue
        start = _BLOCK.match(line)
        if start is not None:
            if lease is not None:
                yield BadLine(begun, "a lease without an end", file)
                yield from _isc_lease(lease)
            lease, begun = {"address": start[2]}, line.number
            rest = line[start.end() :]
        else:
            rest = line
        if lease is None:
            continue
        for statement in _STATEMENT.finditer(rest):
            if statement[1] and len(lease) < _MAX_STATEMENTS:
                _take(lease, statement[1].strip())
        if _outside_quotes(rest).rstrip().endswith("}"):
            yield from _isc_lease(lease)
            lease = None
    if lease is not None:
        yield BadLine(begun, "the last lease has no end: the file was cut off", file)
        yield from _isc_lease(lease)


def _outside_quotes(text: str) -> str:
    return re.sub(r'"(?:[^"\\]|\\.)*+"|#.*', "", text)


def _take(lease: dict[str, str], statement: str) -> None:
    for key in ("hardware ethernet", "client-hostname", "binding state", "cltt", "starts", "uid"):
        if statement.startswith(f"{key} "):
            lease[key] = statement[len(key) :].strip()
            return
    if "vendor-class-identifier" in statement:
        lease["vendor class"] = statement.partition("=")[2].strip() or statement.rpartition(" ")[2]


def _isc_lease(lease: Mapping[str, str]) -> Iterator[Observation]:
    if lease.get("binding state", "active") not in ("active", "expired", "free"):
        return  # abandoned, backup and reset leases are nobody's
    found = _ISC_TIME.match(lease.get("cltt", "")) or _ISC_TIME.match(lease.get("starts", ""))
    yield from _lease(
        lease["address"],
        mac=any_mac(lease.get("hardware ethernet")),
        hostname=_quoted(lease.get("client-hostname")),
        vendor_class=_quoted(lease.get("vendor class")),
        seen_at=utc_moment(found[1] or found[2]) if found else None,
    )


def _quoted(text: str | None) -> str | None:
    """The text in quotation marks, its octal escapes undone."""
    if text is None:
        return None
    inner = _OCTAL.sub(
        lambda found: chr(int(found[1], 8) & 0xFF) if len(found[1]) == 3 else found[1], text.strip('"')
    )
    return inner or None


def read_kea_leases(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The leases of Kea's CSV file; which columns there are depends on its version."""
    for line, told in _named_rows(chunks, file):
        if isinstance(told, BadLine):
            yield told
            continue
        ip = ip_text(told.get("address"))
        if ip is None:
            yield BadLine(line, "a lease without an address", file)
            continue
        held, lifetime = told.get("state", "") in _KEA_HELD, whole_number(told.get("valid_lifetime"))
        expires = whole_number(told.get("expire"))
        if held and lifetime != 0:
            seen = expires - lifetime if expires is not None and lifetime is not None else None
            yield from _lease(
                ip,
                mac=any_mac(told.get("hwaddr")),
                hostname=(told.get("hostname") or "").replace("&#x2c", ",").rstrip(".") or None,
                seen_at=utc_moment(seen),
            )


def read_dnsmasq_leases(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The leases of dnsmasq; its file tells when a lease ends, not when it was given."""
    for line in text_lines(chunks, file):
        if isinstance(line, BadLine):
            yield line
        elif line.startswith("duid "):
            continue
        elif (found := _DNSMASQ.fullmatch(line)) is None or ip_text(found[3]) is None:
            yield BadLine(
                line.number, "not a lease of dnsmasq" if line.ended else "the last line is cut off", file
            )
        else:
            name = found[4] if found[4] != "*" else None
            yield from _lease(found[3], mac=any_mac(found[2].rpartition("-")[2]), hostname=name)


def read_windows_leases(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The leases that ``Get-DhcpServerv4Lease | Export-Csv`` wrote; columns are taken by name."""
    for line, told in _named_rows(chunks, file):
        if isinstance(told, BadLine):
            yield told
            continue
        ip, mac = ip_text(told.get("ipaddress")), any_mac(told.get("clientid"))
        if ip is None and mac is None:
            yield BadLine(line, "a lease without IPAddress and ClientId", file)
        elif told.get("addressstate", "").lower() in _WINDOWS_HELD:
            yield from _lease(ip, mac=mac, hostname=told.get("hostname") or None)


def _named_rows(chunks: Iterable[Chunk], file: str) -> Iterator[tuple[int, dict[str, str] | BadLine]]:
    """Rows by column name in lower case; the first row that names an address or ``#TYPE`` line aside."""
    header: list[str] = []
    delimiter = ","
    lines = text_lines(chunks, file, otherwise="cp1252")
    first = [line for line in [next(lines, None)] if line is not None]
    while first and isinstance(first[-1], TextLine) and first[-1].startswith("#TYPE"):
        first = [line for line in [next(lines, None)] if line is not None]
    if first and isinstance(first[0], TextLine):
        delimiter = max(",;\t", key=first[0].count)
    for row in delimited_rows(_again(first, lines), file, delimiter):
        if isinstance(row, BadLine):
            yield row.line or 0, row
        elif not header or _is_header(row):
            header = [name.lower() for name in row]
        elif len(row) < len(header) and not row.ended:
            yield row.number, BadLine(row.number, "the last line is cut off", file)
        else:
            yield row.number, dict(zip(header, row, strict=False))


def _again(first: list[TextLine | BadLine], rest: Iterator[TextLine | BadLine]) -> Iterator[TextLine | BadLine]:
    yield from first
    yield from rest


def _is_header(row: Row) -> bool:
    """A second header in the middle: several files put together."""
    return bool({"address", "IPAddress"} & set(row))


def _lease(
    address: str | None,
    *,
    mac: str | None,
    hostname: str | None,
    vendor_class: str | None = None,
    seen_at: str | None = None,
) -> Iterator[Observation]:
    ip = ip_text(address)
    if ip is None and mac is None:
        return
    told = {"dhcp.hostname": hostname, "dhcp.vendor_class": vendor_class}
    yield Observation(
        source=SOURCE,
        observed_at=seen_at,
        ip=ip,
        service="dhcp",
        mac=mac,
        hostname=hostname,
        fields=bounded_fields({name: value for name, value in told.items() if value is not None}),
    )
