from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from fingerprints.database_loader import Database
from fingerprints.lint import condition_lint, duplicate_keys, entry_lint, filled_schema, model_lint
from fingerprints.schema import Condition, ModelRule


@pytest.mark.parametrize(
    ("pattern", "humbler"),
    [
        ("^App-webs/$", "is"),
        (r"^App\.webs", "starts_with"),
        ("webs$", "ends_with"),
        ("Hello World", "contains"),
    ],
)
def test_a_pattern_that_a_humbler_way_could_replace(pattern: str, humbler: str) -> None:
    (reason,) = condition_lint(Condition(field="http.title", matches=pattern))
    assert f"could this be {humbler!r}?" in reason


@pytest.mark.parametrize("pattern", [r"^V[0-9]{1,3}", r"^\d{3}$", "(?:a|b)c", "^a.c$", "(?i)^abc"])
def test_a_pattern_that_is_needed(pattern: str) -> None:
    assert condition_lint(Condition(field="http.title", matches=pattern)) == []


def test_a_slow_pattern_is_refused() -> None:
    (reason,) = condition_lint(Condition(field="http.title", matches="(?:a+)+$"))
    assert "exponential" in reason


@pytest.mark.parametrize(
    ("description", "complaint"),
    [
        ("its page says so.", "ends with a full stop"),
        ("The page says so", "starts with 'The'"),
        ("the page says so", ""),
        ("SADP says so", ""),
        ("Server says so", ""),
    ],
)
def test_a_description_reads_after_because(database: Database, description: str, complaint: str) -> None:
    entry = msgspec.structs.replace(database.entries[0], description=description)
    reasons = entry_lint(entry)
    assert (complaint in reasons[0]) if complaint else not reasons


def test_a_model_rule_matches_its_examples() -> None:
    rule = ModelRule(matches="^AC-2", class_="camera", source="s", manufacturer="Acme", examples=("AC-2", "AC-3"))
    assert model_lint(rule) == ["does not match its example 'AC-3'"]


def test_keys_stated_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("entries:\n- id: a\n  weight: 1\n  weight: 2\n", "utf-8")
    assert duplicate_keys(path) == ["line 4: the key 'weight' is stated twice"]
    path.write_text("entries:\n- id: a\n- id: b\n", "utf-8")
    assert duplicate_keys(path) == []
    assert duplicate_keys(tmp_path / "missing.yaml") == []


def test_the_filled_schema_holds_the_vocabularies(database: Database) -> None:
    names = ("family", "class", "tag", "field", "manufacturer")
    empty: dict[str, dict[str, dict[str, object]]] = {"$defs": {name: {} for name in names}}
    filled = filled_schema(empty, database)["$defs"]
    assert "camera" in filled["class"]["enum"]
    assert "Acme" in filled["manufacturer"]["enum"]
    assert {"http.server", "mac"} <= set(filled["field"]["enum"])
    assert empty["$defs"]["class"] == {}
