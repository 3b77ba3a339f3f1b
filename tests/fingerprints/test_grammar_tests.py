from __future__ import annotations

from pathlib import Path

import pytest

from fingerprints.grammar_tests import check_grammars

GRAMMAR = """
vendors: [Acme]
source: {text: made up, seen: 2026-01-02, mark: known}
rules:
- rule: camera
  says: "AC and megapixels"
  number: [{text: AC}, {part: resolution, like: '[0-9]', number: resolution_mp}]
  facts: {class: camera}
  examples: {AC4: {class: camera, resolution_mp: 4}}
  not: {BC4: "something else"}
"""


def test_every_example_of_the_shipped_grammars_is_read_as_it_says() -> None:
    assert [str(problem) for problem in check_grammars()] == []


def told(folder: Path, before: str, after: str) -> list[str]:
    assert before in GRAMMAR
    (folder / "acme.yaml").write_text(GRAMMAR.replace(before, after), "utf-8")
    return [str(problem) for problem in check_grammars(folder)]


def test_a_sound_grammar_has_no_problem(tmp_path: Path) -> None:
    assert told(tmp_path, "AC4", "AC5".replace("5", "4")) == []


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("resolution_mp: 4}", "resolution_mp: 5}", "camera: AC4: resolution_mp should be 5.0, is 4.0"),
        ("{AC4:", "{XX4:", "camera: XX4 is read by no rule"),
        ('{BC4: "something', '{AC9: "something', "camera: AC9 is read, but is something else"),
        ("like: '[0-9]'", "like: '(?:[0-9]+)+'", "exponential"),
        ("  facts: {class: camera}", "  facts: {class: camera}\n  facts: {}", "facts"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, before: str, after: str, reason: str) -> None:
    problems = told(tmp_path, before, after)
    assert any(reason in problem for problem in problems), problems
