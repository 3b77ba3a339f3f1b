"""Rows of states and countries stand in an answer where operator, state or country points there, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from regulations.determination import Determination

Ask = Callable[..., dict[str, Determination]]
LOCAL = ("STATE_", "UK_", "CA_", "AU_", "IN_", "ALLIED_")


@pytest.mark.parametrize(
    ("words", "regimes"),
    [
        ({"operator": "private_no_federal_nexus"}, set()),
        ({"operator": "private_no_federal_nexus", "state": "MD"}, set()),
        ({"operator": "private_no_federal_nexus", "country": "US"}, set()),
        ({"operator": "private_no_federal_nexus", "state": "TX"}, {"STATE_TX"}),
        ({"operator": "texas_state_agency"}, {"STATE_TX"}),
        ({"operator": "state_agency", "state": "TX"}, {"STATE_TX"}),
        ({"operator": "vermont_it_vendor"}, {"STATE_VT"}),
        ({"operator": "state_agency", "state": "VT"}, {"STATE_VT"}),
        ({"operator": "communications_infrastructure_provider", "state": "CO"}, {"STATE_CO"}),
        ({"operator": "communications_infrastructure_provider"}, {"STATE_CO"}),
        ({"operator": "communications_infrastructure_provider", "state": "MD"}, set()),
        ({"operator": "local_government"}, {"STATE_OTHER"}),
        ({"operator": "local_government", "state": "CO"}, {"STATE_CO"}),
        ({"operator": "state_agency", "state": "MD"}, {"STATE_OTHER"}),
        ({"operator": "uk_central_government"}, {"UK_WMS"}),
        ({"operator": "private_no_federal_nexus", "country": "GB"}, {"UK_WMS"}),
        ({"operator": "canada_federal_department"}, {"CA_ICA"}),
        ({"operator": "au_commonwealth"}, {"AU_GOV"}),
        ({"operator": "seller_in_india"}, {"IN_ER"}),
        ({"operator": "local_government", "country": "NZ"}, {"ALLIED_OTHER"}),
    ],
)
def test_the_places_of_an_answer(ask: Ask, words: dict[str, str], regimes: set[str]) -> None:
    for vendor in ("hikvision", "other", "unknown"):
        rows = ask(vendor=vendor, **words)
        assert {row.regime for row in rows.values() if row.regime.startswith(LOCAL)} == regimes


def test_an_agency_of_a_state_with_a_measure_is_bound_by_it(ask: Ask) -> None:
    rows = ask(operator="state_agency", state="TX", vendor="uniview")
    assert (rows["STATE_TX buy"].determination, rows["STATE_TX buy"].from_) == ("prohibited", "2026-01-26")
    assert (
        ask(operator="local_government", state="TX", vendor="uniview")["STATE_TX buy"].determination
        == "not_applicable"
    )
    assert ask(operator="state_agency", state="VT", vendor="zte")["STATE_VT own_use"].determination == "prohibited"


def test_no_rule_in_our_data_is_never_no_rule(ask: Ask) -> None:
    for vendor in ("hikvision", "other", "unknown", "any"):
        for words, key in (
            ({"operator": "state_agency", "state": "OH"}, "STATE_OTHER"),
            ({"operator": "private_no_federal_nexus", "country": "FR"}, "ALLIED_OTHER"),
        ):
            for act in ("own_use", "buy"):
                row = ask(vendor=vendor, **words)[f"{key} {act}"]
                assert row.determination == "indeterminate"
                assert "not the same as no" in (row.must_say or "")
