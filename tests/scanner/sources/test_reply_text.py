from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scanner.sources.reply_text import http_fields, parse_reply, rtsp_fields, sip_fields, ssdp_fields


def test_a_head_ends_at_its_empty_line_and_keeps_its_white_space() -> None:
    reply = parse_reply("HTTP/1.1 200 OK\r\nDate:  Thu\r\nX:1;mode=block\r\n folded\r\n\r\n\nBlock:\n  a: b\n")
    assert reply is not None
    assert reply.protocol == "HTTP"
    assert reply.head.lines == ("HTTP/1.1 200 OK", "Date:  Thu", "X:1;mode=block", " folded")
    assert reply.rest == "\nBlock:\n  a: b\n"
    assert "block" not in dict(reply.head.headers)


def test_what_begins_otherwise_is_no_reply() -> None:
    for text in ("", "HTTP", "HTTP/1.1 OK", "GET / HTTP/1.1", "x HTTP/1.1 200", "HTTPS/1.1 200 OK", "ICY 200 OK"):
        assert parse_reply(text) is None


def test_blank_lines_and_a_mark_may_stand_before() -> None:
    reply = parse_reply("\ufeff\r\n HTTP/1.0 302\r\nLocation: /x\r\n")
    assert reply is not None
    assert http_fields(reply)["http.location"] == "/x"
    assert http_fields(reply)["http.status"] == "302"


def test_an_empty_header_is_a_value_and_a_missing_one_is_none() -> None:
    reply = parse_reply("HTTP/1.1 401 Unauthorized\r\nServer:\r\nWWW-Authenticate:\r\nSet-Cookie: =x\r\n\r\n")
    assert reply is not None
    fields = http_fields(reply)
    assert fields["http.server"] == ""
    assert fields["http.auth"] == ("",)
    assert not {"http.location", "http.cookies", "http.auth_realm"} & fields.keys()


def test_one_rtsp_reply_with_a_description() -> None:
    sdp = "v=0\r\ns=HIK Media Server V4.71.410\r\n"
    fields = rtsp_fields(f"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\n\r\n{sdp}")
    assert fields["rtsp.sdp"] == sdp
    assert fields["rtsp.status"] == "200"


def test_description_and_challenge_of_several_replies() -> None:
    text = 'RTSP/1.0 200 OK\r\nPublic: OPTIONS\r\n\r\nRTSP/1.0 401 No\r\nWWW-Authenticate: Basic realm="/"\r\n\r\n'
    fields = rtsp_fields(text)
    assert (fields["rtsp.status"], fields["rtsp.public"], fields["rtsp.realm"]) == ("401", "OPTIONS", "/")


@given(st.sampled_from(["", "HTTP/1.1 200 OK", "RTSP/1.0 401 x\r\n", "SIP/2.0 200"]), st.text(max_size=80))
def test_any_text_is_read(start: str, text: str) -> None:
    rtsp_fields(start + text)
    reply = parse_reply(start + text)
    if reply is not None:
        for read in (http_fields, sip_fields, ssdp_fields):
            read(reply)
