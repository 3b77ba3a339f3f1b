from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS, Asn, Location, Observation, bounded_fields
from scanner.sources import observation_lines
from scanner.sources.observation_lines import observation_from_line, observation_line, read_observations
from scanner.sources.reading import BadLine

FULL = (
    b'{"v": 1, "source": "shodan-file", "observed_at": "2024-05-01T12:00:00Z", "ip": "192.0.2.10", "port": 80, '
    b'"transport": "tcp", "service": "http", "mac": null, "hostname": null, '
    b'"fields": {"http.status": "401", "http.headers": ["HTTP/1.1 401 Unauthorized", "Date: x"]}, '
    b'"location": {"country": "US", "city": null, "lat": 1.5, "lon": null}, "asn": {"number": 64496, "org": null}}'
)


def test_a_line_as_the_format_shows_it() -> None:
    assert observation_from_line(FULL) == Observation(
        source="shodan-file",
        observed_at="2024-05-01T12:00:00Z",
        ip="192.0.2.10",
        port=80,
        transport="tcp",
        service="http",
        fields={"http.status": "401", "http.headers": ("HTTP/1.1 401 Unauthorized", "Date: x")},
        location=Location(country="US", lat=1.5),
        asn=Asn(number=64496),
    )


def test_corpus_keys_are_tolerated_and_the_id_is_kept() -> None:
    line = {
        "id": "hik-0001", "source": "corpus", "fields": {"http.server": "App-webs/", "unknown.field": "x"},
        "expect": {"covered": "yes"}, "sign": "specific", "origin": "somewhere", "must_not": [],
    }  # fmt: skip
    seen = observation_from_line(json.dumps(line).encode())
    assert (seen.id, seen.fields) == ("hik-0001", {"http.server": "App-webs/"})


@pytest.mark.parametrize(
    ("told", "name", "value"),
    [
        ({"port": "80"}, "port", 80),
        ({"port": 70000}, "port", None),
        ({"id": 7}, "id", "7"),
        ({"ip": ["192.0.2.1"]}, "ip", None),
        ({"location": "US"}, "location", None),
        ({"location": {"lat": 100}}, "location", None),
        ({"asn": {"number": "AS64496"}}, "asn", Asn(number="AS64496")),
        ({"asn": []}, "asn", None),
        ({"v": "1"}, "v", 1),
        ({"source": None}, "source", "unknown"),
        ({"target": "192.0.2.1:81"}, "target", "192.0.2.1:81"),
    ],
)
def test_wrong_types_count_as_absent(told: dict[str, object], name: str, value: object) -> None:
    seen = observation_from_line(json.dumps({"source": "x", "fields": {}, **told}).encode())
    assert getattr(seen, name) == value


def test_fields_are_kept_to_their_bounds() -> None:
    line = json.dumps({"fields": {"http.title": "t" * 9_999, "http.status": 401, "http.cookies": ["c"] * 999}})
    fields = observation_from_line(line.encode()).fields
    assert (len(fields["http.title"]), fields["http.status"], len(fields["http.cookies"])) == (512, "401", 64)


def test_bad_lines_are_named_and_stand_where_they_stood() -> None:
    lines = [FULL, b"oops", b'{"source": "x"}', b'{"v": 9, "fields": {}}', b"[]", b"", FULL, FULL[:40]]
    items = list(read_observations([b"\n".join(lines)], "some.jsonl"))
    assert [isinstance(item, BadLine) for item in items] == [False, True, True, True, True, False, True]
    assert [str(item).partition(": ")[0] for item in items if isinstance(item, BadLine)] == [
        f"some.jsonl, line {number}" for number in (2, 3, 4, 5, 8)
    ]
    reasons = [item.reason for item in items if isinstance(item, BadLine)]
    assert "version 9" in reasons[2]
    assert reasons[4].startswith("the last line is cut off")


TEXT = st.text(max_size=30)
FIELD = st.one_of(
    [
        st.tuples(st.just(name), st.lists(TEXT, max_size=3).map(tuple) if FIELDS[name].is_list else TEXT)
        for name in ("banner.raw", "http.headers", "tls.san", "shodan.tags", "rtsp.realm", "http.title")
    ]
)


@given(st.lists(FIELD, max_size=5), st.none() | TEXT.filter(bool), st.none() | st.integers(1, 65_535))
def test_what_is_written_is_read_again(
    fields: list[tuple[str, str | tuple[str, ...]]], hostname: str | None, port: int | None
) -> None:
    seen = Observation(source="x", port=port, hostname=hostname, fields=bounded_fields(dict(fields)))
    line = observation_line(seen)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert observation_from_line(line) == seen


usual_texts = st.one_of(st.none(), st.text(max_size=8), st.integers(-1, 70_000), st.just("\ud800"))


@given(
    st.dictionaries(
        st.sampled_from(["v", "source", "id", "ip", "port", "service", "mac", "target", "location", "asn", "x"]),
        st.one_of(usual_texts, st.just({"country": "US", "lat": 91, "number": 7}), st.just(1), st.just([])),
    ),
    st.dictionaries(
        st.sampled_from(["http.title", "http.headers", "port", "mdns.txt", "nothing"]),
        st.one_of(usual_texts, st.lists(usual_texts, max_size=3), st.just("x" * 600)),
    ),
)
def test_the_quick_way_reads_what_the_patient_one_does(keys: dict[str, object], fields: dict[str, object]) -> None:
    line = json.dumps({**keys, "fields": fields}).encode()
    try:
        expected: object = observation_lines._from_any_line(line)
    except ValueError as error:
        expected = str(error)
    try:
        got: object = observation_from_line(line)
    except ValueError as error:
        got = str(error)
    assert got == expected
