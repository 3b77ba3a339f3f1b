from __future__ import annotations

import csv
import io

import msgspec
import pytest

from reports import csv_table
from reports.csv_table import csv_cell
from reports.document import ReportDocument
from reports.render_options import RenderOptions


def _text(document: ReportDocument) -> str:
    return csv_table.render(document, RenderOptions()).decode("utf-8")


def _rows(document: ReportDocument) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_text(document), newline="")))


def test_one_heading_line_and_one_line_a_device(document: ReportDocument) -> None:
    lines = _text(document).split("\r\n")
    assert lines.pop() == ""
    assert len(lines) == 1 + len(document.devices)


def test_the_columns_keep_their_names_and_order(document: ReportDocument) -> None:
    headings = next(csv.reader(io.StringIO(_text(document))))
    assert ",".join(headings[:25]) == (
        "address,addresses,ports,mac,hostname,manufacturer,manufacturer_candidates,brand,class,model,firmware,"
        "firmware_date,serial,confidence,covered,evidence,contradicted_by,tags,first_seen,last_seen,country,city,"
        "network,replacement_priority,operators"
    )
    assert headings[25:28] == ["FCC_EA/own_use", "FCC_EA/authorise_new", "FCC_PREVAUTH/own_use"]
    assert headings[-2:] == ["law_grounds", "not_legal_advice"]
    assert len(headings) == len(set(headings)) == 42


def test_a_device_is_found_in_its_line(document: ReportDocument) -> None:
    row = next(row for row in _rows(document) if row["address"] == "198.51.100.44")
    assert row["manufacturer"] == "Dahua"
    assert row["brand"] == "Amcrest"
    assert row["class"] == "camera"
    assert row["ports"] == "8080; 37777"
    assert row["confidence"] == "0.95"
    assert row["covered"] == "yes"
    assert row["network"] == "AS64500 Example Access Networks"
    assert row["replacement_priority"] == "1"
    assert row["operators"] == "federal_prime_contractor"
    assert row["S889_B/own_use"] == "prohibited_conditional"
    assert row["S889_GRANTS/own_use"] == "not_applicable"
    assert row["evidence"] == "dahua-dhip-type (dhip.device_type: IPC-HDW5442T-ZE)"


def test_a_part_that_nobody_saw_is_in_no_column(document: ReportDocument) -> None:
    row = next(row for row in _rows(document) if row["manufacturer"] == "Axis")
    assert row["S889_B/own_use"] == "not_applicable"


def test_a_device_that_was_not_asked_about_has_empty_answers(document: ReportDocument) -> None:
    row = next(row for row in _rows(document) if row["covered"] == "unknown")
    assert row["S889_B/own_use"] == ""
    assert row["replacement_priority"] == ""


def test_of_several_operators_the_worst_answer_is_shown(panel_document: ReportDocument) -> None:
    row = next(row for row in _rows(panel_document) if row["covered"] == "yes")
    assert row["S889_A/buy"] == "prohibited_conditional"
    assert row["operators"].count(";") == 4


def test_every_answer_in_a_row_shows_on_what_it_rests(document: ReportDocument) -> None:
    rows = list(csv.DictReader(io.StringIO(_text(document))))
    for row, device in zip(rows, document.devices, strict=True):
        shown = [one for one in device.determinations if one.component is None]
        assert bool(row["law_grounds"]) == bool(shown)
        for regime, act in {(one.regime, one.act) for one in shown}:
            assert f"{regime}/{act}" in row["law_grounds"]
        assert all(word in row["law_grounds"] for word in (("rule ", "sources ", "verified ") if shown else ()))
        assert "not legal advice" in row["not_legal_advice"]


def test_nothing_found_is_a_heading(empty_document: ReportDocument) -> None:
    assert _text(empty_document).count("\r\n") == 1
    assert _text(empty_document).startswith("address,addresses,ports,")


@pytest.mark.parametrize(
    ("raw", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'␉=1"),
        ("\r=1", "'␍=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("a;=1", "a;'=1"),
        ("a; -1", "a;' -1"),
        ("\u200b=1", "⟨U+200B⟩=1"),
        ("DS-2CD2143G2-I", "DS-2CD2143G2-I"),
        ("", ""),
    ],
)
def test_formulas_are_neutralised(raw: str, cell: str) -> None:
    assert csv_cell(raw) == cell


def test_a_long_cell_is_cut(document: ReportDocument) -> None:
    assert len(csv_cell("x" * 100_000)) < 8_300
    many = msgspec.structs.replace(document.devices[0], evidence=document.devices[0].evidence * 20)
    (row,) = _rows(msgspec.structs.replace(document, devices=(many,)))
    assert row["evidence"].endswith("28 more in report.json")


def test_a_semicolon_inside_a_value_does_not_part_a_list(document: ReportDocument) -> None:
    device = msgspec.structs.replace(document.devices[0], tags=("a;b", "c"))
    (row,) = _rows(msgspec.structs.replace(document, devices=(device,)))
    assert row["tags"] == "a,b; c"


def test_no_hostile_text_becomes_a_formula_or_a_line(
    hostile_documents: tuple[tuple[str, ReportDocument], ...],
) -> None:
    csv.field_size_limit(1 << 24)  # read with another delimiter, a whole row is one field
    for text, document in hostile_documents:
        table = _text(document)
        records = list(csv.reader(io.StringIO(table, newline="")))
        assert len(table.split("\r\n")) == len(records) + 1 == len(document.devices) + 2, text
        assert {len(record) for record in records} == {len(records[0])}, text
        for delimiter in ",;\t":
            for record in csv.reader(io.StringIO(table, newline=""), delimiter=delimiter):
                for cell in record:
                    assert cell.isprintable(), text
                    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")), (
                        text,
                        cell,
                    )
