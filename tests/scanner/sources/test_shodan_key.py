from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from scanner.sources.shodan_key import find_key, key_file

IN_ENVIRONMENT, IN_KEYRING, IN_FILE = "EnvKey0123456789", "RingKey0123456789", "FileKey0123456789"


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """A keyring package that holds what the test puts into the dictionary."""
    held: dict[tuple[str, str], str] = {}
    errors = ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]

    def get_password(service: str, name: str) -> str | None:
        if ("locked", "") in held:
            raise errors.KeyringError
        return held.get((service, name))

    keyring = ModuleType("keyring")
    keyring.get_password = get_password  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return held


def write(home: Path, folder: str) -> None:
    (home / folder).mkdir(parents=True)
    (home / folder / "api_key").write_text(IN_FILE + "\n")


def test_the_environment_comes_before_the_keyring_and_that_before_the_file(
    tmp_path: Path, ring: dict[tuple[str, str], str]
) -> None:
    write(tmp_path, ".config/shodan")
    ring["coverscan", "shodan"] = IN_KEYRING
    found = [
        find_key({"SHODAN_API_KEY": f" {IN_ENVIRONMENT}\n"}, tmp_path),
        find_key({"SHODAN_API_KEY": ""}, tmp_path),
    ]
    ring.clear()
    found.append(find_key({}, tmp_path))
    assert [key and key.reveal() for key in found] == [IN_ENVIRONMENT, IN_KEYRING, IN_FILE]
    assert found[2] is not None
    assert found[2].origin == str(tmp_path / ".config/shodan/api_key")


def test_the_older_folder_is_used_where_it_exists(tmp_path: Path, ring: dict[tuple[str, str], str]) -> None:
    write(tmp_path, ".shodan")
    assert key_file(tmp_path) == tmp_path / ".shodan/api_key"
    found = find_key({}, tmp_path)
    assert found is not None
    assert found.reveal() == IN_FILE


def test_a_locked_keyring_and_no_file_give_no_key(tmp_path: Path, ring: dict[tuple[str, str], str]) -> None:
    ring["locked", ""] = ""
    assert find_key({}, tmp_path) is None


def test_without_the_keyring_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert find_key({}, tmp_path) is None


@pytest.mark.parametrize("text", ["short", "has spaces in it and more", "línea-no-ascii-0000", "x" * 5000])
def test_what_is_no_key_is_not_taken(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert find_key({"SHODAN_API_KEY": text}, tmp_path) is None
