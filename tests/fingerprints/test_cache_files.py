from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from fingerprints import cache_files
from fingerprints.cache_files import cache_folder, read_cached, write_cached

KEY = hashlib.sha256(b"these files").hexdigest()
OTHER = hashlib.sha256(b"other files").hexdigest()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder, which does not exist yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path / "cache" / "coverscan"


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_what_was_written_is_read_back(folder: Path) -> None:
    assert read_cached("things", KEY) is None
    write_cached("things", KEY, b"\0body\n")
    assert read_cached("things", KEY) == b"\0body\n"
    assert read_cached("things", OTHER) is None
    assert read_cached("other", KEY) is None
    write_cached("things", KEY, b"later")
    assert read_cached("things", KEY) == b"later"


def test_only_the_user_may_look(folder: Path) -> None:
    write_cached("things", KEY, b"body")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert only_file(folder).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("cut", [0, 10, 60, 100, -1])
def test_a_file_that_was_cut_off_is_not_there(folder: Path, cut: int) -> None:
    write_cached("things", KEY, b"body")
    path = only_file(folder)
    path.write_bytes(path.read_bytes()[:cut])
    assert read_cached("things", KEY) is None


def test_a_changed_byte_is_noticed(folder: Path) -> None:
    write_cached("things", KEY, b"body")
    path = only_file(folder)
    path.write_bytes(path.read_bytes()[:-1] + b"Y")
    assert read_cached("things", KEY) is None


def test_a_file_of_another_key_under_this_name_is_not_taken(folder: Path) -> None:
    write_cached("things", OTHER, b"body")
    only_file(folder).rename(folder / f"things-{KEY[:24]}.cache")
    assert read_cached("things", KEY) is None


def test_what_others_may_write_to_is_not_trusted(folder: Path) -> None:
    write_cached("things", KEY, b"body")
    only_file(folder).chmod(0o620)
    assert read_cached("things", KEY) is None
    only_file(folder).chmod(0o600)
    assert read_cached("things", KEY) == b"body"
    folder.chmod(0o777)
    assert read_cached("things", KEY) is None
    write_cached("things", OTHER, b"body")
    assert len(list(folder.iterdir())) == 1


def test_what_belongs_to_somebody_else_is_not_trusted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cached("things", KEY, b"body")
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    assert read_cached("things", KEY) is None


def test_no_folder_is_made_in_somebody_elses_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    write_cached("things", KEY, b"body")
    assert not folder.exists()


def test_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    write_cached("things", KEY, b"body")
    path = only_file(folder)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert read_cached("things", KEY) is None
    write_cached("things", KEY, b"new")
    assert not path.is_symlink()
    assert (tmp_path / "elsewhere").read_bytes().endswith(b"body")


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_something_else_in_its_place_is_no_error(folder: Path, kind: str) -> None:
    if kind == "file":
        folder.parent.mkdir()
        folder.write_text("not a folder")
    else:
        (folder / f"things-{KEY[:24]}.cache").mkdir(parents=True)
    write_cached("things", KEY, b"body")
    assert read_cached("things", KEY) is None


def test_a_write_that_fails_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Path, _target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    write_cached("things", KEY, b"body")
    assert list(folder.iterdir()) == []


def test_the_folder_stays_bounded(folder: Path) -> None:
    for number in range(cache_files.MAX_FILES + 5):
        write_cached("things", hashlib.sha256(bytes([number])).hexdigest(), b"x" * number)
        newest = max(folder.iterdir(), key=lambda path: path.stat().st_size)
        os.utime(newest, (1_000_000 + number, 1_000_000 + number))
    left = sorted(path.stat().st_size for path in folder.iterdir())
    assert len(left) == cache_files.MAX_FILES
    assert left[-1] > left[0] > 100


def test_large_files_make_room_for_each_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_files, "MAX_FOLDER_BYTES", 3_000)
    for number in range(4):
        write_cached("things", hashlib.sha256(bytes([number])).hexdigest(), b"x" * 1_000)
    assert len(list(folder.iterdir())) == 2
    monkeypatch.setattr(cache_files, "MAX_FILE_BYTES", 2_000)
    write_cached("large", KEY, b"x" * 2_000)
    assert read_cached("large", KEY) is None


def test_what_a_killed_process_left_is_removed_later(folder: Path) -> None:
    write_cached("things", KEY, b"body")
    old, new = folder / "things-1.cache.7-1.tmp", folder / "things-1.cache.7-2.tmp"
    old.touch()
    new.touch()
    os.utime(old, (1_000_000, 1_000_000))
    write_cached("things", OTHER, b"body")
    assert not old.exists()
    assert new.exists()


def test_it_can_be_switched_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COVERSCAN_NO_CACHE", "1")
    write_cached("things", KEY, b"body")
    assert not folder.exists()
    assert cache_folder() is None
    monkeypatch.setenv("COVERSCAN_NO_CACHE", "0")
    assert cache_folder() == folder


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/c"}, "/c/coverscan"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "/home/ann/.cache/coverscan"),
        ("linux", {}, "/home/ann/.cache/coverscan"),
        ("darwin", {"XDG_CACHE_HOME": "/c"}, "/home/ann/Library/Caches/coverscan"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/coverscan/Cache"),
        ("win32", {}, "/home/ann/AppData/Local/coverscan/Cache"),
    ],
)
def test_the_usual_place_of_each_system(
    platform: str, environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ann"))
    assert cache_folder() == Path(expected)


def test_without_a_home_there_is_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", homeless)
    assert cache_folder() is None
    write_cached("things", KEY, b"body")
    assert read_cached("things", KEY) is None
