"""Counts as bars: how the devices are spread over makers, classes, countries and networks."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from measurement.counts import count_by
from reports.device_words import covered_value
from reports.document import DeviceReport
from reports.html.device_view import shown
from reports.summary import CoveredCounts
from reports.wording import COVERED_ORDER, wording

MAX_BARS = 12
"""Bars of one chart; the rest is one bar."""


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a bar, in percent of the chart's width: where it begins, how long it is, whom it counts."""

    covered: str
    start: float
    width: float
    label: str


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One value with its counts, and its bar in pieces by ``covered``."""

    label: str
    devices: int
    addresses: int
    segments: tuple[Segment, ...]


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A table of counts that is drawn as bars."""

    title: str
    heading: str
    bars: tuple[Bar, ...]


def segments(counts: CoveredCounts, full: int) -> tuple[Segment, ...]:
    """The pieces of a bar in which ``full`` devices fill the whole width."""
    made: list[Segment] = []
    start = 0.0
    for covered in COVERED_ORDER:
        number = getattr(counts, covered)
        if number and full:
            width = 100 * number / full
            label = f"{number:,} {wording().covered_word(covered).plural}"
            made.append(Segment(covered=covered, start=round(start, 3), width=round(width, 3), label=label))
            start += width
    return tuple(made)


def _bars(devices: Sequence[DeviceReport], key: str) -> tuple[Bar, ...]:
    """Bars for the values of ``key``, the largest first, at most ``MAX_BARS`` and one for the rest."""
    counts = count_by(devices, key)
    by_covered = {
        covered: {
            one.value: one.devices
            for one in count_by([each for each in devices if covered_value(each) == covered], key)
        }
        for covered in COVERED_ORDER
    }
    shares = {
        one.value: CoveredCounts(**{word: by_covered[word].get(one.value, 0) for word in COVERED_ORDER})
        for one in counts
    }
    kept, rest = (counts, ()) if len(counts) <= MAX_BARS + 1 else (counts[:MAX_BARS], counts[MAX_BARS:])
    others = CoveredCounts(
        **{word: sum(getattr(shares[one.value], word) for one in rest) for word in COVERED_ORDER}
    )
    full = max((*(one.devices for one in kept), others.total), default=0)
    bars = [
        Bar(
            label=shown(wording().device_class(one.value) if key == "class" and one.value else one.value)
            or "not known",
            devices=one.devices,
            addresses=one.addresses,
            segments=segments(shares[one.value], full),
        )
        for one in kept
    ]
    if rest:
        addresses = sum(one.addresses for one in rest)
        label = f"{len(rest):,} others"
        bars.append(Bar(label=label, devices=others.total, addresses=addresses, segments=segments(others, full)))
    return tuple(bars)


def charts(devices: Sequence[DeviceReport]) -> tuple[Chart, ...]:
    """The charts of ``devices``: countries and networks only where they are known for at least half of them."""
    if not devices:
        return ()
    placed = sum(1 for one in devices if one.location and one.location.country)
    routed = sum(1 for one in devices if one.asn)
    wanted = [
        ("manufacturer", "By maker", "Maker", True),
        ("class", "By class", "Class", True),
        ("country", "By country", "Country", 2 * placed >= len(devices)),
        ("network", "By network", "Network", 2 * routed >= len(devices)),
    ]
    return tuple(
        Chart(title=title, heading=heading, bars=_bars(devices, key))
        for key, title, heading, known in wanted
        if known
    )
