from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fingerprints.lint_files import lint_files

Folder = Callable[[dict[str, str]], Path]

ADVISED = """
entries:
- {id: advised-generic, description: a, family: http-server, weight: 0.6, match: [{field: http.server, is: Boa/0.9}],
   means: {manufacturer: Borealis}, source: &s {text: t, seen: 2026-11-24, mark: known},
   examples: [{fields: {http.server: Boa/0.9}}]}
- {id: advised-short, description: a, family: http-page, weight: 0.6, match: [{field: http.body, contains: Acm}],
   means: {manufacturer: Acme}, source: *s, examples: [{fields: {http.body: Acm}, expect: {manufacturer: Acme}}]}
- {id: advised-twin, description: The same., family: http-server, weight: 0.6, match: [{field: http.server, is: AcmeWeb}],
   means: {manufacturer: Acme}, source: *s, examples: [{fields: {http.server: AcmeWeb}, expect: {manufacturer: Acme}}]}
"""


def test_each_advice_and_each_problem(database_folder: Folder) -> None:
    folder = database_folder({"advised.yaml": ADVISED})
    run = lint_files([folder / "advised.yaml"], folder)
    advice = {(item.entry, item.reason.split(":")[0]) for item in run.advice}
    assert advice == {
        ("advised-generic", "http.server"),
        ("advised-generic", "no example expects the manufacturer"),
        ("advised-short", "http.body"),
        ("advised-short", "has no look-alike"),
        ("advised-twin", "has the same conditions as acme-http-server"),
    }
    assert {problem.entry for problem in run.problems} == {"advised-twin"}
    assert run.entries == 3
    assert "uses an anchor" in run.layouts[0].layout.left[0]


def test_an_entry_without_fault_is_left_in_peace(database_folder: Folder) -> None:
    folder = database_folder({})
    run = lint_files([folder / "acme.yaml"], folder)
    assert run.problems == ()
    assert [item.entry for item in run.advice] == ["acme-sadp-reply"] * len(run.advice)


def test_the_placeholder_is_named_instead_of_its_consequences(database_folder: Folder) -> None:
    text = ADVISED.replace("Borealis", "name-of-the-maker").replace("The same.", "the same")
    folder = database_folder({"advised.yaml": text})
    (problem,) = lint_files([folder / "advised.yaml"], folder).problems
    assert "still holds the placeholder 'name-of-the-maker'" in problem.reason


def test_a_file_that_is_no_yaml_is_a_problem_and_no_crash(database_folder: Folder) -> None:
    folder = database_folder({"advised.yaml": "entries: [\n"})
    (problem,) = lint_files([folder / "advised.yaml"], folder).problems
    assert "cannot be read as YAML" in problem.reason


def test_the_whole_folder_without_files(database_folder: Folder) -> None:
    folder = database_folder({"advised.yaml": ADVISED})
    run = lint_files([], folder)
    assert run.entries == 5
    assert {problem.file for problem in run.problems} == {"advised.yaml"}
