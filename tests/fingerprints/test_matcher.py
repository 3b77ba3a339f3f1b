from __future__ import annotations

import datetime
import random
import re
import string
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerprints.database_loader import Database, load_database
from fingerprints.matcher import MAX_EXCERPT_CHARS, REGEX_WINDOW, Matcher
from fingerprints.observation import FIELDS, Observation, bounded_fields
from fingerprints.schema import Condition, Entry, Means, Source

Seen = Callable[..., Observation]
SOURCE = Source(text="a test", seen=datetime.date(2026, 11, 24), mark="known")


def entry(*conditions: Mapping[str, object], means: dict[str, object] | None = None, name: str = "x-1") -> Entry:
    return Entry(
        id=name,
        description="it says so",
        family="http-page",
        weight=0.7,
        match=tuple(msgspec.convert(condition, Condition) for condition in conditions),
        means=msgspec.convert(means or {"class": "camera"}, Means),
        source=SOURCE,
    )


def matches(observation: Observation, *conditions: Mapping[str, object]) -> bool:
    return bool(Matcher(Database(entries=(entry(*conditions),))).evidence(observation))


@pytest.mark.parametrize(
    ("condition", "hits", "misses"),
    [
        ({"is": "App"}, ["App"], ["app", "App ", "xApp", ""]),
        ({"is": ""}, [""], ["x"]),
        ({"is": "App", "ignore_case": True}, ["App", "APP"], ["Apps"]),
        ({"one_of": ["A", "B"]}, ["A", "B"], ["AB", "a"]),
        ({"starts_with": "Ab"}, ["Ab", "Abc"], ["ab", "xAb"]),
        ({"starts_with": "Ab", "ignore_case": True}, ["aBc"], ["xab"]),
        ({"ends_with": "yz"}, ["xyz", "yz"], ["yzx", "YZ"]),
        ({"contains": "mid"}, ["a mid b", "mid"], ["MID", ""]),
        ({"contains": "Mid", "ignore_case": True}, ["a MID b"], ["md"]),
        ({"matches": "^v[0-9]+$"}, ["v12"], ["v", "xv1", "V1"]),
        ({"matches": "^v[0-9]+$", "ignore_case": True}, ["V1"], ["w1"]),
        ({"matches": "(?i)^model [a-z]"}, ["MODEL X"], ["odel x"]),
    ],
)
def test_each_way_of_looking(seen: Seen, condition: dict[str, object], hits: list[str], misses: list[str]) -> None:
    for text in hits:
        assert matches(seen({"http.server": text}), {"field": "http.server", **condition}), text
    for text in misses:
        assert not matches(seen({"http.server": text}), {"field": "http.server", **condition}), text


def test_a_field_that_was_not_seen_matches_nothing_but_absent(seen: Seen) -> None:
    server = {"field": "http.server", "contains": "x"}
    assert not matches(seen({}), server)
    absent = {"field": "http.server", "absent": True}
    title = {"field": "http.title", "is": "t"}
    assert matches(seen({"http.title": "t"}), title, absent)
    assert not matches(seen({"http.title": "t", "http.server": ""}), title, absent)


def test_all_conditions_must_hold_on_one_observation(seen: Seen) -> None:
    conditions = [{"field": "http.server", "is": "s"}, {"field": "http.title", "contains": "t"}]
    assert matches(seen({"http.server": "s", "http.title": "a t"}), *conditions)
    assert not matches(seen({"http.server": "s"}), *conditions)
    assert not matches(seen({"http.server": "s", "http.title": "z"}), *conditions)


def test_any_item_of_a_list_may_hold(seen: Seen) -> None:
    condition = {"field": "onvif.scopes", "starts_with": "onvif://www.onvif.org/name/"}
    assert matches(seen({"onvif.scopes": ["x", "onvif://www.onvif.org/name/A"]}), condition)
    assert not matches(seen({"onvif.scopes": ["x", "y"]}), condition)


def test_endpoint_values_are_fields_too(seen: Seen) -> None:
    observation = seen({}, port=8000, service="hik-sdk", hostname="cam1", mac="AA-BB-CC-00-11-22")
    for name, value in (("port", "8000"), ("service", "hik-sdk"), ("hostname", "cam1")):
        assert matches(observation, {"field": name, "is": value})
    assert matches(observation, {"field": "mac", "starts_with": "AA-BB"})


def test_a_page_without_a_path_is_the_one_at_the_root(seen: Seen) -> None:
    conditions = [{"field": "http.location", "is": "/login"}, {"field": "http.path", "is": "/"}]
    assert matches(seen({"http.location": "/login"}), *conditions)
    assert not matches(seen({"http.location": "/login", "http.path": "/login"}), *conditions)
    assert not matches(seen({"rtsp.realm": "/login"}), {"field": "http.path", "is": "/"})


@pytest.mark.parametrize(
    "text", ["aa:bb:cc:01:02:03", "AA-BB-CC-01-02-03", "aabb.cc01.0203", "AABBCC010203", "id=aabbcc010203;"]
)
def test_address_blocks_in_every_spelling(seen: Seen, text: str) -> None:
    condition = {"field": "mac", "oui_in": ["AABBCC"]}
    assert matches(seen({}, mac=text), condition)
    assert matches(seen({"mdns.txt": ["x=1", text]}), {"field": "mdns.txt", "oui_in": ["aabbcc"]})
    assert not matches(seen({}, mac=text), {"field": "mac", "oui_in": ["AABBCD"]})


def test_the_devices_own_word_stands_in_for_the_link_layer_address(seen: Seen) -> None:
    matcher = Matcher(Database(entries=(entry({"field": "mac", "oui_in": ["AABBCC"]}),)))
    (found,) = matcher.evidence(seen({"sadp.mac": "aa-bb-cc-01-02-03"}))
    assert found.field == "sadp.mac"


def test_the_smallest_block_that_is_known_decides(seen: Seen) -> None:
    large = entry({"field": "mac", "oui_in": ["10DCB6"]}, name="x-large")
    small = entry({"field": "mac", "oui_in": ["10DCB65"]}, name="x-small")
    matcher = Matcher(Database(entries=(large, small)))
    assert [item.fingerprint for item in matcher.evidence(seen({}, mac="10:dc:b6:50:00:01"))] == ["x-small"]
    assert [item.fingerprint for item in matcher.evidence(seen({}, mac="10:dc:b6:10:00:01"))] == ["x-large"]


def test_evidence_says_where_and_what(database: Database, seen: Seen) -> None:
    observation = seen(
        {
            "sadp.description": "AC-200",
            "sadp.firmware": "V1.2.3 build 200131",
            "sadp.serial": "AC-200E00000001",
        },
        ip="192.0.2.7",
        port=37020,
    )
    (found,) = Matcher(database).evidence(observation)
    assert (found.fingerprint, found.field, found.family) == ("acme-sadp-reply", "sadp.description", "sadp")
    assert (found.ip, found.port, found.excerpt) == ("192.0.2.7", 37020, "AC-200")
    assert found.claims == {
        "manufacturer": "Acme",
        "model": "AC-200",
        "firmware": "V1.2.3",
        "firmware_date": "2020-01-31",
        "serial": "E00000001",
    }


def test_an_excerpt_is_bounded_and_shows_the_match(seen: Seen) -> None:
    matcher = Matcher(Database(entries=(entry({"field": "http.body", "contains": "NEEDLE"}),)))
    (found,) = matcher.evidence(seen({"http.body": "a" * 40_000 + "NEEDLE" + "b" * 20_000}))
    assert "NEEDLE" in found.excerpt
    assert len(found.excerpt) <= MAX_EXCERPT_CHARS


def test_patterns_see_a_bounded_window(seen: Seen) -> None:
    pattern = {"field": "http.body", "matches": "NEED[L]E"}
    assert matches(seen({"http.body": "a" * (REGEX_WINDOW - 6) + "NEEDLE"}), pattern)
    assert not matches(seen({"http.body": "a" * REGEX_WINDOW + "NEEDLE"}), pattern)


texts = st.text(alphabet="aAbB1ſİk\u212a\n.", max_size=12)


@given(
    texts,
    st.sampled_from(
        [
            "a+b",
            "(?i)ab",
            "^a.?b$",
            "(?:a|b)1",
            "a{2,3}b?1",
            "(?P<g>a)b",
            "[ab]1k",
            "(?i:s)a",
            "(?=a)ab",
            "(?i)(?:ab|k1|ss)",
            "(?:ab|bA)+1",
        ]
    ),
    st.booleans(),
)
def test_the_prefilter_never_changes_what_a_pattern_finds(text: str, pattern: str, ignore_case: bool) -> None:
    expected = re.search(pattern, text, re.IGNORECASE if ignore_case else 0) is not None
    observation = Observation(source="test", fields={"http.title": text})
    condition: dict[str, object] = {"field": "http.title", "matches": pattern, "ignore_case": ignore_case}
    means: dict[str, object] = {"model": {"from": "g"}} if "<g>" in pattern else {"class": "camera"}
    matcher = Matcher(Database(entries=(entry(condition, means=means),)))
    assert bool(matcher.evidence(observation)) is expected


@settings(deadline=None)  # the first example pays for loading the shipped database
@given(
    st.dictionaries(
        st.sampled_from(sorted(FIELDS)),
        st.one_of(st.text(max_size=300), st.lists(st.text(max_size=50), max_size=4), st.binary(max_size=50)),
        max_size=8,
    ),
    st.one_of(st.none(), st.text(max_size=40)),
    st.one_of(st.none(), st.integers()),
)
def test_no_input_makes_it_fail(fields: dict[str, object], text: str | None, port: int | None) -> None:
    observation = Observation(
        source="test", fields=bounded_fields(fields), ip=text, mac=text, hostname=text, port=port
    )
    for found in _shipped().evidence(observation):
        assert 0 < found.weight <= 1


def test_one_line_takes_well_under_a_millisecond(seen: Seen) -> None:
    generator = random.Random(1)
    page = "".join(generator.choice(string.printable) for _ in range(4_000))
    observations = [
        seen(
            {
                "http.server": "nginx",
                "http.title": "Login",
                "http.status": "200",
                "http.body": page,
                "http.headers": [f"X-{number}: {number}" for number in range(12)],
            },
            port=80,
        )
        for _ in range(300)
    ]
    matcher = _shipped()
    start = time.process_time()
    for observation in observations:
        matcher.evidence(observation)
    assert (time.process_time() - start) / len(observations) < 0.002


def _shipped() -> Matcher:
    from fingerprints.devices import matcher_for

    return matcher_for(load_database())


def test_the_shipped_database_answers_hostile_text_in_time(seen: Seen) -> None:
    """Each literal of the database many times over, as a page that wants to be slow would send it."""
    literals = sorted(
        {text for item in load_database().entries for condition in item.match for text in condition.texts}
    )
    page = "".join(literals)[:65_536]
    fields = {name: page for name, spec in FIELDS.items() if spec.max_chars >= 2_048 and not spec.is_list}
    start = time.process_time()
    _shipped().evidence(seen({**fields, "http.headers": [page[:2_048]] * 128}))
    assert time.process_time() - start < 3


def test_a_fixture_database_is_read_from_its_folder(database_folder: Callable[[dict[str, str]], Path]) -> None:
    matcher = Matcher(load_database(database_folder({})))
    assert [
        item.fingerprint for item in matcher.evidence(Observation(source="t", fields={"http.server": "AcmeWeb"}))
    ] == ["acme-http-server"]
