from __future__ import annotations

import pytest

from scanner.mac_address import normalise_mac


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("44-19-B6-00-00-01", "44:19:b6:00:00:01"),
        (" 44:19:b6:00:00:01\n", "44:19:b6:00:00:01"),
        ("4419B6000001", "44:19:b6:00:00:01"),
        ("44-19:B6-00-00-01", None),
        ("00:00:00:00:00:00", None),
        ("ff-ff-ff-ff-ff-ff", None),
        ("44:19:b6:00:00", None),
        ("44:19:b6:00:00:01:02", None),
        ("N/A", None),
        ("", None),
        (None, None),
        ("0" * 10_000, None),
    ],
)
def test_one_way_of_writing(text: str | None, expected: str | None) -> None:
    assert normalise_mac(text) == expected
