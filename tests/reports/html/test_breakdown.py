from __future__ import annotations

import msgspec
import pytest

from reports.document import DeviceReport, ReportDocument
from reports.html.breakdown import MAX_BARS, charts, segments
from reports.summary import CoveredCounts


def test_the_pieces_of_a_bar_fill_it_without_gaps() -> None:
    pieces = segments(CoveredCounts(yes=1, possible=2, no=4, unknown=1), 8)
    assert [piece.covered for piece in pieces] == ["yes", "possible", "unknown", "no"]
    end = 0.0
    for piece in pieces:
        assert piece.start == pytest.approx(end, abs=0.01)
        end = piece.start + piece.width
    assert end == pytest.approx(100, abs=0.01)
    assert pieces[0].label == "1 covered"
    assert segments(CoveredCounts(), 0) == ()


def test_charts_count_what_there_is(document: ReportDocument) -> None:
    makers, classes = charts(document.devices)
    assert [(bar.label, bar.devices, bar.addresses) for bar in makers.bars][:2] == [
        ("Hikvision", 5, 5),
        ("Axis", 2, 3),
    ]
    assert makers.bars[-1].label == "not known"
    assert [(bar.label, bar.devices) for bar in classes.bars] == [("camera", 12), ("recorder", 2)]
    assert sum(bar.devices for bar in makers.bars) == len(document.devices)


def test_places_are_shown_only_where_they_are_known(
    document: ReportDocument, imported_document: ReportDocument
) -> None:
    assert [chart.title for chart in charts(document.devices)] == ["By maker", "By class"]
    assert "By country" in [chart.title for chart in charts(imported_document.devices)]
    assert charts(()) == ()


def test_many_values_end_in_one_bar_for_the_rest() -> None:
    devices = [DeviceReport(manufacturer=f"Maker {number:02}", covered="no") for number in range(30)]
    bars = charts(devices)[0].bars
    assert len(bars) == MAX_BARS + 1
    assert (bars[-1].label, bars[-1].devices) == ("18 others", 18)
    assert sum(bar.devices for bar in bars) == 30
    assert all(piece.start >= 0 and piece.start + piece.width <= 100.01 for bar in bars for piece in bar.segments)


def test_hostile_values_are_shown_as_signs() -> None:
    (makers, *_) = charts([msgspec.structs.replace(DeviceReport(), manufacturer="\x1b<b>")])
    assert makers.bars[0].label == "␛<b>"
