"""The one document between analysis and every renderer: typed, versioned, saved, loadable again.

A renderer gets this and nothing else, so a report of last year can be made again without a scanner or a
network. ``report.json`` is this document. Texts from devices are raw in here: each renderer escapes.
"""

from __future__ import annotations

import msgspec

from fingerprints.identification import Endpoint, IdentificationLine
from fingerprints.observation import Asn, Location
from inventory.manifest import ImportedFile
from regulations.determination import Determination
from scanner.authorization import Authorization

SCHEMA = "coverscan-report/1"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """How the observations were made. ``kind`` is scan, import or demo; ``status`` complete, partial or running.

    ``counts`` are numbers of targets and of probe outcomes by name (``targets``, ``targets done``,
    ``addresses answered``, ``probe: timed-out`` …).
    """

    kind: str
    status: str
    started_at: str
    finished_at: str | None = None
    command: str = ""
    operator_name: str | None = None
    site: str | None = None
    targets: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    authorization: Authorization | None = None
    engine: str | None = None
    profile: str | None = None
    rate_per_second: float | None = None
    ports: tuple[int, ...] = ()
    counts: dict[str, int] = {}
    inputs: tuple[ImportedFile, ...] = ()
    notes: tuple[str, ...] = ()


class Stakeholder(msgspec.Struct, frozen=True, kw_only=True):
    """For whom the law was asked. ``stated`` is false where nobody said: then a panel of operators is shown."""

    operators: tuple[str, ...]
    use: str = "unknown"
    state: str | None = None
    as_of: str
    stated: bool = False


class DeviceReport(IdentificationLine, frozen=True, kw_only=True):
    """One device as reported: the identification line, where it is, and what the law says of it."""

    address: str | None = None
    addresses: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    mac: str | None = None
    hostname: str | None = None
    location: Location | None = None
    asn: Asn | None = None
    first_seen: str | None = None
    last_seen: str | None = None
    determinations: tuple[Determination, ...] = ()


class NotLookedAt(msgspec.Struct, frozen=True, kw_only=True):
    """A target, or a part of one, that the run says nothing about, and why."""

    target: str
    reason: str


class ReplacementItem(msgspec.Struct, frozen=True, kw_only=True):
    """One device that should be looked at for replacement: why, how urgent (1 first), like for like, until then.

    ``address`` and ``ports`` are the device's own: together they tell it from others at the same address.
    """

    address: str | None
    ports: tuple[int, ...] = ()
    device: str
    priority: int
    why: str
    rests_on: tuple[str, ...]
    replace_with: str
    until_then: tuple[str, ...]
    settle_first: tuple[str, ...] = ()


class SourceNote(msgspec.Struct, frozen=True, kw_only=True):
    """A source that determinations cite: its key, what it is, where, and how it was read."""

    key: str
    title: str
    url: str | None = None
    grade: str | None = None


class RegimeNote(msgspec.Struct, frozen=True, kw_only=True):
    """A regime of law in plain words: whom it binds, what it forbids, and what it does not do."""

    key: str
    name: str
    binds: str
    forbids: str
    does_not: str
    in_force_from: str | None
    authority: tuple[str, ...]


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    """Which knowledge the document was made with: versions, dates, sources."""

    coverscan_version: str
    fingerprints: int
    fingerprints_sha256: str
    law_last_verified: str
    regimes: tuple[RegimeNote, ...] = ()
    sources: tuple[SourceNote, ...] = ()
    limits: tuple[str, ...] = ()
    disclaimer: str = ""


class ReportDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What there is, what the law says of it, what to do first; and how and with what it was found out.

    ``devices`` are named or camera-like; ``other_hosts`` answered but showed no sign of a maker in scope;
    ``set_apart`` are honeypots and tarpits, which are in no count.
    """

    schema: str = SCHEMA
    title: str
    generated_at: str
    run: Run
    stakeholder: Stakeholder
    devices: tuple[DeviceReport, ...] = ()
    other_hosts: tuple[DeviceReport, ...] = ()
    set_apart: tuple[DeviceReport, ...] = ()
    not_looked_at: tuple[NotLookedAt, ...] = ()
    replacements: tuple[ReplacementItem, ...] = ()
    knowledge: Knowledge
