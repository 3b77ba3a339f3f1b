"""How often entries match in a file of observations, and what the rest of the database says of what they match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

import msgspec

from fingerprints.identify import identify, observation_evidence
from fingerprints.matcher import Matcher
from fingerprints.observation import Observation


class Prevalence(msgspec.Struct, frozen=True, kw_only=True):
    """Of how many observations entries match how many. ``others`` counts, for each entry, the makers that the rest of
    the database names for what it matches (``""`` where it names none)."""

    observations: int
    matched: dict[str, int]
    others: dict[str, dict[str, int]]


def prevalence(observations: Iterable[Observation], matcher: Matcher, entries: Collection[str]) -> Prevalence:
    """Run the database over ``observations`` and count for the entries of these ids."""
    matched: Counter[str] = Counter()
    others: dict[str, Counter[str]] = {entry: Counter() for entry in entries}
    number = 0
    for number, observation in enumerate(observations, 1):  # noqa: B007 - the count is needed afterwards
        evidence = observation_evidence(observation, matcher)
        own = {item.fingerprint for item in evidence} & set(entries)
        if not own:
            continue
        rest = [item for item in evidence if item.fingerprint not in own]
        maker = identify(rest, matcher.database).manufacturer or ""
        for entry in own:
            matched[entry] += 1
            others[entry][maker] += 1
    return Prevalence(
        observations=number,
        matched={entry: matched[entry] for entry in entries},
        others={entry: dict(counts.most_common()) for entry, counts in others.items()},
    )
