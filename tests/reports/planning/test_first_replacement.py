from __future__ import annotations

import msgspec
import pytest

from regulations.determination import Determination
from reports.document import DeviceReport, ReportDocument, Stakeholder
from reports.planning import first_replacement
from reports.planning.first_replacement import SIGNS, first_replacements, planning_rules, signs_of

_STATED = Stakeholder(operators=("dod",), as_of="2026-11-24", stated=True)
_UNSTATED = Stakeholder(operators=("dod", "private_no_federal_nexus"), as_of="2026-11-24")


def _law(act: str, word: str, operator: str = "dod", component: str | None = None) -> Determination:
    return Determination(
        regime="S889_B",
        act=act,
        determination=word,
        operator=operator,
        from_="2020-08-13",
        cite=("S22",),
        why="The maker is listed.",
        rule=f"rule-{word}",
        grade="V",
        last_verified="2026-11-24",
        component=component,
    )


def _device(*law: Determination, **known: object) -> DeviceReport:
    facts: dict[str, object] = {
        "manufacturer": "Hikvision",
        "brand": "Hikvision",
        "class_": "camera",
        "model": "DS-2CD2143G2-I",
        "confidence": 0.99,
        "covered": "yes",
        "address": "10.0.0.5",
        **known,
    }
    return msgspec.structs.replace(DeviceReport(), determinations=law, **facts)


def _priority(device: DeviceReport, stakeholder: Stakeholder = _STATED) -> int:
    (item,) = first_replacements([device], stakeholder)
    return item.priority


def test_only_devices_that_are_covered_or_may_be_are_listed(document: ReportDocument) -> None:
    items = first_replacements(document.devices, document.stakeholder)
    listed = {item.address for item in items}
    assert listed == {one.address for one in document.devices if one.covered in ("yes", "possible")}
    assert [item.priority for item in items] == sorted(item.priority for item in items)
    assert first_replacements([_device(covered="no"), _device(covered="unknown")], _STATED) == ()


@pytest.mark.parametrize(
    ("law", "priority"),
    [
        (_law("own_use", "prohibited"), 1),
        (_law("own_use", "prohibited_conditional"), 2),
        (_law("buy", "prohibited"), 2),
        (_law("renew_or_maintain", "prohibited_conditional"), 3),
        (_law("own_use", "prudential"), 4),
        (_law("own_use", "indeterminate"), 4),
        (_law("own_use", "not_prohibited"), 4),
        (_law("authorise_new", "prohibited"), 4),
    ],
)
def test_the_law_decides_where_a_device_starts(law: Determination, priority: int) -> None:
    assert _priority(_device(law)) == priority


def test_a_prohibition_for_somebody_else_does_not_count() -> None:
    assert _priority(_device(_law("own_use", "prohibited", "federal_agency"))) == 4


def test_a_part_that_nobody_saw_does_not_count() -> None:
    assert _priority(_device(_law("own_use", "prohibited_conditional", component="hisilicon_soc"))) == 4


def test_where_nobody_said_who_asks_a_bar_for_some_counts_in_the_middle() -> None:
    device = _device(_law("own_use", "prohibited"), _law("own_use", "not_applicable", "private_no_federal_nexus"))
    (item,) = first_replacements([device], _UNSTATED)
    assert item.priority == 3
    assert "Who operates it is not stated" in item.why


@pytest.mark.parametrize(
    ("known", "priority", "reason"),
    [
        ({"address": "198.51.100.9"}, 2, "198.51.100.9"),
        ({"addresses": ("10.0.0.5", "2001:db8::9")}, 2, "2001:db8::9"),
        ({"tags": ("not-activated",)}, 3, "never activated"),
        ({"tags": ("locked",)}, 3, "locked"),
        ({"tags": ("misaddressed",)}, 3, "does not belong"),
        ({"class_": "recorder"}, 3, "recorder"),
        ({"tags": ("not-activated", "locked"), "address": "198.51.100.9"}, 1, "routes"),
        ({"covered": "possible"}, 5, "may be covered"),
        ({"confidence": 0.6}, 5, "not certain"),
        ({"tags": ("software",)}, 4, "No rule was found"),
    ],
)
def test_exposure_and_dependence_raise_it_and_doubt_lowers_it(
    known: dict[str, object], priority: int, reason: str
) -> None:
    (item,) = first_replacements([_device(_law("own_use", "not_prohibited"), **known)], _STATED)
    assert item.priority == priority
    assert reason in item.why


def test_what_to_do_until_then_follows_from_what_was_seen() -> None:
    inside = first_replacements([_device()], _STATED)[0].until_then
    outside = first_replacements([_device(address="198.51.100.9", firmware="V5.4.5")], _STATED)[0].until_then
    assert any("forwards no port" in text for text in inside)
    assert not any("forwards no port" in text for text in outside)
    assert any("no path from the internet" in text for text in outside)
    assert any("V5.4.5" in text for text in outside)
    assert any("VLAN" in text for text in inside)
    assert any("UPnP" in text for text in inside)


def test_doubt_asks_for_label_invoice_and_mac() -> None:
    doubtful = _device(
        manufacturer=None,
        manufacturer_candidates=("Dahua", "Uniview"),
        brand="Honeywell",
        model=None,
        covered="possible",
    )
    questions = " ".join(first_replacements([doubtful], _STATED)[0].settle_first)
    assert "label on the housing" in questions
    assert "invoice" in questions
    assert "Dahua or Uniview" in questions
    assert "MAC address" in questions
    assert first_replacements([_device(mac="44:19:b6:00:00:01")], _STATED)[0].settle_first == ()


def test_each_class_gets_a_replacement_in_its_own_words() -> None:
    camera = first_replacements([_device()], _STATED)[0].replace_with
    recorder = first_replacements([_device(class_="recorder")], _STATED)[0].replace_with
    strange = first_replacements([_device(class_="doorbell")], _STATED)[0].replace_with
    assert "DS-2CD2143G2-I" in camera
    assert "channels in use" in recorder
    assert strange.startswith("First find out what it does")
    assert all("Section 889" in text for text in (camera, recorder, strange))


def test_an_item_names_what_it_rests_on(document: ReportDocument) -> None:
    rules = {one.rule for device in document.devices for one in device.determinations}
    fingerprints = {one.fingerprint for device in document.devices for one in device.evidence}
    for item in first_replacements(document.devices, document.stakeholder):
        assert item.rests_on
        assert set(item.rests_on) <= rules | fingerprints


def test_device_text_is_not_taken_as_a_form() -> None:
    (item,) = first_replacements([_device(model="{answer}{0}%s", firmware="{mac}")], _STATED)
    assert "{answer}{0}%s" in item.replace_with
    assert any("{mac}" in text for text in item.until_then)


def test_the_plan_is_a_function_of_its_arguments(document: ReportDocument) -> None:
    again = first_replacements(reversed(document.devices), document.stakeholder)
    assert again == first_replacements(document.devices, document.stakeholder)


def test_every_sign_that_a_rule_names_is_one_that_some_device_shows(
    document: ReportDocument, panel_document: ReportDocument
) -> None:
    rules = planning_rules()
    named = {
        sign
        for group in (rules.start, rules.moves, rules.until_then, rules.settle_first)
        for rule in group
        for sign in rule.when
    }
    made = [
        _device(_law("own_use", word), _law("buy", word))
        for word in ("prohibited", "prohibited_conditional", "indeterminate", "prudential")
    ]
    made += [_device(tags=("not-activated", "locked", "misaddressed"), address="198.51.100.1", confidence=0.2)]
    made += [_device(class_="recorder"), _device(class_="unknown", model=None)]
    shown = {sign for device in made for sign in signs_of(device, _STATED)}
    for whole in (document, panel_document):
        shown |= {sign for device in whole.devices for sign in signs_of(device, whole.stakeholder)}
    assert named <= shown
    assert {sign for sign in shown if not sign.startswith("class-")} - {
        "covered-no",
        "covered-unknown",
    } <= SIGNS.keys()


@pytest.mark.parametrize("wrong", ["when: [own-use-forbidden]", "say: '{price}'"])
def test_a_rule_that_names_what_nobody_computes_is_refused(
    wrong: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = first_replacement._FILE.read_text()
    key = wrong.split(":")[0]
    old = (
        "when: [prudential]" if key == "when" else "say: Unplug it, or activate it now with a password of its own."
    )
    assert old in source
    path = tmp_path_factory.mktemp("rules") / "first_replacement.yaml"
    path.write_text(source.replace(old, wrong))
    monkeypatch.setattr(first_replacement, "_FILE", path)
    with pytest.raises(ValueError, match=r"no such sign or fact: (own-use-forbidden|price)"):
        planning_rules.__wrapped__()
