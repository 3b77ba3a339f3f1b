from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.sources.json_access import coordinate, decode_json, object_at, port_number, texts_of, whole_number


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": 20381722944494859165304560775121294461}', {"a": 20381722944494859165304560775121294461}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'\xef\xbb\xbf{"a": "\\ud800"}', {"a": "\ud800"}),
        (b'{"a": "\x01"}', {"a": "\x01"}),
        (b'{"a": "\xe9"}', {"a": "\ufffd"}),
        (b" 5 ", 5),
    ],
)
def test_odd_json_is_read(data: bytes, value: object) -> None:
    assert decode_json(data) == value


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"NaN", b'{"a": Infinity}', b"[" * 100_000, b'{"a":' + b"9" * 5_000 + b"}", b"{} {}", b"\xff"],
)
def test_what_is_no_json_is_a_value_error_with_a_reason(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        decode_json(data)


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_a_value_error(data: bytes) -> None:
    try:
        decode_json(data)
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (7, 7),
        ("7", 7),
        (7.0, 7),
        (7.5, None),
        (2.0**60, None),
        (True, None),
        ("²", None),
        ("-1", None),
        ([7], None),
    ],
)
def test_whole_numbers(value: object, number: int | None) -> None:
    assert whole_number(value) == number
    assert port_number(value) == number


def test_places() -> None:
    assert coordinate(-89.5, 90) == -89.5
    assert [coordinate(value, 90) for value in (91, float("nan"), True, "1", None)] == [None] * 5


def test_wrong_types_are_absent() -> None:
    assert object_at({"a": []}, "a") == {}
    assert texts_of([1, "x", None, {}, True, ""]) == ["1", "x"]
    assert texts_of({"a": 1}) == []
