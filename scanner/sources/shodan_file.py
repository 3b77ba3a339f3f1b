"""Reads a Shodan download: a banner a line, plain or compressed; also arrays and whole answers of the API.

Nothing is raised for what the file holds: a line that is no banner becomes a ``BadLine``, and reading goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanner.sources.decompression import Chunk
from scanner.sources.json_access import JsonObject, clean, decode_json
from scanner.sources.reading import BadLine, Item
from scanner.sources.shodan_record import address_of, observations_from_record
from scanner.sources.text_lines import ObjectSplitter, Piece, numbered_lines

_BANNER_KEYS = frozenset({"_shodan", "ip_str", "ipv6", "hash", "transport"})
_HOST_KEYS = (
    "ip_str",
    "ip",
    "hostnames",
    "org",
    "isp",
    "asn",
    "country_code",
    "city",
    "latitude",
    "longitude",
    "tags",
)
"""What an answer about a host says once for all its banners."""

_NO_ADDRESS = "a banner without an address (ip_str); was the file written with --fields?"


def is_document(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is one JSON document rather than a value on each line."""
    text = head.lstrip()
    if text.startswith(b"["):
        return text[1:].lstrip()[:1] in (b"{", b"")
    first, line_end, following = text.partition(b"\n")
    whole = first.rstrip().endswith(b"}")
    return text.startswith(b"{") and bool(line_end) and not whole and not following.lstrip().startswith(b"{")


def read_shodan(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The observations and bad lines of a download in UTF-8; ``document`` as ``is_document`` says."""
    without_address = 0
    for piece in ObjectSplitter().split(chunks) if document else numbered_lines(chunks):
        if piece.problem is not None:
            yield BadLine(piece.line, piece.problem, file)
            continue
        try:
            banners = banners_in(_object(piece))
        except ValueError as error:
            yield BadLine(piece.line, clean(str(error)), file)
            continue
        for banner in banners:
            if address_of(banner) is None:
                without_address += 1
                if without_address == 1:  # said once: a file written with --fields has millions of them
                    yield BadLine(piece.line, _NO_ADDRESS, file)
                continue
            yield from observations_from_record(banner)
    if without_address > 1:
        yield BadLine(None, f"{without_address} banners without an address in all", file)


def _object(piece: Piece) -> JsonObject:
    try:
        value = decode_json(piece.data)
    except ValueError as error:
        raise ValueError(str(error) if piece.ended else f"the last line is cut off ({error})") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def banners_in(value: JsonObject) -> list[JsonObject]:
    """The banners in a line or document: itself, or those of an API answer about a host or a search.

    Raises ``ValueError`` for an object that is none of these.
    """
    matches, data = value.get("matches"), value.get("data")
    if isinstance(matches, list) and "total" in value:
        return [match for match in matches if isinstance(match, dict)]
    if "ports" in value and "port" not in value and ("ip_str" in value or "ip" in value):
        return _host_banners(value, data)
    if _BANNER_KEYS.isdisjoint(value) and not ("port" in value and ("data" in value or "timestamp" in value)):
        raise ValueError("JSON, but not a Shodan banner")
    return [value]


def _host_banners(host: JsonObject, data: object) -> list[JsonObject]:
    """The banners of an answer about a host; one for each port where the answer leaves the banners out."""
    common: Mapping[str, Any] = {key: host[key] for key in _HOST_KEYS if key in host}
    if isinstance(data, list):
        return [{**common, **banner} for banner in data if isinstance(banner, dict)]
    ports = host["ports"] if isinstance(host["ports"], list) else []
    return [{**common, "port": port, "timestamp": host.get("last_update")} for port in ports]
