"""A document as a short plain text for the terminal: counts, one line a device, the next step."""

from __future__ import annotations

from collections.abc import Sequence

from reports.device_words import (
    covered_value,
    device_text,
    most_urgent_first,
    percent,
    place_text,
    shared_addresses,
)
from reports.document import DeviceReport, ReportDocument
from reports.summary import covered_counts, headline, looked_at, next_step, partial_stamp
from reports.terminal_text import pad, terminal_text, text_columns, wrapped
from reports.wording import COVERED_ORDER, wording

WIDTH = 80
"""Columns of the text unless the caller knows better."""

MAX_DEVICES = 200
"""Lines of devices unless the caller asks for more; what is left out is said."""


_MARKS = {"yes": "covered", "possible": "possible", "no": "no", "unknown": "unknown"}


def _device_lines(devices: Sequence[DeviceReport], width: int, max_devices: int) -> list[str]:
    shared = shared_addresses(devices)
    places = [place_text(one.address, one.ports, shared) for one in devices[:max_devices]]
    place_width = min(width // 3, max((text_columns(terminal_text(place)) for place in places), default=0))
    lines = []
    for device, place in zip(devices, places, strict=False):
        covered = covered_value(device)
        confidence = f"{percent(device.confidence):>4}" if covered != "unknown" else "   –"
        fixed = f"{pad(_MARKS[covered], 9)}{pad(place, place_width)} {confidence}  "
        lines.append((fixed + terminal_text(device_text(device), width - text_columns(fixed))).rstrip())
    if len(devices) > max_devices:
        lines.append(f"… and {len(devices) - max_devices:,} more in the report")
    return lines


def _asked_for(document: ReportDocument) -> str:
    stakeholder = document.stakeholder
    if not stakeholder.stated:
        return wording().state_operator
    operators = ", ".join(wording().operator(word) for word in stakeholder.operators)
    return f"The law was asked for: {operators}; as of {stakeholder.as_of}."


def summarize(document: ReportDocument, *, width: int = WIDTH, max_devices: int = MAX_DEVICES) -> str:
    """The text of ``document``, at most ``width`` columns wide (40 or more), ending in a newline.

    Device text is made safe for a terminal. A summary of nothing says what was looked at.
    """
    width = max(40, width)
    counts = covered_counts(document.devices)
    words = wording().covered
    numbers = ", ".join(f"{getattr(counts, key):,} {words[key].plural}" for key in COVERED_ORDER)
    apart = f"; {len(document.set_apart):,} set apart as decoys" if document.set_apart else ""
    others = f"; {len(document.other_hosts):,} other hosts" if document.other_hosts else ""
    stamp = partial_stamp(document)
    lines = [*wrapped(document.title, width), *(wrapped(stamp, width) if stamp else []), ""]
    lines += wrapped(headline(document), width)
    lines += wrapped(f"{numbers}{others}{apart}.", width)
    lines += wrapped(looked_at(document), width)
    devices = most_urgent_first(document.devices, document.replacements)
    if devices:
        lines += ["", *_device_lines(devices, width, max_devices)]
    lines += ["", *wrapped(_asked_for(document), width)]
    lines += ["", *wrapped(f"Next: {next_step(document)}", width)]
    return "\n".join(lines) + "\n"
