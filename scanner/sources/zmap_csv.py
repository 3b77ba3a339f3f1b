"""Reads ZMap's results: bare addresses, one a line, or CSV or JSON lines with ``saddr`` and what was asked for.

A reply is an open port only where ``success`` is not 0; a UDP reply's bytes are read as the probes read them.
Source: ZMap's module_csv.c and module_json.c.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Iterator, Mapping

from fingerprints.observation import Observation, bounded_fields
from scanner.sources.banner import banner_fields
from scanner.sources.decompression import Chunk
from scanner.sources.json_access import decode_json, port_number, text_of
from scanner.sources.reading import BadLine, Item
from scanner.sources.text_rows import TextLine, delimited_rows, text_lines
from scanner.sources.tool_values import ip_text, utc_moment

SOURCE = "zmap-file"


def read_zmap(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The observations of a file; ``document`` is of no account here."""
    header: list[str] | None = None
    for line in text_lines(chunks, file):
        if isinstance(line, BadLine):
            yield line
        elif line.startswith("{"):
            yield from _from_json(line, file)
        elif not line.startswith("#"):
            for row in delimited_rows([line], file, ","):
                if isinstance(row, BadLine):
                    yield row
                elif "saddr" in row:
                    header = list(row)
                else:
                    told = dict(zip(header or ["saddr"], row, strict=False))
                    yield from _from_values(told, line, file, whole=header is None or len(row) >= len(header))


def _from_json(line: TextLine, file: str) -> Iterator[Item]:
    try:
        value = decode_json(line.encode("utf-8", "replace"))
    except ValueError as error:
        yield BadLine(line.number, str(error) if line.ended else "the last line is cut off", file)
        return
    told = {key: text_of(item) or "" for key, item in value.items()} if isinstance(value, dict) else {}
    yield from _from_values(told, line, file, whole=True)


def _from_values(told: Mapping[str, str], line: TextLine, file: str, *, whole: bool) -> Iterator[Item]:
    ip = ip_text(told.get("saddr"))
    if ip is None or (not whole and not line.ended):
        yield BadLine(
            line.number, "not a row of a ZMap result" if line.ended else "the last line is cut off", file
        )
        return
    if told.get("success") in ("0", "False", "false") or told.get("classification") in ("rst", "icmp"):
        return
    udp = told.get("classification") == "udp"
    transport = "udp" if udp else "tcp"
    try:
        data = binascii.unhexlify(told.get("data") or "")
    except (binascii.Error, ValueError):
        data = b""
    service, fields = banner_fields(data, transport=transport)
    yield Observation(
        source=SOURCE,
        observed_at=utc_moment(told.get("timestamp_ts") or told.get("timestamp_str")),
        ip=ip,
        port=port_number(told.get("sport")),
        transport=transport if "sport" in told else None,
        service=service,
        fields=bounded_fields({name: value for name, value in fields.items() if value is not None}),
    )
