from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.database_loader import Database, load_database
from fingerprints.model_decode import CLASS_OF_DEVICE, DecodedModel, decode, rule_pattern
from fingerprints.model_grammar import MAX_MODEL, Grammars, load_grammars


@pytest.fixture(scope="module")
def grammars() -> Grammars:
    return load_grammars()


@pytest.fixture(scope="module")
def database() -> Database:
    return load_database()


@pytest.mark.parametrize(
    ("vendor", "model", "facts"),
    [
        ("Hikvision", "DS-2CD2T87G2-LSU/SL", {"class_": "camera", "form_factor": "bullet", "resolution_mp": 8}),
        ("Hikvision", "ds-2cd2t87g2-lsu/sl", {"form_factor": "bullet"}),
        ("Hikvision", " DS-2CD2387G2P-LSU ", {"form_factor": "panoramic", "ptz": False}),
        ("Hikvision", "DS-2CD2163G2-LIPTRZS2UY", {"form_factor": "dome", "ptz": False}),
        ("Hikvision", "DS-IDS-2CD7A86G0-IZHS", {"form_factor": "bullet", "resolution_mp": 8}),
        ("Hikvision", "DS-2DE4A425IWG-E", {"ptz": True, "optical_zoom": 25, "resolution_mp": 4}),
        ("Hikvision", "DS-2TD1228-7-QA", {"thermal": True, "channels": 2, "thermal_px": (256, 192)}),
        ("Hikvision", "DS-7632NXI-K2-16P", {"class_": "nvr", "channels": 32, "poe_ports": 16}),
        ("Hikvision", "DS-3E0510P-E", {"class_": "switch", "poe_ports": 8, "channels": 0}),
        ("Dahua", "DHI-NVR5232-16P-EI", {"class_": "nvr", "channels": 32, "poe_ports": 16}),
        ("Dahua", "DH-IPC-HDBW5842R-ASE", {"form_factor": "dome", "resolution_mp": 8}),
        ("Dahua", "SD8A840WA-HNF", {"ptz": True, "resolution_mp": 8, "optical_zoom": 40}),
        ("HiLook", "IPC-D650H-Z", {"form_factor": "dome", "resolution_mp": 5}),
        ("Uniview", "IPC2128LE-ADF28KM-G1", {"form_factor": "bullet", "resolution_mp": 8}),
    ],
)
def test_numbers_that_no_grammar_lists_are_read_by_their_parts(
    grammars: Grammars, vendor: str, model: str, facts: dict[str, Any]
) -> None:
    decoded = msgspec.structs.asdict(decode(vendor, model, grammars))
    assert {name: decoded[name] for name in facts} == facts


def test_what_a_number_does_not_say_is_none(grammars: Grammars) -> None:
    recorder = decode("Hikvision", "DS-7608NI-I2", grammars)
    assert recorder.resolution_mp is None
    assert recorder.poe_ports == 0
    assert decode("Hikvision", "DS-2TD2166-15", grammars).resolution_mp is None


@pytest.mark.parametrize("model", ["", "DS-", "hello", "2CD", "DS-2", "\x00", "DS-D5043QE"])
def test_a_number_of_no_known_form_says_nothing(grammars: Grammars, model: str) -> None:
    assert decode("Hikvision", model, grammars) == DecodedModel(vendor="Hikvision", model=model)


def test_an_unknown_vendor_says_nothing_unless_its_makers_are_given(grammars: Grammars) -> None:
    assert decode("Nobody", "DS-2CD2143G2-I", grammars).class_ is None
    assert decode("Nobody", "DS-2CD2143G2-I", grammars, ["Dahua", "Hikvision"]).form_factor == "dome"


def test_one_makers_number_says_nothing_for_another(grammars: Grammars) -> None:
    assert decode("Dahua", "DS-2CD2143G2-I", grammars).rule is None
    assert decode("Uniview", "IPC-HFW2849S-S-IL", grammars).resolution_mp is None


def test_without_a_vendor_only_what_all_agree_on_is_said(grammars: Grammars) -> None:
    assert decode(None, "DS-2CD2143G2-I", grammars).rule == "Hikvision: network-camera"
    hilook, consumer = decode("HiLook", "IPC-T240H", grammars), decode("Dahua", "IPC-T240H", grammars)
    assert hilook.resolution_mp != consumer.resolution_mp
    both = decode(None, "IPC-T240H", grammars)
    assert (both.class_, both.form_factor) == ("camera", "turret")
    assert both.resolution_mp is None
    assert both.rule is None


@given(st.one_of(st.text(max_size=300), st.from_regex(r"(?:i?DS-|DH-|IPC-|NVR)[0-9A-Z/()-]{0,40}")))
def test_any_text_is_read_without_error_and_within_the_vocabulary(text: str) -> None:
    shipped = load_grammars()
    for vendor in (None, "Hikvision", "Dahua", text):
        decoded = decode(vendor, text, shipped)
        assert decoded.class_ is None or decoded.class_ in CLASS_OF_DEVICE
        assert decoded.resolution_mp is None or 0 < decoded.resolution_mp < 100
        assert decoded.poe_ports is None or 0 <= decoded.poe_ports < 1_000


def test_a_megabyte_of_text_costs_no_more_than_its_beginning(grammars: Grammars) -> None:
    beginning = "DS-2CD2143G2-I" + "9" * MAX_MODEL
    start = time.perf_counter()
    decoded = decode("Hikvision", beginning + "9" * 1_000_000, grammars)
    assert time.perf_counter() - start < 0.5
    assert decoded.form_factor == "dome"


def test_a_changed_table_changes_what_is_read(grammars: Grammars) -> None:
    (grammar, *_) = grammars.of("HiLook")
    rule = next(rule for rule in grammar.rules if rule.rule == "hilook-network-camera")
    assert rule_pattern(rule).startswith("(?P<part0>(?P<value0>IPC|THC)-)")
    housing = msgspec.structs.replace(rule.number[1], means={"T": rule.number[1].means["B"]})
    changed = msgspec.structs.replace(rule, number=(rule.number[0], housing, *rule.number[2:]))
    other = Grammars({"x": msgspec.structs.replace(grammar, rules=(changed,))})
    assert decode("HiLook", "IPC-T240H", other).form_factor == "bullet"


def test_the_grammars_and_the_rules_of_identification_agree_on_the_class(
    grammars: Grammars, database: Database
) -> None:
    compared = 0
    for rule in database.models:
        vendor = rule.brand or rule.manufacturer or ""
        for model in rule.examples if grammars.of(vendor) else ():
            said = decode(vendor, model, grammars).class_
            if said is not None:
                assert (model, CLASS_OF_DEVICE[said]) == (model, rule.class_)
                compared += 1
    assert compared > 80
