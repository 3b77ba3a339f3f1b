from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from fingerprints import model_grammar, serial_dates
from fingerprints.database_loader import DATABASE_FOLDER, DatabaseError
from fingerprints.model_grammar import load_grammars, read_grammars

HEAD = """
vendors: [Acme]
source: {text: made up, seen: 2026-01-02, mark: known}
"""
GOOD = """
tables:
  housing:
    B: {form_factor: bullet}
rules:
- rule: camera
  says: "AC, housing, megapixels"
  number:
  - {text: AC}
  - {part: housing, table: housing, means: {D: {form_factor: dome}}}
  - {part: resolution, like: '[0-9]', number: resolution_mp}
  facts: {class: camera}
  examples: {ACB4: {resolution_mp: 4}}
"""

Write = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Write:
    """Writes grammar files and gives their folder."""

    def write(body: str = GOOD, head: str = HEAD, **others: str) -> Path:
        (tmp_path / "acme.yaml").write_text(head + textwrap.dedent(body), "utf-8")
        for name, text in others.items():
            (tmp_path / f"{name}.yaml").write_text(textwrap.dedent(text), "utf-8")
        return tmp_path

    return write


def reasons(path: Path) -> list[str]:
    return [str(problem) for problem in read_grammars(path)[1]]


def test_a_good_file_is_read_and_its_shared_table_is_in_the_part(folder: Write) -> None:
    path = folder()
    grammars, problems = read_grammars(path)
    assert problems == []
    (grammar,) = grammars.of("ACME")
    assert set(grammar.rules[0].number[1].values()) == {"B", "D"}


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("form_factor: dome", "form_factor: dom", "form_factor: Invalid enum value 'dom'"),
        ("table: housing", "table: houses", "camera: no table 'houses'; did you mean 'housing'?"),
        ("class: camera", "class: 4", "put a text in quotes"),
        ("- rule: camera", "- rule: A Camera", "rule must be lower-case words"),
        ("like: '[0-9]'", "like: '[0-9'", "not a regular expression"),
        ("like: '[0-9]'", "like: '([0-9])'", "only one group"),
        ("like: '[0-9]'", "like: '[0-9]', means: {X: {}}", "means lists 'X', which '[0-9]' never gives"),
        ("{text: AC}", "{text: AC, part: prefix}", "states exactly one of text and part"),
        ("{text: AC}", "{part: prefix}", "needs like, or means with the values"),
        ("{text: AC}", "{text: AC, number: channels}", "a fixed text means nothing by itself"),
        ("{text: AC}", "{part: housing, like: AC}", "part 'housing' stands there twice"),
        ("examples: {ACB4: {resolution_mp: 4}}", "examples: {}", "has no example"),
        ("says:", "say:", "Object contains unknown field `say`"),
    ],
)
def test_a_bad_file_is_told_with_file_entry_and_reason(
    folder: Write, before: str, after: str, reason: str
) -> None:
    assert before in GOOD
    told = reasons(folder(GOOD.replace(before, after)))
    assert any(reason in line for line in told), told
    assert all(line.startswith("grammars/acme.yaml: ") for line in told)


def test_the_rule_is_named_where_a_value_is_wrong(folder: Write) -> None:
    (told,) = reasons(folder(GOOD.replace("form_factor: dome", "form_factor: dom")))
    assert told.startswith("grammars/acme.yaml: camera: ")


def test_a_file_that_is_no_yaml_does_not_take_the_others_along(folder: Write) -> None:
    path = folder(broken="rules: [")
    grammars, problems = read_grammars(path)
    assert [problem.file for problem in problems] == ["grammars/broken.yaml"]
    assert grammars.of("Acme")


def test_vendors_to_go_on_with_must_have_a_grammar(folder: Write) -> None:
    (told,) = reasons(folder(head=HEAD + "then: [Acmee]\n"))
    assert "no grammar is for 'Acmee'; did you mean 'Acme'?" in told


def test_loading_raises_every_problem(folder: Write) -> None:
    with pytest.raises(DatabaseError, match="lower-case words"):
        load_grammars(folder(GOOD.replace("- rule: camera", "- rule: A_Camera")))


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="holds no grammar"):
        load_grammars(tmp_path)


def test_a_labels_grammar_comes_before_its_makers() -> None:
    first, *others = load_grammars().of("EZVIZ")
    assert first.vendors == ("EZVIZ",)
    assert any("Hikvision" in grammar.vendors for grammar in others)
    assert load_grammars().of("nobody at all") == ()


def test_class_and_form_say_what_no_rule_says(folder: Write) -> None:
    defaults = """
    source: {text: made up, seen: 2026-01-02, mark: known}
    classes:
      camera: {poe_ports: 0, ptz: false, channels: 1}
    forms:
      ptz: {ptz: true}
    """
    grammars, problems = read_grammars(folder(classes=defaults))
    assert problems == []
    assert grammars.completed({"class_": "camera", "form_factor": "ptz"})["ptz"] is True
    assert grammars.completed({"class_": "camera", "channels": None})["channels"] is None
    assert grammars.completed({"class_": "camera", "channels": 2})["channels"] == 2
    assert grammars.completed({}) == {}


@pytest.mark.parametrize(
    ("definition", "form"),
    [
        ("vendorsFile", model_grammar.Grammar),
        ("numberRule", model_grammar.Rule),
        ("numberPart", model_grammar.Part),
        ("facts", model_grammar.Facts),
        ("classesFile", model_grammar.Defaults),
        ("formsFile", serial_dates.Serials),
        ("serialForm", serial_dates.SerialForm),
        ("serialCounter", serial_dates.Counter),
        ("serialRun", serial_dates.Run),
    ],
)
def test_the_json_schema_knows_the_same_keys(definition: str, form: type[msgspec.Struct]) -> None:
    document = json.loads((DATABASE_FOLDER / "schema.json").read_text("utf-8"))["$defs"][definition]
    fields = msgspec.structs.fields(form)
    assert set(document["properties"]) == {item.encode_name for item in fields}
    assert {item.encode_name for item in fields if item.required} == set(document.get("required", []))


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ("modelClass", model_grammar.ModelClass),
        ("formFactor", model_grammar.FormFactor),
        ("numberField", model_grammar.NumberField),
    ],
)
def test_the_json_schema_knows_the_same_words(definition: str, words: object) -> None:
    document = json.loads((DATABASE_FOLDER / "schema.json").read_text("utf-8"))["$defs"][definition]
    assert sorted(document["enum"]) == sorted(msgspec.json.schema(words)["enum"])
