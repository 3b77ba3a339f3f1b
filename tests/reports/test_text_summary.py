from __future__ import annotations

import msgspec

from reports.document import ReportDocument
from reports.terminal_text import text_columns
from reports.text_summary import summarize


def test_the_summary_says_what_there_is_and_what_to_do(document: ReportDocument) -> None:
    text = " ".join(summarize(document).split())
    assert "7 of 14 devices come from a maker on the FCC Covered List; 2 more may." in text
    assert "7 covered, 2 possibly covered, 1 of unknown maker, 4 not covered; 2 other hosts; 1 set apart" in text
    assert "Federal prime contractor" in text
    assert "Next: Begin the replacement list with its 3 devices" in text


def test_there_is_one_line_a_device_the_urgent_first(document: ReportDocument) -> None:
    lines = summarize(document).splitlines()
    places = [line for line in lines if any(line[9:].startswith(f"{one.address} ") for one in document.devices)]
    assert len(places) == len(document.devices)
    assert places[0].startswith("covered  10.20.0.5")
    assert " 99%  Hikvision DS-7616NI-I2 recorder" in places[0]


def test_where_nobody_said_who_asks_it_says_how_to(panel_document: ReportDocument) -> None:
    text = " ".join(summarize(panel_document).split())
    assert "coverscan report --operator federal_prime_contractor" in text


def test_nothing_found_says_what_was_looked_at(empty_document: ReportDocument) -> None:
    text = summarize(empty_document)
    assert "No camera, recorder or other device of a maker known here was found." in text.replace("\n", " ")
    assert "Looked at 247 of 247 targets" in text


def test_a_partial_run_is_stamped(partial_document: ReportDocument) -> None:
    assert "PARTIAL: 180 of 247 targets looked at" in summarize(partial_document).splitlines()


def test_many_devices_are_cut_and_counted(document: ReportDocument) -> None:
    many = msgspec.structs.replace(document, devices=document.devices * 100)
    assert "… and 1,200 more in the report" in summarize(many)
    assert "more in the report" not in summarize(many, max_devices=2_000)


def test_no_line_is_wider_than_the_terminal_and_no_control_gets_through(
    hostile_documents: tuple[tuple[str, ReportDocument], ...],
) -> None:
    for text, document in hostile_documents:
        for width in (40, 80, 132):
            for line in summarize(document, width=width).splitlines():
                assert line.isprintable(), text
                assert text_columns(line) <= width, (text, line)


def test_devices_at_one_address_are_told_apart(document: ReportDocument) -> None:
    devices = tuple(
        msgspec.structs.replace(device, address="127.0.0.1", ports=(8_000 + place,))
        for place, device in enumerate(document.devices)
    )
    text = summarize(msgspec.structs.replace(document, devices=devices, replacements=()))
    assert "127.0.0.1:8003" in text
    assert "127.0.0.1:8013" in text
