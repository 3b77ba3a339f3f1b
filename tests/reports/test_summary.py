from __future__ import annotations

import msgspec
import pytest

from reports.document import DeviceReport, ReportDocument
from reports.summary import covered_counts, headline, looked_at, next_step, partial_stamp


def _devices(yes: int = 0, possible: int = 0, no: int = 0, unknown: int = 0) -> tuple[DeviceReport, ...]:
    counts = {"yes": yes, "possible": possible, "no": no, "unknown": unknown}
    return tuple(DeviceReport(covered=word) for word, number in counts.items() for _ in range(number))


def test_counts_add_up(document: ReportDocument) -> None:
    counts = covered_counts(document.devices)
    assert (counts.yes, counts.possible, counts.no, counts.unknown) == (7, 2, 4, 1)
    assert counts.total == len(document.devices)


def test_a_strange_value_of_covered_counts_as_unknown() -> None:
    assert covered_counts([DeviceReport(covered="perhaps")]).unknown == 1


@pytest.mark.parametrize(
    ("devices", "sentence"),
    [
        (_devices(), "No camera, recorder or other device of a maker known here was found."),
        (_devices(yes=1, no=1), "1 of 2 devices comes from a maker on the FCC Covered List."),
        (_devices(yes=3, no=1), "3 of 4 devices come from a maker on the FCC Covered List."),
        (_devices(yes=3, possible=2), "3 of 5 devices come from a maker on the FCC Covered List; 2 more may."),
        (_devices(possible=1), "1 of 1 device may come from a maker on the FCC Covered List."),
        (_devices(no=2), "None of 2 devices comes from a maker on the FCC Covered List."),
        (
            _devices(no=2, unknown=1),
            "None of 3 devices comes from a maker on the FCC Covered List; the maker of 1 is not known.",
        ),
        (_devices(unknown=2), "2 devices found; no maker is known yet."),
    ],
)
def test_the_headline_says_what_was_found(
    document: ReportDocument, devices: tuple[DeviceReport, ...], sentence: str
) -> None:
    assert headline(msgspec.structs.replace(document, devices=devices)) == sentence


def test_a_partial_run_never_sounds_complete(partial_document: ReportDocument) -> None:
    assert partial_stamp(partial_document) == "PARTIAL: 180 of 247 targets looked at"
    assert "in the part that was looked at" in headline(partial_document)
    assert next_step(partial_document).endswith("Then finish the run: not everything was looked at.")
    nothing = msgspec.structs.replace(partial_document, devices=(), replacements=())
    assert "in the part that was looked at" in headline(nothing)
    assert next_step(nothing) == "Finish the run before anything is concluded from it."


def test_a_run_without_counts_is_stamped_all_the_same(partial_document: ReportDocument) -> None:
    run = msgspec.structs.replace(partial_document.run, counts={}, status="running")
    stamp = partial_stamp(msgspec.structs.replace(partial_document, run=run))
    assert stamp == "STILL RUNNING: not everything was looked at"


def test_a_complete_run_has_no_stamp(document: ReportDocument) -> None:
    assert partial_stamp(document) is None


def test_the_next_step_follows_from_the_document(document: ReportDocument) -> None:
    assert next_step(document).startswith("Begin the replacement list with its 3 devices of priority 1")
    possible = tuple(device for device in document.devices if device.covered == "possible")
    assert "Settle who made the 2 devices" in next_step(msgspec.structs.replace(document, devices=possible))
    unknown = msgspec.structs.replace(document, devices=_devices(unknown=3), replacements=())
    assert "Read the labels of the 3 devices" in next_step(unknown)
    clean = msgspec.structs.replace(document, devices=_devices(no=3), replacements=())
    assert "Nothing here asks for replacement" in next_step(clean)


def test_how_much_was_looked_at(document: ReportDocument, imported_document: ReportDocument) -> None:
    assert looked_at(document).startswith("Looked at 247 of 247 targets, of which 18 answered")
    counts = {"targets": 5, "targets done": 5, "hosts with open ports": 3, "hosts silent": 2}
    run = msgspec.structs.replace(document.run, counts=counts)
    assert looked_at(msgspec.structs.replace(document, run=run, not_looked_at=())) == (
        "Looked at 5 of 5 targets, of which 3 had open ports."
    )
    assert looked_at(imported_document) == "Read 31 records of 1 file; 2 lines could not be read."
