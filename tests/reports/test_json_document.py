from __future__ import annotations

import json

import msgspec
import pytest

from reports import json_document
from reports.document import ReportDocument
from reports.json_document import DocumentError, read_document
from reports.render_options import RenderOptions


def _rendered(document: ReportDocument) -> bytes:
    return json_document.render(document, RenderOptions())


def test_what_is_written_is_read_again(document: ReportDocument, empty_document: ReportDocument) -> None:
    assert read_document(_rendered(document)) == document
    assert read_document(_rendered(empty_document)) == empty_document


def test_the_public_names_are_used(document: ReportDocument) -> None:
    raw = json.loads(_rendered(document))
    assert raw["schema"] == "coverscan-report/1"
    device = raw["devices"][0]
    assert device["class"] == "recorder"
    assert device["determinations"][0]["from"] == "2022-11-11"
    assert {"address", "addresses", "ports", "mac", "determinations", "manufacturer", "covered"} <= device.keys()


def test_unknown_keys_are_ignored(document: ReportDocument) -> None:
    raw = json.loads(_rendered(document))
    raw["mood"] = "good"
    raw["devices"][0]["smell"] = ["none"]
    assert read_document(json.dumps(raw).encode()) == document


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b'{"schema": "coverscan-report/1", "title', "not JSON, or cut off"),
        (b"[]", "not a coverscan report"),
        (b"{}", 'it has no "schema" key'),
        (b'{"schema": 3}', "not a coverscan report"),
        (b'{"schema": "nessus/1"}', 'its schema is "nessus/1"'),
        (b'{"schema": "coverscan-report/x"}', "its schema is"),
        (b'{"schema": "coverscan-report/2"}', "made by a newer coverscan"),
        (b'{"schema": "coverscan-report/1"}', "missing required field `title`"),
        (b'{"schema": "coverscan-report/1", "title": 3}', r"title"),
        (b"\xff\xfe", "not JSON"),
        (b'{"a":' * 5_000, "not JSON|nested"),
        (b"[" * 200_000 + b"]" * 200_000, "not a coverscan report"),
    ],
)
def test_what_is_no_report_is_refused_with_a_reason(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        read_document(data)


def test_a_wrong_value_is_named_by_its_place(document: ReportDocument) -> None:
    raw = json.loads(_rendered(document))
    raw["devices"][3]["confidence"] = "high"
    with pytest.raises(DocumentError, match=r"\$\.devices\[3\]\.confidence"):
        read_document(json.dumps(raw).encode())


def test_every_hostile_text_survives_the_round(
    hostile_documents: tuple[tuple[str, ReportDocument], ...],
) -> None:
    for text, document in hostile_documents:
        again = read_document(_rendered(document))
        if text.isascii() or "\ud800" not in text:
            assert again == document, text
        else:
            assert again.title == "\ufffdlone\ufffd"


def test_a_large_document_is_not_indented(document: ReportDocument) -> None:
    many = msgspec.structs.replace(document, devices=document.devices * 60)
    assert _rendered(many).count(b"\n") == 1
    assert read_document(_rendered(many)) == many
    assert _rendered(document).count(b"\n") > 100
