"""Devices as the page shows them: every value a bounded, visible text, ready for a cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from fingerprints.identification import Endpoint, Evidence
from reports.device_words import (
    address_order,
    covered_value,
    device_key,
    item_key,
    maker_text,
    most_urgent_first,
    percent,
)
from reports.document import DeviceReport, ReportDocument
from reports.law_answers import GroupKey, group_key, worst_for_owner
from reports.visible_text import visible
from reports.wording import wording

MAX_TEXT = 300
"""Characters of a device's own text in a cell."""

MAX_EXCERPT = 600
"""Characters of an evidence's excerpt."""

MAX_LISTED = 40
"""Addresses, evidence, ports of one device that are listed; report.json holds them all."""


class EvidenceView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sign: what it means, on which text it rests, where it was read, how strong it is."""

    because: str = ""
    excerpt: str = ""
    where: str = ""
    strength: str = ""


class DeviceView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of the device table and what opens below it. ``order`` keys sort columns whose text does not.

    ``number`` is the place in the page's own order, from 1. ``law`` is the number of the group of devices with
    the same answers, 0 where the law was not asked.
    """

    number: int = 0
    address: str = ""
    address_order: int = 0
    ports: str = ""
    name: str = ""
    subtitle: str = ""
    maker: str = ""
    device_class: str = ""
    covered: str = ""
    covered_label: str = ""
    confidence: int = 0
    confidence_label: str = ""
    firmware: str = ""
    firmware_date: str = ""
    answer: str = ""
    answer_tone: str = ""
    answer_order: int = 99
    priority: int = 0
    priority_label: str = ""
    law: int = 0
    finding: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    evidence: tuple[EvidenceView, ...] = ()
    against: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def shown(text: str | None, max_chars: int = MAX_TEXT) -> str:
    """A device's own text for the page; empty for null."""
    return visible(text, max_chars) if text else ""


def listed(texts: Sequence[str], separator: str = ", ") -> str:
    """Several texts in one, at most ``MAX_LISTED`` of them, with a word about the rest."""
    kept = separator.join(shown(text) for text in texts[:MAX_LISTED])
    left_out = len(texts) - MAX_LISTED
    return f"{kept} and {left_out:,} more" if left_out > 0 else kept


def moment(text: str | None) -> str:
    """An RFC 3339 time as people read it, ``2026-11-24 09:15 UTC``; any other text as it is."""
    if not text:
        return ""
    date, mark, rest = text.partition("T")
    if not mark or len(date) != 10 or len(rest) < 5:
        return shown(text)
    zone = "UTC" if rest.endswith(("Z", "+00:00")) else rest[8:]
    return shown(f"{date} {rest[:5]} {zone}".strip())


def evidence_view(item: Evidence) -> EvidenceView:
    """One piece of evidence for the page."""
    place = f"{item.ip or ''}{f' port {item.port}' if item.port is not None else ''}".strip()
    where = f"{item.field} at {place}" if place else item.field
    return EvidenceView(
        because=shown(item.description, MAX_EXCERPT) or "a known sign of this maker",
        excerpt=shown(item.excerpt, MAX_EXCERPT),
        where=shown(f"{where}, fingerprint {item.fingerprint}"),
        strength=f"{item.weight:.2f}".rstrip("0").rstrip("."),
    )


def _endpoint(end: Endpoint, address: str | None) -> str:
    place = f"{end.ip} " if end.ip and end.ip != address else ""
    return f"{place}{end.port}/{end.transport or 'tcp'}{f' {end.service}' if end.service else ''}"


def _endpoints(device: DeviceReport) -> str:
    answered = [_endpoint(end, device.address) for end in device.endpoints if end.port is not None]
    return listed(answered) or ", ".join(map(str, device.ports[:MAX_LISTED]))


def _network(device: DeviceReport) -> str:
    if device.asn is None:
        return ""
    number = "" if device.asn.number is None else f"AS{str(device.asn.number).upper().removeprefix('AS')}"
    return shown(" ".join(part for part in (number, device.asn.org) if part))


_FACTS: Mapping[str, Callable[[DeviceReport], str]] = {
    "Also at": lambda device: listed([text for text in device.addresses if text != device.address]),
    "Answered on": _endpoints,
    "MAC address": lambda device: shown(device.mac),
    "Host name": lambda device: shown(device.hostname),
    "Brand on the label": lambda device: shown(device.brand if device.brand != device.manufacturer else None),
    "Serial number": lambda device: shown(device.serial),
    "Place": lambda device: shown(
        ", ".join(part for part in (device.location.city, device.location.country) if part)
        if device.location
        else None
    ),
    "Network": _network,
    "First seen": lambda device: moment(device.first_seen),
    "Last seen": lambda device: moment(device.last_seen),
}


def _name(device: DeviceReport) -> str:
    class_name = "device" if device.class_ == "unknown" else wording().device_class(device.class_)
    label = device.brand or device.manufacturer or ""
    return shown(device.model or f"{label} {class_name}".strip())


def _subtitle(device: DeviceReport) -> str:
    """What stands below the name: the class where the name does not say it, another label, the host name."""
    relabelled = device.brand and device.manufacturer and device.brand != device.manufacturer
    parts = [
        wording().device_class(device.class_) if device.model else "",
        f"sold as {device.brand}" if relabelled else "",
        device.hostname or "",
    ]
    return shown(", ".join(part for part in parts if part))


def _finding(device: DeviceReport) -> str:
    """The heading above the evidence, which is read after it."""
    maker = shown(maker_text(device))
    if not device.evidence:
        return f"Maker {maker}; no sign was recorded" if maker == "unknown" else f"{maker}; no sign was recorded"
    if maker == "unknown":
        return "Maker unknown; this was seen:"
    return f"{maker}, {percent(device.confidence)} sure, because"


def _contradictions(device: DeviceReport) -> tuple[str, ...]:
    return tuple(
        shown(f"{one.about}: {one.value} (strength {one.strength:.2f}; {', '.join(one.fingerprints[:6])})")
        for one in device.conflicts[:MAX_LISTED]
    )


class DeviceViews:
    """Makes the views of a document's devices, which need the document's order, priorities and law groups."""

    def __init__(self, document: ReportDocument, law_numbers: Mapping[GroupKey, int]) -> None:
        self._document = document
        self._law_numbers = law_numbers
        self._priorities = {item_key(item): item for item in document.replacements}
        ordered = sorted({device.address for device in document.devices}, key=address_order)
        self._address_places = {address: place for place, address in enumerate(ordered)}

    def all(self) -> tuple[DeviceView, ...]:
        """The views, most urgent first."""
        devices = most_urgent_first(self._document.devices, self._document.replacements)
        return tuple(self.view(device, number) for number, device in enumerate(devices, 1))

    def view(self, device: DeviceReport, number: int) -> DeviceView:
        """One device's view."""
        covered = covered_value(device)
        answer, tone, severity = self._answer(device)
        item = self._priorities.get(device_key(device))
        return DeviceView(
            number=number,
            address=shown(device.address) or "no address",
            address_order=self._address_places.get(device.address, len(self._address_places)),
            ports=", ".join(map(str, device.ports[:MAX_LISTED])),
            name=_name(device),
            subtitle=_subtitle(device),
            maker=shown(maker_text(device)),
            device_class=shown(wording().device_class(device.class_)),
            covered=covered,
            covered_label=wording().covered_word(covered).label,
            confidence=round(min(1.0, max(0.0, device.confidence)) * 100),
            confidence_label=percent(device.confidence),
            firmware=shown(device.firmware),
            firmware_date=shown(device.firmware_date),
            answer=answer,
            answer_tone=tone,
            answer_order=severity,
            priority=item.priority if item else 0,
            priority_label=str(item.priority) if item else "",
            law=self._law_numbers.get(group_key(device), 0) if device.determinations else 0,
            finding=_finding(device),
            facts=tuple((label, text) for label, fact in _FACTS.items() if (text := fact(device))),
            evidence=tuple(evidence_view(one) for one in device.evidence[:MAX_LISTED]),
            against=_contradictions(device),
            notes=_notes(device),
        )

    def _answer(self, device: DeviceReport) -> tuple[str, str, int]:
        """The worst answer about an act of the owner: its words, tone and severity."""
        words = wording()
        one = worst_for_owner(device.determinations)
        if one is None:
            return "not asked", "none", 99
        said = words.determination(one.determination)
        severity = words.severity(one.determination)
        if said.tone in ("clear", "none", "listed"):
            return "no bar found", said.tone, severity
        if not self._document.stakeholder.stated and said.tone in ("barred", "conditional"):
            return "depends on who asks", "conditional", severity
        return f"{said.short}: {words.act(one.act)}", said.tone, severity


def _notes(device: DeviceReport) -> tuple[str, ...]:
    tags = wording().tags
    notes = [f"{shown(tag)}: {tags[tag]}" if tag in tags else shown(tag) for tag in device.tags[:MAX_LISTED]]
    if device.manufacturer_candidates and not device.manufacturer:
        notes.append(f"possible makers: {listed(device.manufacturer_candidates)}")
    left_out = len(device.evidence) - MAX_LISTED
    if left_out > 0:
        notes.append(f"{left_out:,} more signs are in report.json")
    return tuple(notes)


def host_line(device: DeviceReport) -> tuple[str, str, str]:
    """A host that is in no count, in three texts: where, what it showed, remarks."""
    where = shown(device.address) or "no address"
    ports = ", ".join(map(str, device.ports[:MAX_LISTED]))
    what = shown(device.hostname or wording().device_class(device.class_))
    remarks: Iterable[str] = [*_notes(device), *(evidence_view(item).because for item in device.evidence[:3])]
    label = "port" if len(device.ports) == 1 else "ports"
    return f"{where}{f' {label} {ports}' if ports else ''}", what, "; ".join(remarks)
