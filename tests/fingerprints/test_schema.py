from __future__ import annotations

import json

import msgspec
import pytest

from fingerprints import schema
from fingerprints.database_loader import DATABASE_FOLDER
from fingerprints.schema import CLAIM_KEYS, HOWS, Condition, Means, Problem, did_you_mean


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("hikvison", ["Dahua", "Hikvision"], "; did you mean 'Hikvision'?"),
        ("xyz", ["Dahua", "Hikvision"], ""),
        ("", ["Dahua"], ""),
    ],
)
def test_did_you_mean(word: str, known: list[str], hint: str) -> None:
    assert did_you_mean(word, known) == hint


def test_a_condition_reads_back() -> None:
    condition = msgspec.convert({"field": "mac", "oui_in": ["AABBCC"]}, Condition)
    assert (condition.how, condition.texts) == ("oui_in", ("AABBCC",))
    absent = msgspec.convert({"field": "mac", "absent": True}, Condition)
    assert (absent.how, absent.texts) == ("absent", ())


def test_null_switches_a_default_off_and_absence_does_not() -> None:
    assert msgspec.convert({"manufacturer": None}, Means).manufacturer is None
    assert msgspec.convert({}, Means).manufacturer is msgspec.UNSET


def test_a_problem_reads_as_file_entry_reason() -> None:
    assert str(Problem("a.yaml", "a-1", "is wrong")) == "a.yaml: a-1: is wrong"
    assert str(Problem("a.yaml", "", "is wrong")) == "a.yaml: is wrong"


@pytest.mark.parametrize(
    ("definition", "form"),
    [
        ("entry", schema.Entry),
        ("condition", schema.Condition),
        ("capture", schema.Capture),
        ("means", schema.Means),
        ("source", schema.Source),
        ("example", schema.Example),
        ("lookAlike", schema.LookAlike),
        ("relation", schema.Relation),
    ],
)
def test_the_json_schema_knows_the_same_keys(definition: str, form: type[msgspec.Struct]) -> None:
    document = json.loads((DATABASE_FOLDER / "schema.json").read_text("utf-8"))["$defs"][definition]
    fields = msgspec.structs.fields(form)
    assert set(document["properties"]) == {item.encode_name for item in fields}
    required = {item.encode_name for item in fields if item.required}
    # The schema may ask for more than the program needs to run (examples), never for less.
    assert required <= set(document.get("required", []))


def test_the_json_schema_knows_every_way_of_looking_and_every_claim() -> None:
    definitions = json.loads((DATABASE_FOLDER / "schema.json").read_text("utf-8"))["$defs"]
    assert [item["required"][0] for item in definitions["condition"]["oneOf"]] == list(HOWS)
    assert list(definitions["example"]["properties"]["expect"]["properties"]) == list(CLAIM_KEYS)
