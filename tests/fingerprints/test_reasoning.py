from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.database_loader import Database
from fingerprints.identification import Evidence
from fingerprints.identify import identify
from fingerprints.reasoning import combination_steps

FAMILIES = ["sadp", "http-auth", "rtsp-auth", "http-server", "http-page", "oui", "tool"]
CLAIMS = [
    {"manufacturer": "Acme"},
    {"manufacturer": "Borealis"},
    {"makers": "Acme, Borealis"},
    {"brand": "Seabird"},
    {"brand": "Gull"},
    {"class": "camera"},
]


@pytest.fixture
def signs(sign: Callable[..., Evidence]) -> list[Evidence]:
    return [
        sign("sadp", 0.9, "one", manufacturer="Acme"),
        sign("http-auth", 0.6, "two", manufacturer="Acme"),
        sign("rtsp-auth", 0.5, "three", manufacturer="Acme"),
        sign("oui", 0.5, "four", manufacturer="Borealis"),
        sign("http-page", 0.5, "five", class_="camera"),
    ]


def test_each_group_counts_once_and_contradictions_come_last(signs: list[Evidence], database: Database) -> None:
    found = identify(signs, database)
    steps = combination_steps(found, database)
    assert [(step.counted, step.others, step.speaks) for step in steps] == [
        ("one", (), "for"),
        ("two", ("three",), "for"),
        ("four", (), "against"),
    ]
    assert steps[1].families == ("http-auth", "rtsp-auth")
    assert steps[0].confidence == pytest.approx(0.9)
    assert steps[1].confidence == pytest.approx(0.96)
    assert steps[2].confidence < steps[1].confidence
    assert steps[-1].confidence == pytest.approx(found.confidence)


def test_nothing_concluded_has_no_steps(database: Database) -> None:
    assert combination_steps(identify([], database), database) == ()


@given(
    told=st.lists(
        st.tuples(st.sampled_from(FAMILIES), st.floats(0.05, 0.99), st.sampled_from(CLAIMS)),
        min_size=1,
        max_size=8,
    )
)
def test_the_last_step_is_the_identification(
    told: list[tuple[str, float, dict[str, str]]], database: Database
) -> None:
    evidence = [
        Evidence(fingerprint=f"f{n}", field="x", family=family, excerpt="", weight=weight, claims=claims)
        for n, (family, weight, claims) in enumerate(told)
    ]
    found = identify(evidence, database)
    steps = combination_steps(found, database)
    assert bool(steps) == bool(found.manufacturer_candidates)
    if steps:
        assert steps[-1].confidence == pytest.approx(found.confidence, abs=2e-4)
