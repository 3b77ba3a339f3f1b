"""The database that coverscan ships: every entry against its examples, and the files against the schema."""

from __future__ import annotations

import json
import time
from pathlib import Path

import jsonschema
import pytest
import yaml

from fingerprints.database_loader import DATABASE_FOLDER, DatabaseYaml, load_database, read_database
from fingerprints.database_tests import check_entry
from fingerprints.devices import matcher_for
from fingerprints.lint import duplicate_keys, filled_schema, model_lint

DATABASE, PROBLEMS = read_database(DATABASE_FOLDER)
FILES = sorted(path.relative_to(DATABASE_FOLDER).as_posix() for path in DATABASE_FOLDER.glob("**/*.yaml"))


def test_the_database_is_there_and_can_be_used() -> None:
    assert not PROBLEMS, "\n".join(map(str, PROBLEMS))
    assert {"vocabulary.yaml", "manufacturers.yaml", "brands.yaml"} <= set(FILES)
    assert {"Hikvision", "Dahua", "Axis", "Hanwha", "Reolink"} <= set(DATABASE.manufacturers)


@pytest.mark.parametrize("name", [entry.id for entry in DATABASE.entries])
def test_entry(name: str) -> None:
    entry = next(entry for entry in DATABASE.entries if entry.id == name)
    assert check_entry(entry, DATABASE, matcher_for(DATABASE)) == []


@pytest.mark.parametrize("position", range(len(DATABASE.models)), ids=lambda p: DATABASE.models[p].matches)
def test_model_rule(position: int) -> None:
    assert model_lint(DATABASE.models[position]) == []


@pytest.mark.parametrize("name", FILES)
def test_file_keeps_to_the_json_schema(name: str) -> None:
    schema = json.loads((DATABASE_FOLDER / "schema.json").read_text("utf-8"))
    path: Path = DATABASE_FOLDER / name
    document = yaml.load(path.read_text("utf-8"), Loader=DatabaseYaml)
    part = "vocabularyFile" if name == "vocabulary.yaml" else f"{next(k for k in document if k != 'defaults')}File"
    filled = {**filled_schema(schema, DATABASE), "oneOf": [{"$ref": f"#/$defs/{part}"}]}
    errors = jsonschema.Draft202012Validator(filled).iter_errors(document)
    assert [f"{list(error.absolute_path)}: {error.message[:200]}" for error in errors] == []


@pytest.mark.parametrize("name", FILES)
def test_no_key_is_stated_twice(name: str) -> None:
    assert duplicate_keys(DATABASE_FOLDER / name) == []


def test_the_json_schema_refuses_what_is_wrong() -> None:
    schema = json.loads((DATABASE_FOLDER / "schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(filled_schema(schema, DATABASE))
    jsonschema.Draft202012Validator.check_schema(schema)
    entry = {
        "id": "x-1",
        "description": "x",
        "family": "tool",
        "weight": 0.5,
        "match": [{"field": "http.title", "is": "x"}],
        "means": {"class": "camera"},
        "source": {"text": "t", "seen": "2026-11-24", "mark": "known"},
        "examples": [{"fields": {"http.title": "x"}}],
    }
    assert validator.is_valid({"entries": [entry]})
    for wrong in (
        {"family": "toool"},
        {"weight": 2},
        {"match": [{"field": "http.titel", "is": "x"}]},
        {"match": [{"field": "http.title", "is": "x", "contains": "y"}]},
        {"means": {"class": "toaster"}},
        {"extra": 1},
    ):
        assert not validator.is_valid({"entries": [{**entry, **wrong}]}), wrong


def test_loading_is_quick() -> None:
    """A guard against something quadratic, not a measurement."""
    start = time.process_time()
    read_database(DATABASE_FOLDER)
    assert time.process_time() - start < 3
    assert load_database() is load_database()
