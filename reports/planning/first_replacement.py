"""The first replacement list: which covered devices to look at first, why, with what, and what to do until then.

Everything here is computed from devices and their determinations; the rules and sentences are data
(``first_replacement.yaml``). No prices, no products, no judgement that the document does not hold.
"""

from __future__ import annotations

import functools
import itertools
import string
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from regulations.determination import Determination
from reports.data_files import read_data_file
from reports.device_words import address_order, device_text, is_public, maker_text
from reports.document import DeviceReport, ReplacementItem, Stakeholder
from reports.law_answers import of_owner, worst_for_owner
from reports.wording import wording

_FILE = Path(__file__).parent / "first_replacement.yaml"

SURE = 0.8
"""Confidence (0..1) from which a maker counts as settled."""

SIGNS = {
    "covered-yes": "the maker is covered",
    "covered-possible": "the maker may be covered",
    "several-candidates": "more than one maker is possible",
    "low-confidence": f"confidence below {SURE}",
    "has-model": "the model is known",
    "no-model": "the model is not known",
    "has-mac": "the MAC address is known",
    "no-mac": "the MAC address is not known",
    "has-firmware": "the firmware is known",
    "no-firmware": "the firmware is not known",
    "public-address": "one of its addresses is routed by the internet",
    "not-public-address": "none of its addresses is routed by the internet",
    "not-activated": "tag of the same name",
    "locked": "tag of the same name",
    "misaddressed": "tag of the same name",
    "operator-stated": "somebody said for whom the law is asked",
    "operator-not-stated": "nobody said for whom the law is asked",
    "own-use-prohibited": "owning and using it is prohibited for an operator asked about",
    "own-use-conditional": "owning and using it is prohibited on a condition",
    "own-use-open": "whether owning and using it is barred is open",
    "other-act-prohibited": "buying, renewing, funding or supplying it is prohibited",
    "other-act-conditional": "buying, renewing, funding or supplying it is prohibited on a condition",
    "barred-for-some": "an act of an owner is prohibited, perhaps on a condition, for an operator asked about",
    "prudential": "no rule, but advice against it",
    "class-": "followed by the class of product: class-camera, class-recorder …",
}
"""What a rule's ``when`` may name."""

FACTS = frozenset(["device", "maker", "model", "class", "address", "mac", "firmware", "answer"])
"""What a rule's sentence may hold in braces."""


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    when: tuple[str, ...]
    say: str
    priority: int = 0
    by: int = 0


class _Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: str
    as_of: str
    about_maker: tuple[_Rule, ...]
    start: tuple[_Rule, ...]
    moves: tuple[_Rule, ...]
    replace_with: tuple[_Rule, ...]
    replace_with_always: str
    until_then: tuple[_Rule, ...]
    settle_first: tuple[_Rule, ...]


@functools.cache
def planning_rules() -> _Rules:
    """The rules, read once; raises ``ValueError`` for a rule that names a sign nobody computes."""
    rules = read_data_file(_FILE, _Rules)
    classes = {f"class-{name}" for name in wording().classes}
    groups = (
        rules.about_maker,
        rules.start,
        rules.moves,
        rules.replace_with,
        rules.until_then,
        rules.settle_first,
    )
    for rule in itertools.chain(*groups):
        holes = {hole for _, hole, _, _ in string.Formatter().parse(rule.say) if hole is not None}
        unknown = sorted({*rule.when} - SIGNS.keys() - classes | holes - FACTS)
        if unknown:
            raise ValueError(f"{_FILE.name}: no such sign or fact: {', '.join(unknown)}")
    return rules


def _law_signs(answers: Sequence[Determination], stated: bool) -> set[str]:
    signs = {"operator-stated" if stated else "operator-not-stated"}
    own = {one.determination for one in answers if one.act == "own_use"}
    other = {one.determination for one in answers if one.act != "own_use"}
    for word, name in (("prohibited", "prohibited"), ("prohibited_conditional", "conditional")):
        if word in own:
            signs.add(f"own-use-{name}")
        if word in other:
            signs.add(f"other-act-{name}")
        if word in own | other:
            signs.add("barred-for-some")
    if "indeterminate" in own:
        signs.add("own-use-open")
    if "prudential" in own | other:
        signs.add("prudential")
    return signs


def signs_of(device: DeviceReport, stakeholder: Stakeholder) -> frozenset[str]:
    """The signs (``SIGNS``) that ``device`` shows, for the operators of ``stakeholder``."""
    answers = [one for one in of_owner(device.determinations) if one.operator in stakeholder.operators]
    signs = _law_signs(answers, stakeholder.stated)
    signs.add(f"covered-{device.covered}")
    signs.add(f"class-{device.class_}")
    signs.update(tag for tag in device.tags if tag in ("not-activated", "locked", "misaddressed"))
    if not device.manufacturer and len(device.manufacturer_candidates) > 1:
        signs.add("several-candidates")
    if device.confidence < SURE:
        signs.add("low-confidence")
    for name in ("model", "mac", "firmware"):
        signs.add(f"has-{name}" if getattr(device, name) else f"no-{name}")
    reachable = any(is_public(address) for address in (device.address, *device.addresses))
    signs.add("public-address" if reachable else "not-public-address")
    return frozenset(signs)


def _answer_text(one: Determination | None) -> str:
    """What the law says in one sentence, with its regime and first day."""
    if one is None:
        return ""
    words = wording()
    since = f" since {one.from_}" if one.from_ else ""
    doing = words.doing.get(one.act, words.act(one.act))
    said = words.determination(one.determination).sentence
    why = one.why.strip().rstrip(".")
    return (
        f"{words.operator(one.operator)}: {doing} {said}{since} ({one.regime}). {why}{'.' if why else ''}".strip()
    )


class _Sentences:
    """Fills the sentences of the rules with what is known of one device."""

    def __init__(self, device: DeviceReport, answer: Determination | None) -> None:
        public = [text for text in (device.address, *device.addresses) if text and is_public(text)]
        self._facts = {
            "device": device_text(device),
            "maker": maker_text(device),
            "model": device.model or "",
            "class": wording().device_class(device.class_),
            "address": public[0] if public else device.address or "",
            "mac": device.mac or "",
            "firmware": device.firmware or "",
            "answer": _answer_text(answer),
        }

    def fill(self, sentence: str) -> str:
        return sentence.format_map(self._facts).strip()


def _item(device: DeviceReport, stakeholder: Stakeholder) -> ReplacementItem:
    rules = planning_rules()
    signs = signs_of(device, stakeholder)
    answer = worst_for_owner(one for one in device.determinations if one.operator in stakeholder.operators)
    fill = _Sentences(device, answer).fill

    def holding(candidates: Iterable[_Rule]) -> list[_Rule]:
        return [rule for rule in candidates if signs.issuperset(rule.when)]

    start = holding(rules.start)[0]
    moves = holding(rules.moves)
    like_for_like = holding(rules.replace_with)[0]
    maker = holding(rules.about_maker)[0]
    return ReplacementItem(
        address=device.address,
        ports=device.ports,
        device=device_text(device),
        priority=min(5, max(1, start.priority + sum(rule.by for rule in moves))),
        why=" ".join(fill(rule.say) for rule in (maker, start, *moves)),
        rests_on=tuple(
            dict.fromkeys(
                [*(item.fingerprint for item in device.evidence), *([answer.rule] if answer is not None else [])]
            )
        ),
        replace_with=f"{fill(like_for_like.say)} {rules.replace_with_always}",
        until_then=tuple(fill(rule.say) for rule in holding(rules.until_then)),
        settle_first=tuple(fill(rule.say) for rule in holding(rules.settle_first)),
    )


def first_replacements(devices: Iterable[DeviceReport], stakeholder: Stakeholder) -> tuple[ReplacementItem, ...]:
    """Replacement items for the devices that are covered or may be, most urgent first, then by address.

    Devices whose maker is not covered or not known are in none. The result depends on the arguments only.
    """
    items = [_item(device, stakeholder) for device in devices if device.covered in ("yes", "possible")]
    return tuple(sorted(items, key=lambda item: (item.priority, address_order(item.address), item.ports)))
