from __future__ import annotations

from collections.abc import Callable

from fingerprints.database_loader import Database
from fingerprints.matcher import Matcher
from fingerprints.observation import Observation
from fingerprints.prevalence import prevalence


def test_matches_are_counted_and_what_the_others_say(database: Database, seen: Callable[..., Observation]) -> None:
    reply = {"sadp.description": "AC-200", "sadp.firmware": "V1.2build 200131", "sadp.serial": "E00000001"}
    observations = [seen({"http.server": "AcmeWeb"}), seen({"http.server": "AcmeWeb", **reply}), seen({})]
    found = prevalence(observations, Matcher(database), ["acme-http-server", "acme-sadp-reply"])
    assert found.observations == 3
    assert found.matched == {"acme-http-server": 2, "acme-sadp-reply": 1}
    assert found.others["acme-http-server"] == {"": 2}
    assert prevalence([], Matcher(database), ["acme-http-server"]).matched == {"acme-http-server": 0}


def test_an_entry_is_judged_by_the_entries_that_are_not_tested(
    database: Database, seen: Callable[..., Observation]
) -> None:
    reply = {"sadp.description": "AC-200", "sadp.firmware": "V1.2build 200131", "sadp.serial": "E00000001"}
    found = prevalence([seen({"http.server": "AcmeWeb", **reply})], Matcher(database), ["acme-http-server"])
    assert found.others == {"acme-http-server": {"Acme": 1}}
