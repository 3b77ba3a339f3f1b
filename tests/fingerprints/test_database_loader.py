from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fingerprints.database_loader import Database, DatabaseError, load_database, read_database

Folder = Callable[[dict[str, str]], Path]

ENTRY = r"""
defaults: {manufacturer: Acme}
entries:
- id: other-page
  description: its page says so
  family: http-page
  weight: 0.6
  match:
  - {field: http.title, is: Other}
  means: {class: camera}
  source: {text: seen, seen: 2026-11-24, mark: observed}
  examples: [{fields: {http.title: Other}}]
"""


def problems(folder: Folder, text: str, name: str = "other.yaml") -> list[str]:
    with pytest.raises(DatabaseError) as error:
        load_database(folder({name: text}))
    assert str(error.value) == "\n".join(map(str, error.value.problems))
    return str(error.value).splitlines()


def test_a_sound_database(database: Database) -> None:
    assert [entry.id for entry in database.entries] == ["acme-http-server", "acme-sadp-reply"]
    assert database.files["acme-http-server"] == "acme.yaml"
    assert len(database.sha256) == 64
    assert database.group("rtsp-auth") == "login-realm"
    assert [rule.class_ for rule in database.models] == ["camera", "recorder", "recorder"]


def test_it_is_read_once_per_folder(database_folder: Folder) -> None:
    folder = database_folder({})
    assert load_database(folder) is load_database(folder)


def test_the_hash_follows_the_content(database_folder: Folder, tmp_path: Path) -> None:
    first = read_database(database_folder({}))[0].sha256
    assert read_database(database_folder({}))[0].sha256 == first
    assert read_database(database_folder({"other.yaml": ENTRY}))[0].sha256 != first


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Acme", "Acme"),
        ("ACME Vision Technology Co., Ltd.", "Acme"),
        ("acme vision-technology", "Acme"),
        ("DeltaNet GmbH", "Delta Net"),
        ("Acme Foods", None),
        ("Ltd", None),
        ("", None),
        ("x" * 10_000, None),
    ],
)
def test_names_in_every_spelling(database: Database, text: str, name: str | None) -> None:
    assert database.manufacturer_name(text) == name


def test_a_makers_name_is_a_brand_too(database: Database) -> None:
    assert database.brand_name("sea bird security") == "Seabird"
    assert database.brand_name("acme ltd") == "Acme"
    assert database.brand_name("nobody") is None


def test_defaults_yield_to_what_an_entry_states(database_folder: Folder) -> None:
    text = r"""
    defaults: {manufacturer: Acme, brand: Acme, class: camera}
    entries:
    - {id: other-a, description: a, family: tool, weight: 0.5, match: [{field: http.title, is: a}],
       means: {class: recorder}, source: {text: t, seen: 2026-11-24, mark: known}}
    - {id: other-b, description: b, family: tool, weight: 0.5, match: [{field: http.title, is: b}],
       means: {makers: [Acme, Borealis], brand: null}, source: {text: t, seen: 2026-11-24, mark: known}}
    - {id: other-c, description: c, family: tool, weight: 0.5, match: [{field: http.title, is: c}],
       means: {manufacturer: null, brand: Seabird}, source: {text: t, seen: 2026-11-24, mark: known}}
    """
    entries = {
        entry.id: entry.means.values() for entry in load_database(database_folder({"other.yaml": text})).entries
    }
    assert entries["other-a"] == {"manufacturer": "Acme", "brand": "Acme", "class": "recorder"}
    assert entries["other-b"] == {"class": "camera"}
    assert entries["other-c"] == {"brand": "Seabird", "class": "camera"}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("id: other-page", "id: page", "page: id must start with the file's name: other-…"),
        ("id: other-page", "id: other-Page", "other-Page: id must be lower-case words joined by single hyphens"),
        ("id: other-page", "id: 7", "entries item 1: Expected `str`, got `int`"),
        ("weight: 0.6", "weight: 1.6", "other-page: weight 1.6 is not above 0 and at most 1"),
        ("weight: 0.6", "weight: much", "other-page: Expected `float`, got `str`"),
        (
            "family: http-page",
            "family: http-pge",
            "other-page: unknown family 'http-pge'; did you mean 'http-page'?",
        ),
        ("class: camera", "class: camara", "other-page: unknown class 'camara'; did you mean 'camera'?"),
        ("class: camera", "manufacturer: Borealiss", "did you mean 'Borealis'?"),
        ("class: camera", "manufacturer: DeltaNet", "'DeltaNet' is another spelling of 'Delta Net'; write that"),
        ("class: camera", "brand: Seebird", "other-page: unknown brand 'Seebird'; did you mean 'Seabird'?"),
        ("class: camera", "tag: honypot", "other-page: unknown tag 'honypot'; did you mean 'honeypot'?"),
        ("class: camera", "makers: [Acme]", "makers lists several; one maker is manufacturer"),
        ("class: camera", "klass: camera", "Object contains unknown field `klass`"),
        ("class: camera", "model: {from: m}", "model is taken from the group 'm', which no condition captures"),
        ("field: http.title", "field: http.titel", "no field of that name; did you mean 'http.title'?"),
        ("is: Other}", "is: 401}", "(YAML reads bare numbers, yes and no as such: put a text in quotes)"),
        ("is: Other}", "is: A, contains: B}", "states is and contains; a condition states exactly one of"),
        ("is: Other}", "ignore_case: true}", "states nothing; a condition states exactly one of"),
        ("is: Other}", "absent: true}", "match needs at least one condition that is not absent"),
        ("is: Other}", "contains: ''}", "contains an empty text holds always"),
        ("is: Other}", "one_of: []}", "one_of lists nothing"),
        ("is: Other}", "oui_in: [AABBC]}", "'AABBC' is not 6, 7 or 9 hexadecimal digits"),
        ("is: Other}", "matches: '(a'}", "not a regular expression"),
        ("is: Other}", "matches: '(a)b'}", "has an unnamed group"),
        ("is: Other}", "matches: '(?P<m>a)'}", "the group 'm' is captured but not used in means"),
        ("is: Other}", "matches: 'a*'}", "holds on any text"),
        ("seen: 2026-11-24", "seen: lately", "other-page: Invalid RFC3339 encoded date"),
        ("mark: observed", "mark: guessed", "Invalid enum value 'guessed'"),
        ("defaults:", "deafults:", "no such part: deafults; did you mean 'defaults'?"),
        ("manufacturer: Acme", "manufacturer: Acmee", "unknown manufacturer 'Acmee'; did you mean 'Acme'?"),
        ("entries:", "entrys:", "needs a list 'entries'"),
        ("weight: 0.6", "weight: [", "cannot be read as YAML"),
    ],
)
def test_errors_name_file_entry_and_reason(database_folder: Folder, old: str, new: str, reason: str) -> None:
    assert old in ENTRY
    lines = problems(database_folder, ENTRY.replace(old, new, 1))
    assert lines[0].startswith("other.yaml: ")
    assert any(reason in line for line in lines), lines


def test_every_problem_is_told_not_only_the_first(database_folder: Folder) -> None:
    lines = problems(database_folder, ENTRY.replace("0.6", "7").replace("other-page", "page"))
    assert len(lines) == 2


def test_an_id_is_unique_over_the_database(database_folder: Folder) -> None:
    again = ENTRY.replace("entries:\n", "entries:\n" + ENTRY.split("entries:\n")[1], 1)
    assert problems(database_folder, again) == ["other.yaml: other-page: the id is already used in other.yaml"]


def test_one_spelling_for_two_names_is_refused(database_folder: Folder) -> None:
    text = "manufacturers: [{manufacturer: Acme}, {manufacturer: Ace, aliases: [A-C-M-E]},"
    text += " {manufacturer: Borealis}, {manufacturer: 'Doe, Roe'}]"
    lines = problems(database_folder, text, "manufacturers.yaml")
    assert "manufacturers.yaml: Ace: 'A-C-M-E' is also a spelling of 'Acme'" in lines
    assert "manufacturers.yaml: Doe, Roe: a name may not hold a comma and a blank" in lines


def test_brand_relations_name_known_makers(database_folder: Folder) -> None:
    text = "brands: [{brand: Seabird}, {brand: Tern, relations: [{maker: Acmo, relation: oem, "
    text += "certainty: high, source: s, seen: 2026-11-24}]}]"
    assert problems(database_folder, text, "brands.yaml") == [
        "brands.yaml: Tern: unknown maker 'Acmo'; did you mean 'Acme'?"
    ]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ('{matches: "^A", class: camera, source: s}', "states exactly one of manufacturer and brand"),
        ('{manufacturer: Acmo, matches: "^A", class: camera, source: s}', "did you mean 'Acme'?"),
        ('{brand: Seebird, matches: "^A", class: camera, source: s}', "did you mean 'Seabird'?"),
        ('{manufacturer: Acme, matches: "^A", class: camra, source: s}', "did you mean 'camera'?"),
        ('{manufacturer: Acme, matches: "^(A", class: camera, source: s}', "not a regular expression"),
        ("{manufacturer: Acme, class: camera, source: s}", "missing required field `matches`"),
    ],
)
def test_model_rules_are_checked(database_folder: Folder, rule: str, reason: str) -> None:
    (line,) = problems(database_folder, f"models: [{rule}]", "models/acme.yaml")
    assert line.startswith("models/acme.yaml: ")
    assert reason in line


def test_what_is_usable_can_be_read_beside_what_is_not(database_folder: Folder) -> None:
    database, found = read_database(database_folder({"other.yaml": ENTRY.replace("0.6", "7")}))
    assert [problem.entry for problem in found] == ["other-page"]
    assert len(database.entries) == 2


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="no such folder"):
        load_database(tmp_path / "nowhere")


def test_a_file_of_ones_own_is_read_beside_the_database(database_folder: Folder, tmp_path: Path) -> None:
    own = tmp_path / "other.yaml"
    own.write_text(ENTRY, "utf-8")
    database, found = read_database(database_folder({}), extra=[own])
    assert not found
    assert database.files["other-page"] == "other.yaml"
