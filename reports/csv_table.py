"""``report.csv``: one heading line and one line a device, for planners and spreadsheets.

RFC 4180 in UTF-8: commas, double quotes, CRLF. Values that a spreadsheet might run as a formula begin with an
apostrophe, and control characters are shown as signs, so that a record never spans lines. Columns keep their
names and order from version to version; new ones are added before the columns of law, which come last because
they depend on the lists and acts that the document was asked about.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping

from fingerprints.observation import Asn
from regulations.determination import NOT_LEGAL_ADVICE, Determination
from reports.device_words import device_key, item_key
from reports.document import DeviceReport, ReportDocument
from reports.law_answers import ActKey, act_keys, worst_by_act
from reports.render_options import RenderOptions
from reports.visible_text import visible

MAX_CELL = 8_192
"""The longest cell in characters; a spreadsheet takes 32,767."""

_MAX_EVIDENCE = 12
_MAX_EXCERPT = 80

# A spreadsheet takes these as the start of a formula, also in full width and behind blanks. After a semicolon
# as well: in countries where the semicolon parts the columns, what follows it is a cell of its own.
_FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@\t\r\n＝＋－＠|%])")


def csv_cell(text: str) -> str:
    """``text`` as the content of a cell: no formula, no control character, bounded. Quoting is csv's work.

    The one way for device text to reach the table.
    """
    return visible(_FORMULA.sub(r"\1'\2", text), MAX_CELL)


def _joined(values: tuple[str, ...]) -> str:
    # A semicolon inside a value would read as two values.
    return "; ".join(value.replace(";", ",") for value in values)


def _network(asn: Asn | None) -> str:
    if asn is None:
        return ""
    number = "" if asn.number is None else f"AS{str(asn.number).upper().removeprefix('AS')}"
    return " ".join(part for part in (number, asn.org) if part)


def _evidence(device: DeviceReport) -> str:
    items = [
        f"{item.fingerprint} ({item.field}: {visible(item.excerpt, _MAX_EXCERPT)})"
        for item in device.evidence[:_MAX_EVIDENCE]
    ]
    left_out = len(device.evidence) - _MAX_EVIDENCE
    return _joined((*items, f"{left_out} more in report.json") if left_out > 0 else tuple(items))


COLUMNS: Mapping[str, Callable[[DeviceReport], str]] = {
    "address": lambda device: device.address or "",
    "addresses": lambda device: _joined(device.addresses),
    "ports": lambda device: _joined(tuple(str(port) for port in device.ports)),
    "mac": lambda device: device.mac or "",
    "hostname": lambda device: device.hostname or "",
    "manufacturer": lambda device: device.manufacturer or "",
    "manufacturer_candidates": lambda device: _joined(device.manufacturer_candidates),
    "brand": lambda device: device.brand or "",
    "class": lambda device: device.class_,
    "model": lambda device: device.model or "",
    "firmware": lambda device: device.firmware or "",
    "firmware_date": lambda device: device.firmware_date or "",
    "serial": lambda device: device.serial or "",
    "confidence": lambda device: f"{device.confidence:.2f}",
    "covered": lambda device: device.covered,
    "evidence": _evidence,
    "contradicted_by": lambda device: _joined(tuple(f"{one.about}: {one.value}" for one in device.conflicts)),
    "tags": lambda device: _joined(device.tags),
    "first_seen": lambda device: device.first_seen or "",
    "last_seen": lambda device: device.last_seen or "",
    "country": lambda device: (device.location and device.location.country) or "",
    "city": lambda device: (device.location and device.location.city) or "",
    "network": lambda device: _network(device.asn),
}
"""The columns about the device itself, in order; then come ``replacement_priority`` and ``operators``."""


def law_column(key: ActKey) -> str:
    """The heading of a regime and act: ``S889_B/own_use``."""
    return "/".join(key)


LAW_GROUNDS = ("law_grounds", "not_legal_advice")
"""The last columns: on what each answer rests, and what such answers are."""


def _ground(one: Determination) -> str:
    """``S889_B/own_use since 2020-08-13: rule …, sources S22 S23, grade V, verified 2026-06-07``."""
    since = f" since {one.from_}" if one.from_ else ""
    until = f" until {one.to}" if one.to else ""
    sources = " ".join(one.cite)
    act = law_column((one.regime, one.act))
    return (
        f"{act}{since}{until}: rule {one.rule}, sources {sources}, grade {one.grade}, verified {one.last_verified}"
    )


def render(document: ReportDocument, options: RenderOptions) -> bytes:
    """The devices of ``document`` as CSV; no option changes it.

    A column of law holds the worst determination over the operators in ``operators``, empty where the device
    was not asked about.
    """
    priorities = {item_key(item): item.priority for item in document.replacements}
    law = act_keys(document)
    operators = _joined(document.stakeholder.operators)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    headings = [*COLUMNS, "replacement_priority", "operators", *map(law_column, law), *LAW_GROUNDS]
    writer.writerow([csv_cell(heading) for heading in headings])
    for device in document.devices:
        answers = worst_by_act(device.determinations)
        cells = [column(device) for column in COLUMNS.values()]
        cells.append(str(priorities.get(device_key(device), "")))
        cells.append(operators)
        cells.extend(answers[key].determination if key in answers else "" for key in law)
        cells += [_joined(tuple(_ground(answers[key]) for key in law if key in answers)), NOT_LEGAL_ADVICE]
        writer.writerow([csv_cell(cell) for cell in cells])
    return out.getvalue().encode("utf-8")
