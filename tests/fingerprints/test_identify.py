from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.database_loader import Database, load_database
from fingerprints.identification import Evidence
from fingerprints.identify import identify, identify_observation, model_class
from fingerprints.matcher import Matcher
from fingerprints.observation import Observation

Sign = Callable[..., Evidence]


def test_nothing_seen_is_unknown(database: Database) -> None:
    found = identify([], database)
    assert (found.manufacturer, found.manufacturer_candidates, found.confidence) == (None, (), 0.0)
    assert found.class_ == "unknown"


def test_one_specific_sign_states_the_maker_but_no_label(database: Database, sign: Sign) -> None:
    found = identify([sign("http-page", 0.8, manufacturer="Acme")], database)
    assert (found.manufacturer, found.confidence, found.brand) == ("Acme", 0.8, None)
    assert found.manufacturer_candidates == ("Acme",)


def test_independent_families_combine(database: Database, sign: Sign) -> None:
    evidence = [sign("http-page", 0.8, manufacturer="Acme"), sign("sadp", 0.5, manufacturer="Acme")]
    assert identify(evidence, database).confidence == pytest.approx(0.9)


def test_families_of_one_group_count_once(database: Database, sign: Sign) -> None:
    evidence = [sign("http-auth", 0.8, manufacturer="Acme"), sign("rtsp-auth", 0.7, manufacturer="Acme")]
    assert identify(evidence, database).confidence == pytest.approx(0.8)


def test_a_family_that_no_vocabulary_names_stands_alone(database: Database, sign: Sign) -> None:
    evidence = [sign("novel", 0.5, manufacturer="Acme"), sign("http-page", 0.5, manufacturer="Acme")]
    assert identify(evidence, database).confidence == pytest.approx(0.75)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_generic_signs_never_state_a_maker_however_many(database: Database, sign: Sign, count: int) -> None:
    families = ["http-server", "http-page", "oui", "tool", "sadp"][:count]
    found = identify([sign(family, 0.3, manufacturer="Acme") for family in families], database)
    assert (found.manufacturer, found.manufacturer_candidates, found.confidence) == (None, (), 0.0)


def test_a_middling_sign_makes_a_candidate_only(database: Database, sign: Sign) -> None:
    found = identify([sign("tool", 0.4, manufacturer="Acme")], database)
    assert (found.manufacturer, found.manufacturer_candidates, found.confidence) == (None, ("Acme",), 0.4)


def test_a_contradiction_lowers_confidence_and_is_told(database: Database, sign: Sign) -> None:
    evidence = [
        sign("sadp", 0.9, manufacturer="Acme"),
        sign("http-page", 0.5, "page", manufacturer="Borealis"),
    ]
    found = identify(evidence, database)
    assert found.manufacturer == "Acme"
    assert found.confidence == pytest.approx(0.8182)
    (conflict,) = found.conflicts
    assert (conflict.about, conflict.value, conflict.strength) == ("manufacturer", "Borealis", 0.5)
    assert conflict.fingerprints == ("page",)


def test_equal_contradictions_leave_both_as_candidates(database: Database, sign: Sign) -> None:
    evidence = [sign("sadp", 0.9, manufacturer="Acme"), sign("http-page", 0.9, manufacturer="Borealis")]
    found = identify(evidence, database)
    assert found.manufacturer is None
    assert found.manufacturer_candidates == ("Acme", "Borealis")


def test_a_sign_shared_by_makers_gives_candidates(database: Database, sign: Sign) -> None:
    found = identify([sign("http-page", 0.8, makers="Acme, Borealis")], database)
    assert (found.manufacturer, found.manufacturer_candidates) == (None, ("Acme", "Borealis"))
    assert found.confidence == pytest.approx(0.8)


def test_a_shared_sign_strengthens_the_maker_that_a_sole_sign_names(database: Database, sign: Sign) -> None:
    evidence = [sign("http-page", 0.8, makers="Acme, Borealis"), sign("sadp", 0.8, manufacturer="Acme")]
    found = identify(evidence, database)
    assert found.manufacturer == "Acme"
    assert found.confidence > 0.8
    assert not found.conflicts


# ---- labels


def test_a_label_with_one_certain_maker_gives_that_maker_less_surely(database: Database, sign: Sign) -> None:
    found = identify([sign("asset", 0.9, brand="Seabird")], database)
    assert (found.manufacturer, found.brand) == ("Acme", "Seabird")
    assert 0.5 <= found.confidence < 0.9


def test_a_label_with_several_makers_gives_all_as_candidates(database: Database, sign: Sign) -> None:
    found = identify([sign("asset", 0.9, brand="Gull")], database)
    assert (found.manufacturer, found.manufacturer_candidates) == (None, ("Acme", "Borealis"))
    assert found.brand == "Gull"
    assert found.confidence > 0.5


def test_a_label_of_an_unknown_maker_gives_the_label_only(database: Database, sign: Sign) -> None:
    found = identify([sign("asset", 0.9, brand="Auk")], database)
    assert (found.manufacturer, found.manufacturer_candidates, found.brand) == (None, (), "Auk")


def test_an_own_line_keeps_the_maker(database: Database, sign: Sign) -> None:
    found = identify([sign("asset", 0.9, brand="Petrel"), sign("sadp", 0.8, manufacturer="Borealis")], database)
    assert (found.manufacturer, found.brand, found.conflicts) == ("Borealis", "Petrel", ())


def test_a_makers_own_name_as_label_names_the_maker(database: Database, sign: Sign) -> None:
    found = identify([sign("asset", 0.9, brand="Cirrus")], database)
    assert (found.manufacturer, found.brand) == ("Cirrus", "Cirrus")


def test_firmware_decides_what_the_label_leaves_open(database: Database, sign: Sign) -> None:
    evidence = [sign("asset", 0.9, brand="Gull"), sign("sadp", 0.9, manufacturer="Borealis")]
    found = identify(evidence, database)
    assert (found.manufacturer, found.brand, found.conflicts) == ("Borealis", "Gull", ())
    assert found.confidence >= 0.9


def test_firmware_of_a_maker_unknown_for_the_label_is_no_contradiction(database: Database, sign: Sign) -> None:
    evidence = [
        sign("asset", 0.9, brand="Seabird", model="SB-1"),
        sign("sadp", 0.8, manufacturer="Cirrus"),
    ]
    found = identify(evidence, database)
    assert (found.manufacturer, found.brand, found.model) == ("Cirrus", "Seabird", "SB-1")
    assert found.confidence == pytest.approx(0.8)


def test_the_label_is_the_strongest_shown_and_not_the_makers_own_on_a_tie(database: Database, sign: Sign) -> None:
    evidence = [
        sign("sadp", 0.9, "a", manufacturer="Acme", brand="Acme"),
        sign("http-page", 0.9, "b", manufacturer="Acme", brand="Seabird"),
    ]
    assert identify(evidence, database).brand == "Seabird"


def test_another_makers_label_in_contradicting_evidence_is_not_taken(database: Database, sign: Sign) -> None:
    evidence = [
        sign("sadp", 0.95, manufacturer="Acme"),
        sign("http-page", 0.4, manufacturer="Borealis", brand="Petrel", model="P1"),
    ]
    found = identify(evidence, database)
    assert (found.brand, found.model) == (None, None)


# ---- class and details


def test_class_is_voted_by_weight(database: Database, sign: Sign) -> None:
    evidence = [
        sign("sadp", 0.9, "a", manufacturer="Acme", class_="recorder"),
        sign("http-page", 0.5, "b", manufacturer="Acme", class_="camera"),
    ]
    assert identify(evidence, database).class_ == "recorder"


def test_class_weight_counts_instead_of_weight(database: Database, sign: Sign) -> None:
    import msgspec

    weak = msgspec.structs.replace(
        sign("sadp", 0.9, "a", manufacturer="Acme", class_="recorder"), class_weight=0.1
    )
    assert identify([weak], database).class_ == "unknown"
    evidence = [weak, sign("http-page", 0.5, "b", manufacturer="Acme", class_="camera")]
    assert identify(evidence, database).class_ == "camera"


def test_classes_in_a_draw_are_unknown(database: Database, sign: Sign) -> None:
    evidence = [
        sign("sadp", 0.4, "a", manufacturer="Acme", class_="recorder"),
        sign("http-page", 0.4, "b", manufacturer="Acme", class_="camera"),
    ]
    assert identify(evidence, database).class_ == "unknown"


def test_a_class_without_a_maker_is_still_a_class(database: Database, sign: Sign) -> None:
    found = identify([sign("http-page", 0.6, class_="router")], database)
    assert (found.manufacturer, found.class_) == (None, "router")


def test_the_model_number_beats_the_votes(database: Database, sign: Sign) -> None:
    evidence = [sign("sadp", 0.9, manufacturer="Acme", class_="camera", model="AC-700")]
    assert identify(evidence, database).class_ == "recorder"


def test_a_model_number_says_nothing_while_the_maker_is_open(database: Database, sign: Sign) -> None:
    assert identify([sign("asset", 0.9, model="AC-700")], database).class_ == "unknown"
    found = identify([sign("asset", 0.9, model="AC-700", manufacturer="Borealis")], database)
    assert found.class_ == "unknown"


def test_a_labels_own_grammar_goes_first(database: Database) -> None:
    assert model_class("SB-900", (), "Seabird", database) == "recorder"
    assert model_class("SB-900", ("Acme",), None, database) is None
    assert model_class("AC-200", ("Acme", "Borealis"), None, database) == "camera"


def test_details_come_from_the_strongest_sign_of_the_maker(database: Database, sign: Sign) -> None:
    evidence = [
        sign("http-page", 0.99, "other", model="X-1"),
        sign("http-page", 0.6, "page", manufacturer="Acme", model="AC-1", firmware="V1"),
        sign(
            "sadp",
            0.9,
            "reply",
            manufacturer="Acme",
            model="AC-200",
            firmware="V2",
            firmware_date="2020-01-31",
            serial="E1",
        ),
    ]
    found = identify(evidence, database)
    assert (found.model, found.firmware, found.firmware_date, found.serial) == (
        "AC-200",
        "V2",
        "2020-01-31",
        "E1",
    )


def test_a_date_of_another_version_is_not_taken(database: Database, sign: Sign) -> None:
    evidence = [
        sign("sadp", 0.9, "a", manufacturer="Acme", firmware="V2"),
        sign("http-page", 0.6, "b", manufacturer="Acme", firmware="V1", firmware_date="2015-01-01"),
    ]
    found = identify(evidence, database)
    assert (found.firmware, found.firmware_date) == ("V2", None)
    alone = sign("http-page", 0.6, "b", manufacturer="Acme", firmware_date="2015-01-01")
    assert identify([evidence[0], alone], database).firmware_date == "2015-01-01"


def test_at_equal_weight_the_more_specific_source_wins(database: Database, sign: Sign) -> None:
    evidence = [
        sign("http-page", 0.8, "a", manufacturer="Acme", model="page"),
        sign("sadp", 0.8, "b", manufacturer="Acme", model="discovery"),
    ]
    assert identify(evidence, database).model == "discovery"


# ---- what sets a device apart


def test_a_honeypot_is_nobodys_but_keeps_its_evidence(database: Database, sign: Sign) -> None:
    evidence = [
        sign("sadp", 0.95, manufacturer="Acme", brand="Acme", model="AC-200", class_="camera"),
        sign("http-page", 0.9, tag="honeypot"),
    ]
    found = identify(evidence, database)
    assert found.tags == ("honeypot",)
    assert (found.manufacturer, found.manufacturer_candidates, found.brand, found.model) == (
        None,
        (),
        None,
        None,
    )
    assert found.confidence == 0
    assert len(found.evidence) == 2


def test_a_weak_hint_at_a_honeypot_sets_nothing_apart(database: Database, sign: Sign) -> None:
    evidence = [sign("sadp", 0.95, manufacturer="Acme"), sign("http-page", 0.3, tag="honeypot")]
    found = identify(evidence, database)
    assert (found.manufacturer, found.tags) == ("Acme", ())


def test_software_is_tagged(database: Database, sign: Sign) -> None:
    assert identify([sign("http-page", 0.9, tag="software")], database).tags == ("software",)


def test_one_observation_with_the_tags_of_its_own_fields(database: Database) -> None:
    observation = Observation(
        source="test",
        ip="192.0.2.9",
        service="sadp",
        fields={
            "sadp.description": "AC-200",
            "sadp.firmware": "V1.2.3 build 200131",
            "sadp.serial": "AC-200E00000001",
            "sadp.activated": "false",
            "sadp.ipv4": "192.0.2.64",
        },
    )
    found = identify_observation(observation, Matcher(database))
    assert found.manufacturer == "Acme"
    assert (found.model, found.firmware, found.firmware_date) == ("AC-200", "V1.2.3", "2020-01-31")
    assert found.tags == ("misaddressed", "not-activated")


# ---- properties

claims = st.fixed_dictionaries(
    {},
    optional={
        "manufacturer": st.sampled_from(["Acme", "Borealis", "Cirrus"]),
        "makers": st.sampled_from(["Acme, Borealis", "Borealis, Cirrus, Eos"]),
        "brand": st.sampled_from(["Seabird", "Gull", "Petrel", "Auk", "Acme", "Nobody"]),
        "class": st.sampled_from(["camera", "recorder", "unknown"]),
        "model": st.sampled_from(["AC-200", "AC-700", "?"]),
        "firmware": st.sampled_from(["V1", "V2"]),
        "firmware_date": st.just("2020-01-31"),
        "serial": st.text(max_size=5),
    },
)
evidences = st.lists(
    st.builds(
        lambda number, family, weight, claims: Evidence(
            fingerprint=f"f{number}", field="http.body", family=family, excerpt="", weight=weight, claims=claims
        ),
        st.integers(0, 9),
        st.sampled_from(["sadp", "http-auth", "rtsp-auth", "http-page", "oui", "novel"]),
        st.floats(0, 1),
        claims,
    ),
    max_size=12,
)


@given(evidences, st.randoms())
def test_the_order_of_evidence_does_not_matter(
    database: Database, evidence: list[Evidence], shuffle: random.Random
) -> None:
    shuffled = list(evidence)
    shuffle.shuffle(shuffled)
    first, second = identify(evidence, database), identify(shuffled, database)
    assert (first.manufacturer, first.brand, first.class_, first.model, first.confidence) == (
        second.manufacturer,
        second.brand,
        second.class_,
        second.model,
        second.confidence,
    )
    assert first.conflicts == second.conflicts


@given(evidences)
def test_a_conclusion_is_coherent(database: Database, evidence: list[Evidence]) -> None:
    found = identify(evidence, database)
    assert 0 <= found.confidence <= 1
    assert all(0 <= conflict.strength <= 1 for conflict in found.conflicts)
    if found.manufacturer:
        assert found.confidence >= 0.5
        assert found.manufacturer_candidates == (found.manufacturer,)
        assert found.manufacturer not in {conflict.value for conflict in found.conflicts}
    if not found.manufacturer_candidates:
        assert found.confidence == 0


@given(evidences, st.floats(0, 1), st.sampled_from(["sadp", "http-page", "novel", "further"]))
def test_agreeing_evidence_never_lowers_confidence(
    database: Database, evidence: list[Evidence], weight: float, family: str
) -> None:
    before = identify(evidence, database)
    if before.manufacturer is None:
        return
    more = Evidence(
        fingerprint="more",
        field="http.body",
        family=family,
        excerpt="",
        weight=weight,
        claims={"manufacturer": before.manufacturer},
    )
    after = identify([*evidence, more], database)
    assert after.manufacturer == before.manufacturer
    assert after.confidence >= before.confidence - 1e-4


def test_the_shipped_database_identifies_nothing_from_nothing() -> None:
    assert identify([], load_database()).manufacturer is None
