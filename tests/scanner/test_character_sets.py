from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.character_sets import decode


@pytest.mark.parametrize(
    ("data", "declared", "expected"),
    [
        (b"plain", None, "plain"),
        ("Straße".encode(), None, "Straße"),
        ("Straße".encode("latin-1"), "ISO-8859-1", "Straße"),
        ("摄像机".encode("gbk"), " 'GB2312' ", "摄像机"),
        ("カメラ".encode("shift_jis"), "Shift_JIS", "カメラ"),
        (b"\xef\xbb\xbf<html>", "gb2312", "<html>"),
        ("é".encode("utf-16"), None, "é"),
        (b"\xff\xfe", None, ""),
        (b"100\x80", "%s", "100\ufffd"),
        ("ab€".encode()[:-1], None, "ab"),
    ],
)
def test_text_is_decoded_as_declared_or_as_utf8(data: bytes, declared: str | None, expected: str) -> None:
    assert decode(data, declared) == expected


def test_the_other_codec_is_taken_only_where_all_of_it_fits() -> None:
    assert decode("海康".encode("gbk"), "utf-8", otherwise="gb18030") == "海康"
    assert decode(b"\xff\xff\x00", otherwise="gb18030") == "\ufffd\ufffd\x00"


@pytest.mark.parametrize("name", ["base64", "zip", "punycode", "unicode_escape", "utf-7", "idna", "hex", "utf_16"])
def test_codecs_that_transform_cannot_be_named(name: str) -> None:
    assert decode(b"aGk=+AGE-\\x41", name) == "aGk=+AGE-\\x41"


@given(
    st.binary(), st.none() | st.text(max_size=20) | st.sampled_from(["gbk", "big5", "sjis", "euc-jp", "gb18030"])
)
def test_any_bytes_under_any_name_give_writable_text(data: bytes, declared: str | None) -> None:
    decode(data, declared).encode("utf-8")
    decode(data, declared, otherwise="gb18030").encode("utf-8")
