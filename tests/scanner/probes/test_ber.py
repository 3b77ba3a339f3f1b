from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.probes import ber


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "020100"), (1, "020101"), (127, "02017f"), (128, "02020080"), (0x7FFFFFFF, "02047fffffff")],
)
def test_numbers(number: int, written: str) -> None:
    assert ber.integer(number).hex() == written
    assert ber.read_integer(ber.read_element(bytes.fromhex(written)).content) == number


def test_object_identifiers() -> None:
    assert ber.object_identifier("1.3.6.1.2.1.1.1.0").hex() == "06082b06010201010100"
    for text in ("1.3.6.1.4.1.1004849.3.2.10", "0.0", "2.999.3", "1.3.6.1.4.1.39165.1.6.0"):
        assert ber.read_object_identifier(ber.read_element(ber.object_identifier(text)).content) == text


@pytest.mark.parametrize("length", [0, 127, 128, 255, 256, 70_000])
def test_lengths(length: int) -> None:
    data = ber.element(ber.OCTET_STRING, b"x" * length)
    assert ber.read_element(data + b"rest") == ber.Element(ber.OCTET_STRING, b"x" * length, len(data))


@pytest.mark.parametrize("data", ["", "04", "0401", "0480", "0485ffffffffff", "0484ffffffff00", "048201", "0481"])
def test_lengths_that_lie_are_refused(data: str) -> None:
    with pytest.raises(ValueError, match=r"cut|length"):
        ber.read_element(bytes.fromhex(data))


@pytest.mark.parametrize("content", [b"", b"\x2b\x86", b"\xff" * 9 + b"\x7f", b"\x01" * 700])
def test_bad_object_identifiers_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"identifier|arc"):
        ber.read_object_identifier(content)


def test_bad_numbers_are_refused() -> None:
    for content in (b"", b"\1" * 10):
        with pytest.raises(ValueError, match="number"):
            ber.read_integer(content)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        element = ber.read_element(data)
    except ValueError:
        return
    assert element.end <= len(data) and data[: element.end].endswith(element.content)


@given(st.binary(max_size=40))
def test_any_object_identifier_is_read_or_refused(content: bytes) -> None:
    try:
        text = ber.read_object_identifier(content)
    except ValueError:
        return
    assert all(part.isdecimal() for part in text.split("."))
