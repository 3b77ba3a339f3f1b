from __future__ import annotations

import gzip
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.probes.http_message import (
    MAX_BODY_CHARS,
    MAX_INFLATED_BYTES,
    HttpMessage,
    body_text,
    fields,
    parse,
    title_of,
)

DAHUA = (
    b"HTTP/1.1 200 OK\r\nCONNECTION: close\r\nDate: Thu, 01 Jan 2015 00:00:00 GMT\r\n"
    b'Etag: "1448520012:3dc2"\r\nCONTENT-LENGTH: 84\r\nP3P: CP=CAO PSA OUR\r\nCONTENT-TYPE: text/html\r\n\r\n'
    b"\xef\xbb\xbf<!DOCTYPE html>\r\n<html>\r\n<head>\r\n<title>WEB SERVICE</title>\r\n</head></html>      "
)


def reply(headers: bytes = b"", body: bytes = b"", start: bytes = b"HTTP/1.1 200 OK") -> HttpMessage:
    message = parse(start + b"\r\n" + headers + b"\r\n" + body)
    assert message is not None
    return message


def test_a_page_of_a_camera_becomes_fields_with_its_white_space_and_mark() -> None:
    message = parse(DAHUA)
    assert message is not None and message.whole
    found = fields(message, "/")
    assert found["http.status"] == "200"
    assert found["http.path"] == "/"
    assert found["http.title"] == "WEB SERVICE"
    assert found["http.headers"][:2] == ("HTTP/1.1 200 OK", "CONNECTION: close")
    assert str(found["banner.raw"]).endswith("CONTENT-TYPE: text/html\r\n\r\n\ufeff")
    assert str(found["http.body"]).startswith("<!DOCTYPE html>\r\n<html>")
    assert "http.server" not in found


def test_a_challenge_is_kept_whole_and_its_realm_is_told() -> None:
    message = reply(
        b'WWW-Authenticate: Digest qop="auth", realm="DS-0CED0001", nonce="MGJm", domain="::"\r\n'
        b'WWW-Authenticate: Basic realm="other"\r\nServer: \r\n'
        b"Set-Cookie: WebSession=abc; path=/\r\nSet-Cookie: AIROS_68D7=1\r\nSet-Cookie: WebSession=2\r\n",
        start=b"HTTP/1.1 401 Unauthorized",
    )
    found = fields(message, "/")
    assert found["http.auth"] == (
        'Digest qop="auth", realm="DS-0CED0001", nonce="MGJm", domain="::"; Basic realm="other"'
    )
    assert found["http.auth_realm"] == "DS-0CED0001"
    assert found["http.server"] == ""
    assert found["http.cookies"] == ("WebSession", "AIROS_68D7")


def test_an_empty_challenge_is_a_challenge() -> None:
    found = fields(reply(b"WWW-Authenticate:\r\n", start=b"HTTP/1.1 401 Unauthorized"), "/")
    assert found["http.auth"] == ""
    assert "http.auth_realm" not in found


def test_a_page_without_header_block_is_http_0_9() -> None:
    message = parse(b"<html><title>Old DVR</title></html>")
    assert message is not None
    found = fields(message, "/")
    assert (found["http.status"], found["http.title"]) == ("0.9", "Old DVR")
    assert found["banner.raw"] == "<html><title>Old DVR</title></html>"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SSH-2.0-dropbear_2022.83\r\n",
        b"RTSP/1.0 400 Bad Request\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/",
        b"\x15\x03\x03\x00\x02\x02\x46",
    ],
)
def test_what_is_not_http_is_none(data: bytes) -> None:
    assert parse(data) is None


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(b"<title>zipped</title>", mtime=0)),
        (b"X-GZIP", gzip.compress(b"<title>zipped</title>", mtime=0)),
        (b"deflate", zlib.compress(b"<title>zipped</title>")),
        (b"deflate", zlib.compress(b"<title>zipped</title>")[2:-4]),
        (b"identity, gzip", gzip.compress(b"<title>zipped</title>", mtime=0)),
        (b"gzip, deflate", zlib.compress(gzip.compress(b"<title>zipped</title>", mtime=0))),
        (b"gzip", b"<title>zipped</title>"),
        (b"br", b"<title>zipped</title>"),
    ],
)
def test_a_body_compressed_unasked_is_inflated_or_left(coding: bytes, body: bytes) -> None:
    message = reply(b"Content-Encoding: " + coding + b"\r\n", body)
    assert fields(message, "/")["http.title"] == "zipped"
    assert message.whole


def test_a_compressed_body_that_is_cut_gives_its_beginning() -> None:
    page = b"<title>cut</title>" + bytes(range(256)) * 200
    message = reply(b"Content-Encoding: gzip\r\n", gzip.compress(page)[:400])
    assert not message.whole
    assert fields(message, "/")["http.title"] == "cut"


@pytest.mark.parametrize("layers", [b"gzip", b"gzip, gzip", b"gzip, gzip, gzip"])
def test_a_bomb_is_inflated_to_a_megabyte_at_most(layers: bytes) -> None:
    bomb = gzip.compress(b"\0" * 200_000_000, 9)
    for _ in range(layers.count(b",")):
        bomb = gzip.compress(bomb)
    started = time.perf_counter()
    message = reply(b"Content-Encoding: " + layers + b"\r\n", bomb[:262_144])
    assert len(message.body) <= MAX_INFLATED_BYTES
    assert time.perf_counter() - started < 5.0


@pytest.mark.parametrize(
    ("headers", "body", "title"),
    [
        (b"Content-Type: text/html; charset=gb2312\r\n", "<title>网络摄像机</title>".encode("gbk"), "网络摄像机"),
        (b"", '<meta charset="GBK"><title>登录</title>'.encode("gbk"), "登录"),
        (
            b"",
            '<META http-equiv=Content-Type content="text/html; charset=euc-kr"><title>로그인</title>'.encode(
                "euc-kr"
            ),
            "로그인",
        ),
        (b"Content-Type: text/html; charset=%s\r\n", "<title>Überwachung</title>".encode(), "Überwachung"),
        (b"Content-Type: text/html; charset=base64\r\n", b"<title>plain</title>", "plain"),
        (b"Content-Type: application/octet-stream\r\n", b"<title>web</title>", "web"),
        (b"", b"\xff<title>bad \xff\x00 bytes</title>", "bad \ufffd\x00 bytes"),
    ],
)
def test_the_title_is_read_in_the_declared_character_set(headers: bytes, body: bytes, title: str) -> None:
    assert fields(reply(headers, body), "/")["http.title"] == title


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<TITLE lang='en'>\r\n  Two   words &amp; more\n</TITLE>", "Two words & more"),
        ("<title></title>", ""),
        ("<title>never closed <body>", "never closed"),
        ("<titles>no</titles>", None),
        ("no title", None),
        ("<svg><titlepage></svg><title>yes</title>", "yes"),
        ("<title>" + "x" * 100_000, "x" * 4_096),
    ],
)
def test_titles(page: str, title: str | None) -> None:
    assert title_of(page) == title


def test_pictures_have_no_text() -> None:
    message = reply(b"Content-Type: image/x-icon\r\n", b"\x00\x00\x01\x00binary")
    assert body_text(message) == ""
    assert "http.body" not in fields(message, "/favicon.ico")


def test_a_body_is_cut_to_its_bound() -> None:
    assert len(body_text(reply(body=b"<p>" + b"y" * 300_000))) == MAX_BODY_CHARS


def test_a_flood_of_cookies_is_bounded() -> None:
    cookies = b"".join(b"Set-Cookie: c%d=1\r\n" % number for number in range(1_000))
    message = reply(cookies)
    assert not message.whole
    assert len(fields(message, "/")["http.cookies"]) == FIELDS["http.cookies"].max_items


HEADER_NAMES = (
    b"Content-Length: ",
    b"Transfer-Encoding: chunked\r\nX: ",
    b"Content-Encoding: gzip\r\nX: ",
    b"Content-Encoding: deflate\r\nX: ",
    b"Content-Type: text/html; charset=",
    b"WWW-Authenticate: Digest realm=",
    b"Set-Cookie: ",
    b"",
)


@given(st.binary(max_size=300), st.sampled_from(HEADER_NAMES), st.binary(max_size=300))
def test_any_bytes_give_bounded_fields_or_nothing(value: bytes, name: bytes, body: bytes) -> None:
    for data in (body, b"HTTP/1.1 200 OK\r\n" + name + value + b"\r\n\r\n" + body):
        message = parse(data)
        if message is not None:
            found = fields(message, "/")
            assert set(found) <= set(FIELDS)
            assert found["http.status"]


@given(st.integers(0, len(DAHUA) - 1), st.binary(min_size=1, max_size=4))
def test_a_good_reply_with_some_bytes_changed_is_still_read(at: int, change: bytes) -> None:
    message = parse(DAHUA[:at] + change + DAHUA[at + len(change) :])
    if message is not None:
        fields(message, "/")


@given(st.text(alphabet="<title>/ &#;x\n", max_size=400))
def test_any_page_has_a_title_or_none(page: str) -> None:
    title_of(page)
