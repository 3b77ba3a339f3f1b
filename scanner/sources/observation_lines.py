"""Reads and writes observations in their public line format (docs/line-formats.md): a JSON object a line.

Reading ignores unknown keys (labelled corpora carry more), takes wrong types as absent, and keeps the fields to
their bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from fingerprints.observation import Asn, Location, Observation, bounded_fields
from scanner.sources.decompression import Chunk
from scanner.sources.json_access import (
    JsonObject,
    clean,
    coordinate,
    decode_json,
    object_at,
    port_number,
    text_at,
    whole_number,
)
from scanner.sources.reading import BadLine, Item
from scanner.sources.text_lines import ObjectSplitter, numbered_lines

VERSION = 1


def read_observations(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The observations and bad lines of a file in UTF-8; ``document`` where it is one JSON array."""
    for piece in ObjectSplitter().split(chunks) if document else numbered_lines(chunks):
        if piece.problem is not None:
            yield BadLine(piece.line, piece.problem, file)
            continue
        try:
            yield observation_from_line(piece.data)
        except ValueError as error:
            cut = "" if piece.ended else "the last line is cut off: "
            yield BadLine(piece.line, clean(f"{cut}{error}"), file)


class _UsualLine(msgspec.Struct):
    """A line as this program and careful others write it: the types are right, and it is read twice as fast."""

    fields: dict[str, str | list[str] | None]
    v: int = VERSION
    source: str | None = None
    id: str | None = None
    observed_at: str | None = None
    ip: str | None = None
    port: int | None = None
    transport: str | None = None
    service: str | None = None
    mac: str | None = None
    hostname: str | None = None
    target: str | None = None
    location: dict[str, Any] | None = None
    asn: dict[str, Any] | None = None


_decode_usual = msgspec.json.Decoder(_UsualLine).decode


def observation_from_line(line: bytes) -> Observation:
    """The observation on one line; raises ``ValueError`` with the reason where there is none."""
    try:
        usual = _decode_usual(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _from_any_line(line)
    if usual.v > VERSION:
        return _from_any_line(line)
    return Observation(
        source=usual.source or "unknown",
        id=usual.id or None,
        observed_at=usual.observed_at or None,
        ip=usual.ip or None,
        port=port_number(usual.port),
        transport=usual.transport or None,
        service=usual.service or None,
        mac=usual.mac or None,
        hostname=usual.hostname or None,
        target=usual.target or None,
        fields=bounded_fields(usual.fields),
        location=_location(usual.location) if usual.location else None,
        asn=_asn(usual.asn) if usual.asn else None,
    )


def _from_any_line(line: bytes) -> Observation:
    """The observation on a line whose types may be wrong."""
    value = decode_json(line)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return observation_from_object(value)


def observation_from_object(value: JsonObject) -> Observation:
    """The observation that a decoded line holds; raises ``ValueError`` where it is none."""
    version = value.get("v", VERSION)
    if isinstance(version, int) and version > VERSION:
        raise ValueError(f"an observation of format version {version}; this program reads version {VERSION}")
    fields = value.get("fields")
    if not isinstance(fields, dict):
        raise ValueError("JSON, but not an observation: it has no fields")
    return Observation(
        source=text_at(value, "source") or "unknown",
        id=text_at(value, "id"),
        observed_at=text_at(value, "observed_at"),
        ip=text_at(value, "ip"),
        port=port_number(value.get("port")),
        transport=text_at(value, "transport"),
        service=text_at(value, "service"),
        mac=text_at(value, "mac"),
        hostname=text_at(value, "hostname"),
        target=text_at(value, "target"),
        fields=bounded_fields(fields),
        location=_location(object_at(value, "location")),
        asn=_asn(object_at(value, "asn")),
    )


def _location(place: JsonObject) -> Location | None:
    location = Location(
        country=text_at(place, "country"),
        city=text_at(place, "city"),
        lat=coordinate(place.get("lat"), 90),
        lon=coordinate(place.get("lon"), 180),
    )
    return location if location != Location() else None


def _asn(network: JsonObject) -> Asn | None:
    number = whole_number(network.get("number"))
    asn = Asn(number=number if number is not None else text_at(network, "number"), org=text_at(network, "org"))
    return asn if asn != Asn() else None


def observation_line(observation: Observation) -> bytes:
    """The line for an observation, its line end included."""
    return msgspec.json.encode(observation) + b"\n"
