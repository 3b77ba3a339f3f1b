from __future__ import annotations

from pathlib import Path

import pytest

from scanner.authorization import AuthorizationError, load_authorization

FULL = """
who = "Jane Doe, CISO"
ranges = ["203.0.113.0/24", "2001:db8::/48"]
valid_from = 2026-11-01
valid_to = "2026-12-31"
reference = "change 4711"
"""


def load(tmp_path: Path, text: str):  # type: ignore[no-untyped-def]
    file = tmp_path / "authorization.toml"
    file.write_text(text, "utf-8")
    return load_authorization(file)


def test_a_full_record(tmp_path: Path) -> None:
    record = load(tmp_path, FULL)
    assert (record.who, record.valid_from, record.valid_to) == ("Jane Doe, CISO", "2026-11-01", "2026-12-31")
    assert [span.size for span in record.address_ranges()] == [256, 1 << 80]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("ranges = ['203.0.113.0/24']", "`who`"),
        ("who = '  '\nranges = ['203.0.113.0/24']", "`who`"),
        ("who = 'J'", "`ranges`"),
        ("who = 'J'\nranges = []", "`ranges`"),
        ("who = 'J'\nranges = ['everything']", "everything is not a network"),
        ("who = 'J'\nranges = ['203.0.113.0/24']\nvalid_to = 'soon'", "`valid_to`"),
        ("who = 'J'\nranges = ['203.0.113.0/24']\nvalid_untill = 2026-12-31", "unknown key 'valid_untill'"),
        ("who = ", "not a TOML file"),
    ],
)
def test_an_incomplete_record_is_refused_with_file_and_key(tmp_path: Path, broken: str, reason: str) -> None:
    with pytest.raises(AuthorizationError, match=r"authorization\.toml") as refusal:
        load(tmp_path, broken)
    assert reason in str(refusal.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AuthorizationError, match=r"nowhere\.toml"):
        load_authorization(tmp_path / "nowhere.toml")
