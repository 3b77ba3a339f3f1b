"""What is concluded about one device: who made it, how sure that is, and on which evidence."""

from __future__ import annotations

import msgspec

from fingerprints.observation import Asn, Location


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One fingerprint that matched: where, on which text, and how much it says (``weight`` 0..1).

    ``class_weight`` is how much it says about the class where that differs from ``weight``.
    ``description`` reads well after "because". ``claims`` holds what the match says (manufacturer, brand,
    class, model …). ``excerpt`` is raw device text, bounded: escape it on output.
    """

    fingerprint: str
    field: str
    family: str
    excerpt: str
    weight: float
    class_weight: float | None = None
    description: str = ""
    claims: dict[str, str] = {}
    ip: str | None = None
    port: int | None = None


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence that contradicts the conclusion: another manufacturer, and how strongly (0..1)."""

    about: str
    value: str
    strength: float
    fingerprints: tuple[str, ...]


class Identification(msgspec.Struct, frozen=True, kw_only=True):
    """Who made one device. ``confidence`` (0..1) is about ``manufacturer``, or about the candidates together.

    ``manufacturer`` is null when unknown or when several makers are possible; then
    ``manufacturer_candidates`` names them. ``tags`` may hold ``honeypot``, ``software``, ``misaddressed``,
    ``not-activated`` and ``locked``.
    """

    manufacturer: str | None = None
    manufacturer_candidates: tuple[str, ...] = ()
    brand: str | None = None
    class_: str = msgspec.field(default="unknown", name="class")
    model: str | None = None
    firmware: str | None = None
    firmware_date: str | None = None
    serial: str | None = None
    confidence: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    tags: tuple[str, ...] = ()


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One address and port at which a device was seen, with the service it spoke."""

    ip: str | None = None
    port: int | None = None
    transport: str | None = None
    service: str | None = None


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """One device: all the endpoints that were joined, and what they say together."""

    identification: Identification
    endpoints: tuple[Endpoint, ...]
    address: str | None = None
    addresses: tuple[str, ...] = ()
    mac: str | None = None
    hostname: str | None = None
    location: Location | None = None
    asn: Asn | None = None
    first_seen: str | None = None
    last_seen: str | None = None


class IdentificationLine(Identification, frozen=True, kw_only=True):
    """The public line that ``coverscan identify --json`` prints.

    ``covered`` (yes, possible, no, unknown) is about the maker alone and comes from ``regulations``.
    """

    v: int = 1
    id: str | None = None
    covered: str = "unknown"
