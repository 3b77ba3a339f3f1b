"""What would settle a device that is not settled: which fact is missing, and where a person finds it."""

from __future__ import annotations

from fingerprints.database_loader import Database
from fingerprints.schema import Relation
from reports.document import DeviceReport, Stakeholder
from reports.planning.first_replacement import SURE, first_replacements

_MAX_RELATIONS = 6


def open_questions(device: DeviceReport, database: Database, stakeholder: Stakeholder) -> tuple[str, ...]:
    """Sentences, the most telling first; empty where nothing is open about who made it and what it is."""
    if "honeypot" in device.tags:
        return ("Find out who runs it: it pretends to be many things, so nothing that it says counts.",)
    return tuple(dict.fromkeys([*_makers(device, database), *_planned(device, stakeholder), *_others(device)]))


def _makers(device: DeviceReport, database: Database) -> list[str]:
    """Who made devices of the label in which years, where several are possible."""
    if device.manufacturer or len(device.manufacturer_candidates) < 2:
        return []
    label = database.brands.get(device.brand or "")
    if label is None:
        names = " or ".join(device.manufacturer_candidates)
        return [f"The signs fit several makers ({names}): what is asked below tells which."]
    told = [_relation(relation) for relation in label.relations[:_MAX_RELATIONS]]
    return [f"Who made {label.brand} devices: {'; '.join(told)}."]


def _relation(relation: Relation) -> str:
    since = f" from {relation.since}" if relation.since else ""
    until = f" until {relation.until}" if relation.until else ""
    return f"{relation.maker}{since}{until} ({relation.certainty} certainty)"


def _planned(device: DeviceReport, stakeholder: Stakeholder) -> list[str]:
    """What the replacement plan asks first, for devices that are covered or may be."""
    items = first_replacements([device], stakeholder)
    return list(items[0].settle_first) if items else []


def _others(device: DeviceReport) -> list[str]:
    questions = []
    planned = device.covered in ("yes", "possible")
    if not device.manufacturer_candidates:
        questions.append("Read maker and model from the label on the housing: no sign of it is known here.")
        if not device.mac:
            questions.append(
                "Read its MAC address from the label, the switch or the router; it may tell the maker."
            )
        questions.append("Scan it again with --thorough, from its own network: discovery does not cross routers.")
    elif device.confidence < SURE and not planned:
        questions.append("Confirm the maker by the label on the housing; the signs are few.")
    if device.conflicts:
        questions.append(
            "Look whether two devices share the address (a forwarded port, an address that was given anew): "
            "signs of different makers were seen."
        )
    if device.manufacturer_candidates and device.class_ == "unknown" and not planned:
        questions.append("Find out what kind of device it is; no sign says so.")
    elif device.manufacturer and not device.model and not planned:
        questions.append(
            "Read the model from the label on the housing, or from its page after you log in yourself."
        )
    return questions
