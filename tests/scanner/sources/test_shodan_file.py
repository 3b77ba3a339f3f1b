from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shodan.helpers

from fingerprints.observation import Observation
from scanner.sources.reading import BadLine
from scanner.sources.recognise import open_source

Banner = dict[str, Any]
Write = Callable[[bytes], Path]
Lines = Callable[[list[Banner]], bytes]


def read(path: Path) -> tuple[list[Observation], list[BadLine]]:
    """All that a file gives, and that the tally and the names in the errors fit."""
    reading = open_source(path)
    items = list(reading)
    observations = [item for item in items if isinstance(item, Observation)]
    bad = [item for item in items if isinstance(item, BadLine)]
    assert (reading.observations, reading.error_count) == (len(observations), len(bad))
    assert all(str(line).startswith(f"{path}") for line in bad)
    return observations, bad


def addresses(observations: list[Observation]) -> list[str | None]:
    return [one.ip for one in observations]


def numbered(count: int) -> list[Banner]:
    return [{"ip_str": f"192.0.2.{n}", "port": 80, "data": f"n{n}", "_shodan": {}} for n in range(1, count + 1)]


EXPECTED = [f"192.0.2.{n}" for n in range(1, 6)]


@pytest.fixture
def five(as_lines: Lines) -> bytes:
    return as_lines(numbered(5))


def test_the_three_full_records(
    web_camera: Banner, stream_camera: Banner, tls_recorder: Banner, as_lines: Lines, as_file: Write
) -> None:
    reading = open_source(as_file(gzip.compress(as_lines([web_camera, stream_camera, tls_recorder]))))
    observations, bad = list(reading), reading.errors
    assert reading.format == "shodan"
    assert bad == []
    assert [one.service for one in observations if isinstance(one, Observation)] == [
        "http",
        "rtsp",
        "https",
        "https",
    ]
    serial = next(
        one.fields["tls.serial"] for one in observations if isinstance(one, Observation) and one.port == 443
    )
    assert int(str(serial), 16) == 987654321098765432109876543210987654321, "not one digit is lost"


def test_a_file_that_the_official_client_wrote_in_two_runs(many_banners: list[Banner], tmp_path: Path) -> None:
    path = tmp_path / "download.json.gz"
    for mode, banners in (("w", many_banners[:3]), ("a", many_banners[3:5])):
        with shodan.helpers.open_file(str(path), mode) as stream:
            for banner in banners:
                shodan.helpers.write_banner(stream, banner)
    observations, bad = read(path)
    assert addresses(observations) == [banner["ip_str"] for banner in many_banners[:5]]
    assert bad == []


@pytest.mark.parametrize(
    "shape",
    [
        lambda lines: lines,
        gzip.compress,
        lambda lines: b"\xef\xbb\xbf" + lines,
        lambda lines: b"\xff\xfe" + lines.decode().encode("utf-16-le"),
        lambda lines: b"\xfe\xff" + lines.decode().encode("utf-16-be"),
        lambda lines: lines.replace(b"\n", b"\r\n\r\n"),
        lambda lines: gzip.compress(lines[:70]) + gzip.compress(lines[70:]),
        lambda lines: b"[" + lines.strip().replace(b"\n", b",") + b"]",
        lambda lines: b"[\n" + lines.strip().replace(b"\n", b",\n") + b"\n]\n",
        lambda lines: json.dumps([json.loads(line) for line in lines.splitlines()], indent=2).encode(),
        lambda lines: "\n".join(json.dumps(json.loads(line), indent=1) for line in lines.splitlines()).encode(),
        lambda lines: b'{"matches": [' + lines.strip().replace(b"\n", b",") + b'], "total": 5}',
        lambda lines: lines.rstrip(b"\n"),
    ],
)
def test_shapes_of_a_whole_download(shape: Callable[[bytes], bytes], five: bytes, as_file: Write) -> None:
    observations, bad = read(as_file(shape(five)))
    assert (addresses(observations), bad) == (EXPECTED, [])


@pytest.mark.parametrize("indent", [None, 2])
def test_a_whole_answer_about_a_host(indent: int | None, as_file: Write) -> None:
    answer = {
        "ip_str": "192.0.2.1", "ports": [80, 554], "hostnames": ["h.example.net"], "org": "O",
        "country_code": "DE", "data": [{"port": 80, "data": "a"}, {"port": 554, "data": "b"}],
    }  # fmt: skip
    observations, bad = read(as_file(json.dumps(answer, indent=indent).encode()))
    assert bad == []
    assert [(one.ip, one.port, one.hostname) for one in observations] == [
        ("192.0.2.1", 80, "h.example.net"),
        ("192.0.2.1", 554, "h.example.net"),
    ]
    assert observations[0].location is not None
    assert observations[0].location.country == "DE"


def test_a_minified_answer_about_a_host_gives_its_ports(as_file: Write) -> None:
    answer = {"ip_str": "192.0.2.1", "ports": [80, 8000], "last_update": "2026-01-02T03:04:05.6", "tags": ["iot"]}
    observations, _ = read(as_file(json.dumps(answer).encode()))
    assert [(one.port, one.observed_at) for one in observations] == [
        (80, "2026-01-02T03:04:05Z"),
        (8000, "2026-01-02T03:04:05Z"),
    ]


BAD_LINES = [
    b'not json', b'{', b'{"ip_str": "192.0.2.1"', b'{"ip_str": }', b'[]', b'[1, 2]', b'1', b'"text"',
    b'null', b'true', b'{}', b'{"a": 1}', b'{"name": "x", "port": 80}',
    b'{"ip_str": NaN, "port": 1, "data": ""}', b'\x00\x01\x02\x03', b'\xff\xff\xff',
    b'<html><body>502 Bad Gateway</body></html>', b'ip,port', b"{'ip_str': '192.0.2.1'}",
    b'{ip_str: "192.0.2.1"}', b'{"ip_str": "192.0.2.1", "port": 80,}',
    b'{"data": "\\x00", "ip_str": "192.0.2.1"}', b'{"data": "\\u12", "ip_str": "192.0.2.1"}',
    b'{"data": "unended', b'{"ip_str": "192.0.2.1"}}', b'}{', b'][',
    b'{"ip_str": "192.0.2.1"} {"ip_str": "192.0.2.2"}', b"{" * 10_000, b"[" * 10_000, b'{"a":' * 5_000,
    b'{"hash": 99999999999999999999e999, "port": 1, "data": }', b'-', b'+1', b'01', b'1e', b'"\\',
    b'// comment', b'# comment', b'{,}', b'{"a" "b"}', b'{"a"::1}', b'{"ip_str": "192.0.2.1",, "port": 1}',
    b'\x1f\x8b\x08', b'PK\x03\x04', b'undefined', b'{\xc3(}', b'{"ip_str": "192.0.2.1" /* c */}',
    b'\xed\xa0\x80', b'{"_shodan": 1' + b" " * 1_000, b'data: {}',
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_LINES, ids=range(len(BAD_LINES)))
def test_one_bad_line_costs_one_line(bad: bytes, five: bytes, as_file: Write) -> None:
    lines = five.splitlines(keepends=True)
    for place in (0, 2, 5) if not bad.startswith(b"\x1f\x8b") else (2, 5):  # at the start it makes a gzip file
        changed = b"".join([*lines[:place], bad + b"\n", *lines[place:]])
        observations, errors = read(as_file(changed))
        assert addresses(observations) == EXPECTED
        assert [error.line for error in errors] == [place + 1]


def test_there_are_fifty_bad_lines_and_together_they_cost_no_more(five: bytes, as_file: Write) -> None:
    assert len(BAD_LINES) >= 50
    observations, errors = read(as_file(five + b"\n".join(BAD_LINES) + b"\n" + five))
    assert addresses(observations) == EXPECTED * 2
    assert [error.line for error in errors] == list(range(6, 6 + len(BAD_LINES)))


@pytest.mark.parametrize("spoil", ["cut", "scramble", "drop", "swap"])
def test_a_spoilt_download_never_raises_and_keeps_the_lines_before(
    spoil: str, many_banners: list[Banner], as_lines: Lines, as_file: Write
) -> None:
    whole = as_lines(many_banners[:60])
    chance = random.Random(spoil)
    for _ in range(25):
        packed = bytearray(gzip.compress(whole) if chance.random() < 0.5 else whole)
        at = chance.randrange(20, len(packed))
        if spoil == "cut":
            del packed[at:]
        elif spoil == "scramble":
            packed[at : at + 40] = chance.randbytes(40)
        elif spoil == "drop":
            del packed[at : at + chance.randrange(1, 300)]
        else:
            packed[at:] = packed[: len(packed) - at]
        observations, _ = read(as_file(bytes(packed)))
        known = {banner["ip_str"] for banner in many_banners}
        assert len(set(addresses(observations)) - known) <= 2, "at most a digit was hit"


def test_records_before_the_end_of_a_cut_download_are_kept(
    many_banners: list[Banner], as_lines: Lines, as_file: Write
) -> None:
    packed = gzip.compress(as_lines(many_banners))
    observations, bad = read(as_file(packed[: len(packed) * 3 // 4]))
    assert addresses(observations) == [banner["ip_str"] for banner in many_banners[: len(observations)]]
    assert len(observations) > 150
    assert [error.reason for error in bad] == ["the compressed data ends too early: the file was cut off"]
    assert bad[0].line == len(observations) + 1


def test_a_plain_download_that_was_cut_names_its_last_line(five: bytes, as_file: Write) -> None:
    observations, bad = read(as_file(five[:-9]))
    assert addresses(observations) == EXPECTED[:4]
    assert (bad[0].line, bad[0].reason.startswith("the last line is cut off (not JSON")) == (5, True)


def test_an_array_that_was_cut(five: bytes, as_file: Write) -> None:
    array = b"[\n" + five.strip().replace(b"\n", b",\n")
    for end, kept in ((len(array), 5), (len(array) - 9, 4)):
        observations, bad = read(as_file(array[:end]))
        assert len(observations) == kept
        assert "the file was cut off" in bad[0].reason


def test_odd_texts_are_kept_as_far_as_they_can_be(as_file: Write) -> None:
    lines = (
        b'{"ip_str": "192.0.2.1", "port": 80, "data": "a\\ud800b", "_shodan": {}}\n'
        b'{"ip_str": "192.0.2.2", "port": 80, "data": "caf\xe9", "_shodan": {}}\n'
        b'{"ip_str": "192.0.2.3", "port": 80, "data": "a\tb", "_shodan": {}}\n'
    )
    observations, bad = read(as_file(lines))
    assert bad == []
    assert [one.fields["banner.raw"] for one in observations] == ["a\ufffdb", "caf\ufffd", "a\tb"]


def test_missing_addresses_are_said_once_and_counted(as_file: Write) -> None:
    line = b'{"port": 80, "data": "x", "_shodan": {}}\n'
    observations, bad = read(as_file(line * 1_000))
    assert observations == []
    assert [(error.line, error.reason) for error in bad] == [
        (1, "a banner without an address (ip_str); was the file written with --fields?"),
        (None, "1000 banners without an address in all"),
    ]


def test_a_line_of_a_giant_is_dropped_in_bounded_memory(five: bytes, as_file: Write) -> None:
    giant = b'{"ip_str": "192.0.2.9", "port": 80, "data": "' + b"x" * 17_000_000 + b'"}\n'
    observations, bad = read(as_file(gzip.compress(five + giant + five, 1)))
    assert addresses(observations) == EXPECTED * 2
    assert [(error.line, error.reason) for error in bad] == [(6, "the line is longer than 16 MiB")]
