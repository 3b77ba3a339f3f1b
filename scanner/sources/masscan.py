"""Reads masscan's files: JSON (also of old versions, which is none), JSON lines, lists, and XML.

masscan writes a record for each open port and another for each banner. Banners are bytes: ``\\u00e9`` in its JSON
and ``\\xe9`` elsewhere stand for one byte each. Killed runs end anywhere; several runs may stand in one file.
Source: masscan's src/out-*.c and proto-banner1.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from fingerprints.observation import Observation, bounded_fields
from scanner.sources.decompression import Chunk
from scanner.sources.json_access import JsonObject, clean, decode_json, object_at, port_number, text_at
from scanner.sources.masscan_banners import masscan_banner
from scanner.sources.nmap_scripts import unescaped
from scanner.sources.nmap_xml import host_items
from scanner.sources.reading import BadLine, Item
from scanner.sources.text_lines import ObjectSplitter, Piece, numbered_lines
from scanner.sources.tool_values import ip_text, utc_moment
from scanner.sources.xml_records import XmlProblem, XmlRecords

SOURCE = "masscan-file"

_BARE_KEY = re.compile(r"""([{,]\s*)([A-Za-z_]{1,20})(\s*:)""")
_LAST_LINE = re.compile(rb'\s*\{\s*"?finished"?\s*:')
_SPREAD_OUT = re.compile(rb"\A[\s\[]*\{[ \t\r]*\n")


def read_masscan_json(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The observations of ``-oJ`` and ``-oD`` files; a line is taken by itself, unless ``jq`` spread it out."""
    stream = iter(chunks)
    first = next(stream, b"")
    spread_out = isinstance(first, bytes) and _SPREAD_OUT.match(first[:4_096])
    chunks = chain([first], stream)
    for piece in ObjectSplitter().split(chunks) if spread_out else numbered_lines(chunks):
        if piece.problem is not None:
            yield BadLine(piece.line, piece.problem, file)
            continue
        for text in _objects_on(piece.data):
            try:
                yield from _from_record(_decoded(text))
            except ValueError as error:
                yield BadLine(piece.line, clean(_cut_or(piece, str(error))), file)


def _objects_on(line: bytes) -> list[bytes]:
    """The objects on a line, without what masscan puts between them."""
    text = line.strip(b" \t\r,[]\0")
    if not text or text.startswith(b"#") or _LAST_LINE.match(text):
        return []
    # A whole file on one line is what other tools make of it.
    return [part.strip(b" \t\r,[]") for part in re.split(rb"(?<=\})\s*,\s*(?=\{\s*\"?ip\"?\s*:)", text)]


def _decoded(text: bytes) -> JsonObject:
    try:
        value = decode_json(text)
    except ValueError:
        repaired = _BARE_KEY.sub(r'\1"\2"\3', text.decode("utf-8", "replace"))
        value = decode_json(re.sub(r",\s*(?=[}\]])", "", repaired).encode("utf-8", "replace"))
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _cut_or(piece: Piece, reason: str) -> str:
    return reason if piece.ended else f"the last line is cut off ({reason})"


def _from_record(record: JsonObject) -> Iterator[Observation]:
    ip = ip_text(record.get("ip"))
    if ip is None:
        raise ValueError("a masscan record without an address (ip)")
    seen_at = utc_moment(record.get("timestamp"))
    if "rec_type" in record:
        data = object_at(record, "data")
        banner = record.get("rec_type") == "banner"
        ports = [{**record, **({"service": {"name": data.get("service_name"), **data}} if banner else data)}]
    else:
        listed = record.get("ports")
        ports = [port for port in listed if isinstance(port, dict)] if isinstance(listed, list) else []
    for port in ports:
        service = object_at(port, "service")
        if service or text_at(port, "status") in (None, "open"):
            banner_text = service.get("banner")
            yield _observation(
                (ip, port.get("port"), text_at(port, "proto")),
                seen_at,
                text_at(service, "name"),
                _bytes_of(banner_text) if isinstance(banner_text, str) else b"",
            )


def _bytes_of(text: str) -> bytes:
    """Banner text to the bytes that it stands for, one character each; other text as UTF-8."""
    return text.encode("latin-1") if not text or max(text) < "\u0100" else clean(text).encode()


def _observation(
    endpoint: tuple[str, object, str | None], seen_at: str | None, name: str | None, banner: bytes
) -> Observation:
    ip, port, transport = endpoint
    transport = transport or "tcp"
    service, fields = masscan_banner(name, banner, transport)
    return Observation(
        source=SOURCE,
        observed_at=seen_at,
        ip=ip,
        port=port_number(port),
        transport=transport,
        service=service,
        fields=bounded_fields({key: value for key, value in fields.items() if value is not None}),
    )


def read_masscan_list(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The observations of an ``-oL`` file: ``open tcp 80 192.0.2.10 1785522037``, and ``banner`` lines."""
    for piece in numbered_lines(chunks):
        if piece.problem is not None:
            yield BadLine(piece.line, piece.problem, file)
            continue
        line = piece.data.decode("utf-8", "replace").strip()
        kind, *words = line.split(" ", 6)
        if line.startswith("#") or kind in ("closed", "up", "unknown"):
            continue
        ip = ip_text(words[2]) if len(words) >= 3 else None
        if ip is None or kind not in ("open", "banner"):
            yield BadLine(piece.line, _cut_or(piece, "not a line of a masscan list"), file)
            continue
        name = words[4] if len(words) > 4 and kind == "banner" else None
        banner = unescaped(words[5]) if name is not None and len(words) > 5 else b""
        seen_at = utc_moment(words[3]) if len(words) > 3 else None
        yield _observation((ip, words[1], words[0]), seen_at, name, banner)


def read_masscan_xml(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The observations of an ``-oX`` file: nmap's form, a host element for each port, and IPv6 called ipv4."""
    for found in XmlRecords("nmaprun", "host", "ports/port").read(chunks):
        if isinstance(found, XmlProblem):
            yield BadLine(found.line, found.reason, file)
        else:
            yield from host_items(found, None, SOURCE, file)
