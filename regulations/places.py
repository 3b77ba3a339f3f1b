"""Where a regime is asked about: everywhere, in a state or country, or wherever nothing else is known."""

from __future__ import annotations

from regulations.case import Case
from regulations.entries import Place, Regime

HOME = "US"
"""The country of an operator who names none."""


def asked_about(case: Case, regime: Regime) -> bool:
    """Whether an answer to this case holds rows of the regime."""
    place = regime.by_place
    if place is None:
        return True
    if place.elsewhere is None:
        return _is_there(case, place)
    if place.operators and case.profiles.isdisjoint(place.operators):
        return False
    country = case.country or HOME
    if (country == HOME) != (place.elsewhere == "state"):
        return False
    named = [case.country if place.elsewhere == "country" else case.state]
    others = [one.by_place for one in case.knowledge.regimes.values() if one.by_place is not None]
    known = {word for one in others for word in (one.countries if place.elsewhere == "country" else one.states)}
    return known.isdisjoint(word for word in named if word is not None)


def _is_there(case: Case, place: Place) -> bool:
    if case.state in place.states or case.country in place.countries:
        return True
    at_home = case.state is None and case.country in (None, HOME)
    return at_home and not case.profiles.isdisjoint(place.without_state)
