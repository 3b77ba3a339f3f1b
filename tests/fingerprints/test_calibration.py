from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.calibration import KEPT, calibration_problem, published
from fingerprints.database_loader import DATABASE_FOLDER, DatabaseError, load_database, read_database
from fingerprints.endpoints import seen_endpoints
from fingerprints.identify import identify
from fingerprints.matcher import Matcher
from fingerprints.observation import Observation
from fingerprints.schema import CalibrationPoint

TABLE = """
calibration:
- {combined: 0.5, published: 0.5}
- {combined: 0.8, published: 0.9}
"""


def points(*pairs: tuple[float, float]) -> tuple[CalibrationPoint, ...]:
    return tuple(CalibrationPoint(combined=a, published=b) for a, b in pairs)


def test_straight_lines_between_the_points() -> None:
    table = points((0.5, 0.5), (0.8, 0.9))
    assert published(0.5, table) == 0.5
    assert published(0.65, table) == pytest.approx(0.7)
    assert published(0.8, table) == pytest.approx(0.9)
    assert published(0.9, table) == pytest.approx(0.95)
    assert (published(0.0, table), published(1.0, table)) == (0.0, 1.0)
    assert published(0.37, ()) == 0.37


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([(0.5, 0.5), (0.4, 0.9)], "rise"),
        ([(0.5, 0.5), (0.6, 0.4)], "rise"),
        ([(0.5, 0.6)], "from there on a maker is stated"),
        ([(0.5, 0.5), (1.0, 1.0)], "between 0 and 1"),
        ([], ""),
        ([(0.5, 0.5), (0.9, 0.95)], ""),
    ],
)
def test_a_table_that_would_turn_things_round_is_refused(pairs: list[tuple[float, float]], reason: str) -> None:
    problem = calibration_problem(points(*pairs))
    assert reason in problem
    assert bool(problem) is bool(reason)


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_weight_never_means_less_confidence(one: float, other: float) -> None:
    table = read_points()
    low, high = sorted((one, other))
    assert 0 <= published(low, table) <= published(high, table) <= 1
    assert (published(low, table) >= KEPT) is (low >= KEPT)


def read_points() -> tuple[CalibrationPoint, ...]:
    if not _shipped:
        _shipped.append(read_database(DATABASE_FOLDER)[0].calibration)
    return _shipped[0]


_shipped: list[tuple[CalibrationPoint, ...]] = []


def test_the_shipped_table_is_read() -> None:
    assert len(read_points()) > 3


def test_an_identification_bears_the_published_confidence(
    database_folder: Callable[[dict[str, str]], Path], sign: Callable[..., object]
) -> None:
    database = load_database(database_folder({"calibration.yaml": TABLE}))
    found = identify([sign("http-page", 0.8, manufacturer="Acme")], database)  # type: ignore[list-item]
    assert (found.manufacturer, found.confidence) == ("Acme", 0.9)


def test_what_counts_as_strong_does_not_move_with_the_table(
    database_folder: Callable[[dict[str, str]], Path],
) -> None:
    entry = Path(database_folder({}) / "acme.yaml").read_text("utf-8").replace("weight: 0.8", "weight: 0.6")
    database = load_database(database_folder({"calibration.yaml": TABLE, "acme.yaml": entry}))
    server = Observation(source="t", ip="192.0.2.1", port=80, fields={"http.server": "AcmeWeb"})
    (endpoint,) = seen_endpoints([server], Matcher(database))
    assert endpoint.identification.manufacturer == "Acme"
    assert endpoint.strong_maker is None


def test_a_bad_table_is_told(database_folder: Callable[[dict[str, str]], Path]) -> None:
    bad = "calibration:\n- {combined: 0.5, published: 0.7}\n"
    with pytest.raises(DatabaseError, match=r"calibration\.yaml: needs the line"):
        load_database(database_folder({"calibration.yaml": bad}))
