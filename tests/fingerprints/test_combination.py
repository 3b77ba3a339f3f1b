from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fingerprints.combination import ANYONE, MAX_WEIGHT, belief_in, combine, noisy_or, share

A, B = frozenset({"A"}), frozenset({"B"})
AB, AC = frozenset({"A", "B"}), frozenset({"A", "C"})

signs = st.lists(
    st.tuples(
        st.sampled_from(["g1", "g2", "g3", "g4"]),
        st.frozensets(st.sampled_from("ABCDE"), min_size=1, max_size=4),
        st.floats(0, 1, allow_nan=False),
    ),
    max_size=14,
)


def test_signs_of_independent_groups_combine_by_noisy_or() -> None:
    beliefs = combine([("g1", A, 0.6), ("g2", A, 0.5)])
    assert share(beliefs, "A") == pytest.approx(0.8)
    assert beliefs[ANYONE] == pytest.approx(0.2)


def test_of_one_group_the_strongest_counts() -> None:
    assert share(combine([("g1", A, 0.6), ("g1", A, 0.5)]), "A") == pytest.approx(0.6)


def test_a_contradiction_lowers_both() -> None:
    beliefs = combine([("g1", A, 0.9), ("g2", B, 0.5)])
    assert share(beliefs, "A") == pytest.approx(0.45 / 0.55)
    assert share(beliefs, "B") == pytest.approx(0.05 / 0.55)


def test_equal_contradictions_leave_neither_more_likely_than_not() -> None:
    beliefs = combine([("g1", A, 0.9), ("g2", B, 0.9)])
    assert share(beliefs, "A") == share(beliefs, "B") < 0.5
    assert belief_in(beliefs, AB) > 0.9


def test_a_shared_sign_is_divided_among_its_makers() -> None:
    beliefs = combine([("g1", AB, 0.8)])
    assert share(beliefs, "A") == share(beliefs, "B") == pytest.approx(0.4)
    assert belief_in(beliefs, AB) == pytest.approx(0.8)
    assert belief_in(beliefs, A) == 0


def test_a_shared_sign_helps_the_maker_that_another_sign_names() -> None:
    alone = share(combine([("g1", A, 0.7)]), "A")
    assert share(combine([("g1", A, 0.7), ("g2", AB, 0.8)]), "A") > alone


def test_in_one_group_a_shared_sign_adds_only_what_goes_beyond_the_sole_one() -> None:
    assert share(combine([("g1", A, 0.7), ("g1", AB, 0.6)]), "A") == pytest.approx(0.7)
    beliefs = combine([("g1", A, 0.4), ("g1", AB, 0.6)])
    assert belief_in(beliefs, AB) == pytest.approx(0.6)


def test_two_shared_signs_meet_where_they_overlap() -> None:
    assert combine([("g1", AB, 0.6), ("g2", AC, 0.5)])[A] == pytest.approx(0.3)


def test_shared_signs_of_one_group_do_not_narrow_each_other_down() -> None:
    beliefs = combine([("g1", AB, 0.6), ("g1", AC, 0.5)])
    assert share(beliefs, "A") == pytest.approx(0.3)
    assert belief_in(beliefs, A) == 0


def test_no_sign_leaves_everything_open() -> None:
    assert combine([]) == {ANYONE: 1.0}
    assert combine([("g", frozenset(), 0.9)]) == {ANYONE: 1.0}


def test_certainty_is_never_reached() -> None:
    assert noisy_or([1.0, 1.0]) < 1
    assert share(combine([("g", A, 1.0)]), "A") == pytest.approx(MAX_WEIGHT)


@given(signs)
def test_beliefs_are_a_distribution(items: list[tuple[str, frozenset[str], float]]) -> None:
    beliefs = combine(items)
    assert all(0 <= belief <= 1 + 1e-9 for belief in beliefs.values())
    assert sum(beliefs.values()) == pytest.approx(1)
    assert all(-1e-9 <= share(beliefs, maker) <= 1 + 1e-9 for maker in "ABCDE")


@given(signs, st.randoms())
def test_order_does_not_matter(items: list[tuple[str, frozenset[str], float]], random: object) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert combine(items) == combine(shuffled)


@example(
    items=[("g1", AB, 1.0), ("g1", frozenset({"B", "C"}), 1.0), ("g1", frozenset({"D"}), 1.0)],
    maker="B",
    weight=1.0,
    group="g1",
)
@given(signs, st.sampled_from("ABCDE"), st.floats(0, 1), st.sampled_from(["g1", "new"]))
def test_a_sign_for_one_maker_never_makes_it_less_likely(
    items: list[tuple[str, frozenset[str], float]], maker: str, weight: float, group: str
) -> None:
    before = share(combine(items), maker)
    after = share(combine([*items, (group, frozenset({maker}), weight)]), maker)
    assert after >= before - 1e-9


def test_many_overlapping_sets_stay_bounded() -> None:
    names = [f"M{number}" for number in range(40)]
    items = [(f"g{start}", frozenset(names[start::step]), 0.5) for start in range(20) for step in (1, 2, 3)]
    assert len(combine(items)) <= 300
