from __future__ import annotations

import dataclasses

import msgspec
import pytest

from fingerprints.claims import MAX_CLAIM_CHARS, EntryClaims, iso_date
from fingerprints.database_loader import Database
from fingerprints.schema import Means


def claims(database: Database, means: dict[str, object], **captured: str) -> dict[str, str]:
    return EntryClaims(msgspec.convert(means, Means), database).of(captured)


def test_constants_and_captures(database: Database) -> None:
    assert claims(database, {"manufacturer": "Acme", "model": {"from": "m"}}, m="AC-1") == {
        "manufacturer": "Acme",
        "model": "AC-1",
    }


def test_several_makers_are_one_claim(database: Database) -> None:
    assert claims(database, {"makers": ["Acme", "Delta Net"]}) == {"makers": "Acme, Delta Net"}


@pytest.mark.parametrize(
    ("capture", "text", "value"),
    [
        ({"replace": {"%20": " "}}, "DS%201", "DS 1"),
        ({"strip": True}, "  DS ", "DS"),
        ({"strip": "-"}, "--DS-", "DS"),
        ({"map": {"cam": "C1"}}, "cam", "C1"),
        ({"map": {"cam": "C1"}}, "CAM", "C1"),
        ({"map": {"cam": "C1"}}, "nvr", None),
        ({}, "", None),
        ({"strip": True}, "   ", None),
        ({}, "x" * 1_000, "x" * MAX_CLAIM_CHARS),
    ],
)
def test_what_is_done_to_a_capture(
    database: Database, capture: dict[str, object], text: str, value: str | None
) -> None:
    assert claims(database, {"model": {"from": "m", **capture}}, m=text).get("model") == value


def test_a_group_that_took_no_part_claims_nothing(database: Database) -> None:
    assert claims(database, {"class": "camera", "model": {"from": "m"}}) == {"class": "camera"}


def test_a_captured_label_is_looked_up(database: Database) -> None:
    means: dict[str, object] = {"manufacturer": {"from": "who"}, "brand": {"from": "who"}}
    assert claims(database, means, who="ACME VISION TECHNOLOGY CO., LTD.") == {
        "manufacturer": "Acme",
        "brand": "Acme",
    }
    assert claims(database, means, who="sea bird security") == {"brand": "Seabird"}
    assert claims(database, means, who="replaced Acme last year") == {}


def test_a_label_that_others_make_names_no_maker_unless_an_entry_says_so(database: Database) -> None:
    brands = {**database.brands, "Eos": database.brands["Gull"]}
    shared = dataclasses.replace(database, brands=brands, _labels={**database._labels, "eos": "Eos"})
    assert claims(shared, {"manufacturer": {"from": "who"}}, who="Eos") == {}
    mapped: dict[str, object] = {"manufacturer": {"from": "who", "map": {"Eos": "Eos"}}}
    assert claims(shared, mapped, who="Eos") == {"manufacturer": "Eos"}


def test_a_captured_class_is_one_of_the_vocabulary(database: Database) -> None:
    assert claims(database, {"class": {"from": "c"}}, c="camera") == {"class": "camera"}
    assert claims(database, {"class": {"from": "c"}}, c="toaster") == {}


@pytest.mark.parametrize(
    ("text", "form", "date"),
    [
        ("170216", "yymmdd", "2017-02-16"),
        ("20170216", "yyyymmdd", "2017-02-16"),
        ("2017-2-6", "iso", "2017-02-06"),
        ("2017/02/16", "iso", "2017-02-16"),
        (" 170216 ", "yymmdd", "2017-02-16"),
        ("171316", "yymmdd", None),
        ("170230", "yymmdd", None),
        ("17021", "yymmdd", None),
        ("١٧٠٢١٦", "yymmdd", None),
        ("00000000", "yyyymmdd", None),
        ("", "iso", None),
    ],
)
def test_dates(text: str, form: str, date: str | None) -> None:
    assert iso_date(text, form) == date
