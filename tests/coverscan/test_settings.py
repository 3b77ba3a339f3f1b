from __future__ import annotations

from pathlib import Path

import pytest

from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.settings import default_inventory, load_settings

FILE = """
db = "site.db"
[operator]
operator = ["local_government", "grant_or_loan_recipient"]
state = "TX"
[scan]
exclude = ["10.0.0.9"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "coverscan.toml"
    path.write_text(FILE, "utf-8")
    return path


def test_option_beats_environment_beats_file_beats_default(file: Path) -> None:
    settings = load_settings(file, {"COVERSCAN_STATE": "VT", "COVERSCAN_EXCLUDE": "10.0.0.1, 10.0.0.2"})
    assert settings.text("state", "CO") == "CO"
    assert settings.text("state") == "VT"
    assert settings.texts("exclude") == ("10.0.0.1", "10.0.0.2")
    assert settings.texts("operator") == ("local_government", "grant_or_loan_recipient")
    assert settings.text("profile") == "gentle"
    assert settings.text("name") is None


def test_every_value_knows_where_it_came_from(file: Path) -> None:
    values = load_settings(file, {"COVERSCAN_STATE": "VT"}).values
    assert values["state"].origin == "environment COVERSCAN_STATE"
    assert values["db"].origin == str(file)
    assert values["use"].origin == "default"


def test_the_file_in_the_working_directory_is_found(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    assert load_settings(None, {}).text("db") == "site.db"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[operator]\nstat = 'TX'", r"unknown key \[operator\] stat"),
        ("colour = 'red'", "unknown key colour"),
        ("[operator]\nstate = 5", "state: must be a text"),
        ("[scan]\nexclude = [5]", "exclude: must be a list of texts"),
        ("state = 'TX'", "unknown key state"),
        ("[operator", "not a TOML file"),
    ],
)
def test_what_cannot_be_understood_is_named(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "coverscan.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(Failure, match=reason) as failure:
        load_settings(file, {})
    assert failure.value.exit_code == ExitCode.INPUT_UNUSABLE


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"gone\.toml"):
        load_settings(tmp_path / "gone.toml", {})


def test_the_inventory_lives_here_if_it_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_inventory() != Path("coverscan.db")
    Path("coverscan.db").touch()
    assert default_inventory() == Path("coverscan.db")
