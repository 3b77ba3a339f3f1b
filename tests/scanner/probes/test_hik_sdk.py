from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.probes.hik_sdk import parse


@pytest.mark.parametrize("code", ["1e", "0d", "20"])
def test_an_answer_of_the_control_protocol(code: str) -> None:
    answer = f"00000010000000{code}000000{code}00000000"
    assert parse(bytes.fromhex(answer)) == {"private.hik8000": answer}


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        bytes.fromhex("00000010000000 1e0000001f00000000".replace(" ", "")),  # check sum does not fit
        bytes.fromhex("000000110000001e0000001e00000000"),  # another length
        b"HI\x06\x01" + b"\0" * 12,  # a decoy's
        b"\0\0\0\x10",
    ],
)
def test_anything_else_is_a_banner_and_no_sign(data: bytes) -> None:
    assert set(parse(data)) == {"banner.raw"}


@given(st.binary(max_size=600))
def test_any_bytes_give_fields(data: bytes) -> None:
    assert set(parse(data)) <= {"banner.raw", "private.hik8000"}
