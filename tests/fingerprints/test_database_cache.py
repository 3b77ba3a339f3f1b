from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from fingerprints import database_cache, database_loader
from fingerprints.cache_files import write_cached
from fingerprints.database_cache import StoredDatabase, stored_database
from fingerprints.database_loader import DATABASE_FOLDER, Database, DatabaseError, load_database, read_database
from fingerprints.matcher import Matcher
from fingerprints.observation import Observation

Folder = Callable[[dict[str, str]], Path]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a loader that remembers nothing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    database_loader._load.cache_clear()
    return tmp_path / "cache"


def again(folder: Path) -> Database:
    """The database as another process would load it."""
    database_loader._load.cache_clear()
    return load_database(folder)


def parts(database: Database) -> dict[str, object]:
    return {field.name: getattr(database, field.name) for field in dataclasses.fields(Database) if field.compare}


def never_read(_path: Path) -> tuple[Database, list[object]]:
    raise AssertionError("the YAML files were read although the cache holds them")


def test_every_part_of_the_database_comes_back(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, problems = read_database(DATABASE_FOLDER)
    assert not problems
    load_database()
    monkeypatch.setattr(database_loader, "read_database", never_read)
    kept = again(DATABASE_FOLDER)
    assert kept.match_index == read.match_index
    assert {**parts(kept), "_index": None} == parts(read)


def test_no_part_of_a_database_is_forgotten() -> None:
    kept = {database_loader._KEPT_AS.get(name, name) for name in StoredDatabase.__struct_fields__}
    assert kept == {field.name for field in dataclasses.fields(Database)}


def test_changed_files_are_read_anew(cache: Path, database_folder: Folder) -> None:
    folder = database_folder({})
    entries = load_database(folder).entries
    path = folder / "acme.yaml"
    path.write_text(path.read_text("utf-8").replace("AcmeWeb", "AcmeHttpd"), "utf-8")
    changed = again(folder)
    assert changed.entries != entries
    assert Matcher(changed).evidence(Observation(source="t", fields={"http.server": "AcmeHttpd"}))
    (folder / "models").mkdir()
    rule = "models:\n- {manufacturer: Acme, matches: x, class: camera, source: s}\n"
    (folder / "models" / "acme.yaml").write_text(rule, "utf-8")
    assert len(again(folder).models) == 1


def test_other_code_or_another_library_has_its_own_cache(
    cache: Path, database_folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = database_folder({})
    load_database(folder)
    assert stored_database(folder) is not None
    monkeypatch.setattr(msgspec, "__version__", "0.0")
    assert stored_database(folder) is None


@pytest.mark.parametrize("body", [b"", b"\x90", b"not msgpack", b"\x81\xa6sha256\xa1x"])
def test_a_body_of_another_form_is_no_database(cache: Path, database_folder: Folder, body: bytes) -> None:
    folder = database_folder({})
    sha256 = load_database(folder).sha256
    write_cached(database_cache._NAME, database_cache._key(sha256), body)
    assert stored_database(folder) is None
    assert again(folder).sha256 == sha256
    assert stored_database(folder) is not None


def test_a_database_with_problems_is_never_kept(cache: Path, database_folder: Folder) -> None:
    folder = database_folder({"bad.yaml": "entries:\n- {id: bad-1}\n"})
    for _ in range(2):
        with pytest.raises(DatabaseError, match="bad-1"):
            again(folder)
    assert not list(cache.glob("**/fingerprints-*"))


def test_without_a_cache_the_files_are_read(
    cache: Path, database_folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COVERSCAN_NO_CACHE", "1")
    folder = database_folder({})
    assert again(folder).entries == again(folder).entries
    assert not cache.exists()


def test_a_folder_that_is_missing_is_told(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="no such folder"):
        load_database(tmp_path / "nowhere")
