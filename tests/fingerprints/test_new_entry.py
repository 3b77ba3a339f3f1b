from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from fingerprints.database_loader import DATABASE_FOLDER, read_database
from fingerprints.database_tests import run_tests
from fingerprints.entry_layout import canonical_text
from fingerprints.new_entry import (
    MAX_ENTRIES,
    PLACEHOLDER_MAKER,
    NothingTelling,
    draft,
    stem_problem,
    telling_fields,
)
from fingerprints.observation import FIELDS, Observation

TODAY = datetime.date(2026, 11, 25)
Seen = Callable[..., Observation]

RICH = {
    "http.status": "401",
    "http.path": "/",
    "http.server": "Lumivue-Httpd/2.1.7",
    "http.auth_realm": "Lumivue 00123456789",
    "http.title": "Lumivue Dome",
    "http.headers": ["HTTP/1.1 401 Unauthorized", "Server: Lumivue-Httpd/2.1.7"],
    "http.body": "at 192.168.7.8. " + "x" * 5_000,
    "onvif.scopes": ["onvif://www.onvif.org/type/ptz", "onvif://www.onvif.org/name/Lumivue"],
}


def test_telling_fields_are_fields_with_families() -> None:
    database, _ = read_database(DATABASE_FOLDER)
    for telling in telling_fields():
        assert telling.field in FIELDS
        assert telling.family in database.families
        assert telling.says.count("{}") == 1
        assert not telling.says.endswith(".")


def test_a_draft_is_green_as_it_stands_once_the_maker_is_named(seen: Seen, tmp_path: Path) -> None:
    made = draft(seen(RICH, ip="192.168.7.8", mac="00:11:33:44:55:66"), "my-camera", "Vivotek", TODAY)
    path = tmp_path / "my-camera.yaml"
    path.write_text(made.text, "utf-8")
    run = run_tests([path])
    assert run.problems == ()
    assert len(run.tested) == made.entries == MAX_ENTRIES
    assert [entry.match[0].field for entry in run.tested] == ["onvif.scopes", "http.auth_realm", "http.server"]
    assert run.tested[0].match[0].texts == ("onvif://www.onvif.org/name/Lumivue",)
    assert run.tested[1].match[0].texts == ("Lumivue ",)
    assert run.tested[2].match[0].texts == ("Lumivue-Httpd/",)
    assert "192.168.7.8" not in made.text
    assert "123456789" not in made.text
    assert "00:11:33:00:00:01" in made.text
    assert max(map(len, made.text.splitlines())) < 400
    assert any("http.title" in reason for reason in made.left_out)


def test_a_draft_is_in_the_canonical_layout_and_dated(seen: Seen) -> None:
    made = draft(seen(RICH), "my-camera", None, TODAY)
    assert canonical_text(made.text).changed == ()
    assert "seen: 2026-11-25" in made.text
    assert made.text.count(PLACEHOLDER_MAKER) == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "it has no fields"),
        ({"http.status": "200"}, "none of its fields .* http.status"),
        ({"http.server": "Boa/0.94.13"}, "many makers' devices say that"),
        ({"http.title": "IP CAMERA"}, "many makers' devices say that"),
        ({"http.server": "1.0"}, "too short"),
    ],
)
def test_nothing_telling_is_said_with_its_reason(seen: Seen, fields: dict[str, object], reason: str) -> None:
    with pytest.raises(NothingTelling, match=reason):
        draft(seen(fields), "my-camera", None, TODAY)


def test_hostile_text_becomes_a_readable_file(seen: Seen, tmp_path: Path) -> None:
    hostile = 'Evil"}\n\x1b[31m: #{}\u202e\u2028 Camera'
    made = draft(seen({"http.title": hostile, "http.server": hostile * 40}), "evil", "Acme", TODAY)
    path = tmp_path / "evil.yaml"
    path.write_text(made.text, "utf-8")
    _, problems = read_database(DATABASE_FOLDER, extra=[path])
    assert [problem for problem in problems if problem.file == "evil.yaml" and "Acme" not in problem.reason] == []
    assert "\x1b" not in made.text


@pytest.mark.parametrize("stem", ["My-Camera", "a b", "a--b", "-a", ""])
def test_names_that_an_id_cannot_begin_with(stem: str) -> None:
    assert stem_problem(stem)
    assert not stem_problem("my-camera2")
