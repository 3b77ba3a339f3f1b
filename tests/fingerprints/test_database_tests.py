"""The tester of the database must itself go red: a database in which every entry is wrong in its own way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fingerprints.database_loader import Database, load_database
from fingerprints.database_tests import check_database, echo_observation, example_observation, main
from fingerprints.matcher import Matcher

Folder = Callable[[dict[str, str]], Path]

BOGUS = r"""
defaults: {manufacturer: Borealis}
entries:
- {id: bogus-miss, description: a, family: tool, weight: 0.5, match: [{field: http.title, is: X}],
   means: {class: camera}, source: &s {text: t, seen: 2026-11-24, mark: known},
   examples: [{fields: {http.title: Y}}]}
- {id: bogus-look-alike, description: a, family: tool, weight: 0.5, match: [{field: http.title, contains: Look}],
   means: {class: camera}, source: *s, examples: [{fields: {http.title: Look}}],
   not: [{what: a shop, fields: {http.title: Look here}}]}
- {id: bogus-claim, description: a, family: tool, weight: 0.5,
   match: [{field: http.title, matches: "^Model (?P<m>[A-Z]{1,9})"}],
   means: {model: {from: m}}, source: *s, examples: [{fields: {http.title: Model ABC}, expect: {model: AB}}]}
- {id: bogus-unproved, description: a, family: tool, weight: 0.5,
   match: [{field: http.title, matches: "^Unit (?P<m>[A-Z]{1,9})"}],
   means: {model: {from: m}}, source: *s, examples: [{fields: {http.title: Unit ABC}}]}
- {id: bogus-build, description: a, family: tool, weight: 0.5,
   match: [{field: http.title, matches: "^Version (?P<v>.{1,30})"}], means: {firmware: {from: v}}, source: *s,
   examples: [{fields: {http.title: Version 1 build 2}, expect: {firmware: 1 build 2}}]}
- {id: bogus-echo, description: a, family: tool, weight: 0.5,
   match: [{field: http.body, contains: /login/page.asp}], means: {class: camera}, source: *s,
   examples: [{fields: {http.body: go to /login/page.asp}}]}
- {id: bogus-overlap, description: a, family: tool, weight: 0.5, match: [{field: http.server, contains: AcmeWe}],
   means: {class: camera}, source: *s, examples: [{fields: {http.server: AcmeWeb}}]}
- {id: bogus-field, description: a, family: tool, weight: 0.5, match: [{field: http.title, is: F}],
   means: {class: camera}, source: *s, examples: [{fields: {http.titel: F}}]}
- {id: bogus-no-example, description: a, family: tool, weight: 0.5, match: [{field: http.title, is: N}],
   means: {class: camera}, source: *s}
- {id: bogus-expectation, description: a, family: tool, weight: 0.5, match: [{field: http.title, is: E}],
   means: {class: camera}, source: *s, examples: [{fields: {http.title: E}, expect: {klass: camera}}]}
"""

REASONS = {
    "bogus-miss": "example 1 does not match",
    "bogus-look-alike": "look-alike 1 (a shop) matches",
    "bogus-claim": "model is 'ABC', expected 'AB'",
    "bogus-unproved": "no example expects model, which is captured",
    "bogus-build": "holds the build",
    "bogus-echo": "only repeats our request for '/login/page.asp'",
    "bogus-overlap": "acme-http-server matches it too and says Acme, not Borealis",
    "bogus-field": "no field 'http.titel'; did you mean 'http.title'?",
    "bogus-no-example": "has no example",
    "bogus-expectation": "expect has no key 'klass'; did you mean 'class'?",
}


def test_every_bogus_entry_goes_red_for_its_own_reason(database_folder: Folder) -> None:
    problems = check_database(load_database(database_folder({"bogus.yaml": BOGUS})))
    told = {problem.entry: problem.reason for problem in problems if problem.file == "bogus.yaml"}
    assert told.keys() == REASONS.keys()
    assert all(REASONS[entry] in reason for entry, reason in told.items()), told


def test_the_overlap_is_told_from_both_sides(database_folder: Folder) -> None:
    problems = check_database(load_database(database_folder({"bogus.yaml": BOGUS})))
    assert any(
        problem.entry == "acme-http-server" and "bogus-overlap matches it too" in problem.reason
        for problem in problems
    )


def test_a_sound_database_is_green(database: Database) -> None:
    assert check_database(database) == []


def test_a_condition_on_the_path_makes_an_echo_harmless(database_folder: Folder) -> None:
    text = r"""
    entries:
    - {id: bogus-link, description: a, family: tool, weight: 0.5,
       match: [{field: http.location, is: /login/page.asp}, {field: http.path, is: /}],
       means: {class: camera}, source: {text: t, seen: 2026-11-24, mark: known},
       examples: [{fields: {http.location: /login/page.asp}}]}
    """
    assert check_database(load_database(database_folder({"bogus.yaml": text}))) == []


def test_an_echo_repeats_all_that_we_send() -> None:
    observation = echo_observation("/some/path")
    page = "".join(observation.texts("http.body"))
    assert all(text in page for text in ("/some/path", "192.0.2.1", "coverscan"))


def test_an_example_may_hold_endpoint_values() -> None:
    observation = example_observation({"port": 8000, "mac": "aa", "service": "hik-sdk", "http.status": 401})
    assert (observation.port, observation.mac, observation.service) == (8000, "aa", "hik-sdk")
    assert observation.texts("http.status") == ("401",)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"port": "many"}, "'many' is not a number"),
        ({"http.title": ("a", "b")}, "holds one text, not a list"),
        ({"http.status": "4" * 99}, "is longer than 16 characters"),
        ({"nothing": "x"}, "no field 'nothing'"),
    ],
)
def test_an_example_that_cannot_be(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        example_observation(fields)  # type: ignore[arg-type]


def test_the_command_tells_problems_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "bogus.yaml"
    own.write_text(BOGUS.replace("Borealis", "Axis"), "utf-8")
    assert main([str(own)]) == 1
    printed = capsys.readouterr().out
    assert "bogus.yaml: bogus-no-example: has no example" in printed
    assert "10 entries, " in printed
    assert main([str(tmp_path / "missing.yaml")]) == 1
    assert "no such file" in capsys.readouterr().err


def test_the_command_is_content_with_a_sound_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "sound.yaml"
    own.write_text(
        "entries:\n- {id: sound-title, description: its title says so, family: http-page, weight: 0.5,\n"
        "   match: [{field: http.title, is: Made up for a test}], means: {class: camera},\n"
        "   source: {text: t, seen: 2026-11-24, mark: known},\n"
        "   examples: [{fields: {http.title: Made up for a test}}]}\n",
        "utf-8",
    )
    assert main([str(own)]) == 0
    assert "1 entries, 1 examples, 0 look-alikes: no problems" in capsys.readouterr().out


def test_a_matcher_may_be_shared(database: Database) -> None:
    assert check_database(database, Matcher(database)) == []
