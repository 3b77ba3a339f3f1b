"""From evidence to a conclusion: who made the device, under which label, what it is, and how sure that is.

Pure: the same evidence gives the same identification in whatever order it comes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from fingerprints.brand_relations import makers_of_brand
from fingerprints.claims import MAKERS_SEPARATOR
from fingerprints.combination import belief_in, combine, noisy_or, share
from fingerprints.database_loader import Database
from fingerprints.hardware_blocks import REGISTRY_FAMILY, registry_evidence
from fingerprints.identification import Conflict, Evidence, Identification
from fingerprints.matcher import Matcher
from fingerprints.observation import Observation
from fingerprints.self_description import observation_tags

STATED = 0.5
"""A manufacturer is stated from this confidence on."""

GENERIC = 0.3
"""A sign of this weight or less proves nothing alone, nor do several of them."""

NOTHING_KNOWN = Identification()
CLASS_STATED = 0.3
MAX_EVIDENCE = 256
_TAG_STRENGTH = 0.5
_REMEMBERED_EVIDENCE = 16
"""Only conclusions from as few signs as this are remembered, so that memory stays bounded."""


class Sign(NamedTuple):
    """Evidence, and which makers it speaks for. ``by_label``: only because they made devices of its brand."""

    evidence: Evidence
    makers: frozenset[str]
    weight: float
    group: str
    by_label: bool


def identify(evidence: Iterable[Evidence], database: Database) -> Identification:
    """What ``evidence`` about one device says together.

    Confidence: of each group of correlated families the strongest sign counts; groups combine by noisy-OR;
    signs of other makers lower the result by Dempster's rule (``combination``) and are listed in
    ``conflicts``. A manufacturer is stated from 0.5 on, and only where at least one sign that is not generic
    speaks for it alone; otherwise ``manufacturer_candidates`` names who it may be, and the confidence is
    theirs together. What is published comes from that by the database's calibration (docs/calibration.md), which
    leaves 0.5 where it is. A honeypot's evidence is kept, but nothing is concluded from it.
    """
    kept = _sorted(evidence)
    if not kept:
        return NOTHING_KNOWN
    said = tuple(
        (item.fingerprint, item.family, item.weight, item.class_weight, *item.claims.items()) for item in kept
    )
    concluded = _concluded(said, database) if len(said) <= _REMEMBERED_EVIDENCE else _conclude_all(said, database)
    return msgspec.structs.replace(concluded, evidence=kept[:MAX_EVIDENCE])


_Said = tuple[tuple[Any, ...], ...]
"""Of each sign its fingerprint, family, weights and claims: all that a conclusion depends on."""


@lru_cache(maxsize=4_096)
def _concluded(said: _Said, database: Database) -> Identification:
    """``_conclude_all``, remembered: devices of one kind and firmware say the same."""
    return _conclude_all(said, database)


def _conclude_all(said: _Said, database: Database) -> Identification:
    """The identification, its evidence left out."""
    kept = [
        Evidence(
            fingerprint=name,
            field="",
            family=family,
            excerpt="",
            weight=weight,
            class_weight=class_weight,
            claims=dict(claims),
        )
        for name, family, weight, class_weight, *claims in said
    ]
    tags = _tags(kept, database)
    if "honeypot" in tags:
        return Identification(tags=tags)
    signs = signs_of(kept, database)
    manufacturer, candidates, confidence = _conclude(signs)
    concluded = frozenset(candidates)
    telling = _telling(sign for sign in signs if _agrees(sign, concluded))
    brand = _brand(telling, concluded)
    model = _detail(telling, concluded, "model", database)
    firmware = _detail(telling, concluded, "firmware", database)
    return Identification(
        manufacturer=manufacturer,
        manufacturer_candidates=candidates,
        brand=brand,
        class_=_class(telling, candidates, brand, model and model.evidence.claims["model"], database),
        model=model and model.evidence.claims["model"],
        firmware=firmware and firmware.evidence.claims["firmware"],
        firmware_date=_firmware_date(telling, concluded, firmware, database),
        serial=_text_of(_detail(telling, concluded, "serial", database), "serial"),
        confidence=round(database.published(confidence), 4),
        conflicts=_conflicts(signs, concluded),
        tags=tags,
    )


def _sorted(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The strongest first; the rest of the key only makes the order the same each time."""
    kept = tuple(evidence)
    if len(kept) < 2:
        return kept

    def key(item: Evidence) -> tuple[float, str, str, int, str, str]:
        return (-item.weight, item.fingerprint, item.ip or "", item.port or 0, item.field, item.excerpt)

    return tuple(sorted(kept, key=key))


def signs_of(evidence: Sequence[Evidence], database: Database) -> list[Sign]:
    """Evidence with the makers that it speaks for.

    What is known from a label alone gives way to what the firmware shows: a label's list of makers is never
    complete, so a maker who is not on it is no contradiction.
    """
    signs = [_sign(item, database) for item in evidence]
    firmware = [sign for sign in signs if not sign.by_label]
    if len(firmware) == len(signs):
        return signs
    manufacturer = _conclude(firmware)[0]
    if manufacturer is None:
        return signs
    return [
        sign if not sign.by_label or manufacturer in sign.makers else sign._replace(makers=frozenset())
        for sign in signs
    ]


def _sign(evidence: Evidence, database: Database) -> Sign:
    told = evidence.claims.get
    makers, factor, by_label = _speaks_for(told("manufacturer"), told("makers"), told("brand"), database)
    return Sign(evidence, makers, evidence.weight * factor, database.group(evidence.family), by_label)


@lru_cache(maxsize=4_096)
def _speaks_for(
    manufacturer: str | None, makers: str | None, brand: str | None, database: Database
) -> tuple[frozenset[str], float, bool]:
    """The makers that these claims name, how much of the weight remains, and whether a label alone says so."""
    if manufacturer is not None:
        return frozenset({manufacturer}), 1.0, False
    if makers is not None:
        return frozenset(makers.split(MAKERS_SEPARATOR)), 1.0, False
    if brand is None:
        return frozenset(), 1.0, False
    label = makers_of_brand(brand, database)
    return label.makers, label.factor, not label.own


class _Conclusion(NamedTuple):
    """The manufacturer if one can be stated, the candidates, and the confidence in them."""

    manufacturer: str | None = None
    candidates: tuple[str, ...] = ()
    confidence: float = 0.0


def _conclude(signs: Sequence[Sign]) -> _Conclusion:
    return _conclusion(tuple((sign.group, sign.makers, sign.weight) for sign in signs))


@lru_cache(maxsize=16_384)
def _conclusion(weighed: tuple[tuple[str, frozenset[str], float], ...]) -> _Conclusion:
    """What signs ``(group, makers, weight)`` say together. Remembered: few combinations make up most devices."""
    beliefs = combine(weighed)
    shares = {maker: share(beliefs, maker) for maker in sorted(set().union(*beliefs))}
    if not shares:
        return _Conclusion()
    ranked = sorted(shares, key=lambda maker: (-shares[maker], maker))
    best = ranked[0]
    specific = [makers for _, makers, weight in weighed if weight > GENERIC]
    if shares[best] >= STATED and {best} in specific:
        return _Conclusion(best, (best,), shares[best])
    possible = {maker for maker in ranked if shares[maker] >= shares[best] / 2}
    possible = possible.union(*(makers for makers in specific if best in makers))
    if not any(makers & possible for makers in specific):
        return _Conclusion()
    confidence = belief_in(beliefs, frozenset(possible))
    return _Conclusion(None, tuple(maker for maker in ranked if maker in possible), confidence)


def _agrees(sign: Sign, concluded: frozenset[str]) -> bool:
    """Whether the sign may tell details: it speaks for a concluded maker, or for none in particular."""
    return not sign.makers or not concluded or bool(sign.makers & concluded)


_Telling = Mapping[str, Sequence[Sign]]
"""The signs that may tell details, by what they tell: model, serial, class …"""


def _telling(agreeing: Iterable[Sign]) -> _Telling:
    telling: dict[str, list[Sign]] = {}
    for sign in agreeing:
        for key in sign.evidence.claims:
            telling.setdefault(key, []).append(sign)
    return telling


def _conflicts(signs: Sequence[Sign], concluded: frozenset[str]) -> tuple[Conflict, ...]:
    """What speaks for other makers only, the strongest first."""
    against: dict[frozenset[str], list[Sign]] = {}
    for sign in signs:
        if concluded and sign.makers and not sign.makers & concluded:
            against.setdefault(sign.makers, []).append(sign)
    conflicts = [
        Conflict(
            about="manufacturer",
            value=" or ".join(sorted(makers)),
            strength=round(_strength(of_makers), 4),
            fingerprints=tuple(sorted({sign.evidence.fingerprint for sign in of_makers})),
        )
        for makers, of_makers in against.items()
    ]
    return tuple(sorted(conflicts, key=lambda conflict: (-conflict.strength, conflict.value)))


def _strength(signs: Iterable[Sign], weight: Callable[[Sign], float] = lambda sign: sign.weight) -> float:
    """The strongest of each group, groups combined by noisy-OR."""
    groups: dict[str, float] = {}
    for sign in signs:
        groups[sign.group] = max(groups.get(sign.group, 0.0), weight(sign))
    return noisy_or(groups.values())


def _tags(evidence: Sequence[Evidence], database: Database) -> tuple[str, ...]:
    by_tag: dict[str, list[Sign]] = {}
    for item in evidence:
        if "tag" in item.claims:
            by_tag.setdefault(item.claims["tag"], []).append(_sign(item, database))
    return tuple(sorted(tag for tag, signs in by_tag.items() if _strength(signs) >= _TAG_STRENGTH))


def _brand(telling: _Telling, concluded: frozenset[str]) -> str | None:
    """The label that the evidence shows: the strongest; at equal strength one that is not the maker's own."""
    by_brand: dict[str, list[Sign]] = {}
    for sign in telling.get("brand", ()):
        by_brand.setdefault(sign.evidence.claims["brand"], []).append(sign)
    shown = {brand: _strength(signs, _evidence_weight) for brand, signs in by_brand.items()}
    if not shown:
        return None
    return min(shown, key=lambda brand: (-shown[brand], brand in concluded, brand))


def _evidence_weight(sign: Sign) -> float:
    return sign.evidence.weight


def _class(
    telling: _Telling, candidates: Sequence[str], brand: str | None, model: str | None, database: Database
) -> str:
    """The class that the model's number says, else the one that the evidence votes for, else ``unknown``."""
    if model:
        said = model_class(model, candidates, brand, database)
        if said:
            return said
    votes = [(s.evidence.claims["class"], s.group, _class_weight(s.evidence)) for s in telling.get("class", ())]
    return _voted_class(tuple(votes))


@lru_cache(maxsize=4_096)
def _voted_class(votes: tuple[tuple[str, str, float], ...]) -> str:
    """The class with most of the votes ``(class, group, weight)``, if it has enough of them."""
    by_class: dict[str, dict[str, float]] = {}
    for class_, group, weight in votes:
        if class_ != "unknown":
            groups = by_class.setdefault(class_, {})
            groups[group] = max(groups.get(group, 0.0), weight)
    shares = combine(
        (class_, frozenset({class_}), noisy_or(groups.values())) for class_, groups in by_class.items()
    )
    ranked = sorted(by_class, key=lambda class_: (-share(shares, class_), class_))
    return ranked[0] if ranked and share(shares, ranked[0]) >= CLASS_STATED - 1e-9 else "unknown"


def _class_weight(evidence: Evidence) -> float:
    return evidence.weight if evidence.class_weight is None else evidence.class_weight


def model_class(model: str, makers: Sequence[str], brand: str | None, database: Database) -> str | None:
    """The class that a model number says in the grammars of ``brand`` and of ``makers``.

    None where no rule knows it, or where the makers' rules disagree. Of one maker the first rule decides.
    """
    return _model_class(model[:128], tuple(makers), brand, database)


@lru_cache(maxsize=16_384)
def _model_class(text: str, makers: tuple[str, ...], brand: str | None, database: Database) -> str | None:
    of_brand = database.model_rules.get(("brand", brand or ""), ())
    for rule in of_brand:
        if re.search(rule.matches, text):
            return rule.class_
    said = set()
    for maker in makers:
        rules = database.model_rules.get(("manufacturer", maker), ())
        said |= set([rule.class_ for rule in rules if re.search(rule.matches, text)][:1])
    return said.pop() if len(said) == 1 else None


def _detail(telling: _Telling, concluded: frozenset[str], key: str, database: Database) -> Sign | None:
    """The sign to take a model, firmware or serial number from: the concluded maker's strongest.

    At equal weight the more specific source wins (the order of families in ``vocabulary.yaml``), then the
    longer text.
    """

    def rank(sign: Sign) -> tuple[bool, float, int, int, str]:
        text = sign.evidence.claims[key]
        speaks = bool(sign.makers & concluded) or sign.by_label
        order = database.family_order(sign.evidence.family)
        return (not speaks, -sign.evidence.weight, order, -len(text), text)

    return min(telling.get(key, ()), key=rank, default=None)


def _text_of(sign: Sign | None, key: str) -> str | None:
    return None if sign is None else sign.evidence.claims[key]


def _firmware_date(
    telling: _Telling, concluded: frozenset[str], firmware: Sign | None, database: Database
) -> str | None:
    """The date that came with the firmware's version, else the one of the strongest sign."""
    if firmware is not None and "firmware_date" in firmware.evidence.claims:
        return firmware.evidence.claims["firmware_date"]
    version = _text_of(firmware, "firmware")
    # A date beside another version is that other version's.
    dated = telling.get("firmware_date", ())
    same = [sign for sign in dated if sign.evidence.claims.get("firmware", version) == version]
    return _text_of(_detail({"firmware_date": same}, concluded, "firmware_date", database), "firmware_date")


def maker_strengths(evidence: Iterable[Evidence], database: Database) -> dict[str, float]:
    """How strongly evidence speaks for each maker alone (0..1), whatever speaks against it.

    Labels that a maker only supplies do not count.
    """
    signs: dict[str, list[Sign]] = {}
    for item in evidence:
        sign = _sign(item, database)
        if len(sign.makers) == 1 and not sign.by_label:
            signs.setdefault(next(iter(sign.makers)), []).append(sign)
    return {maker: _strength(signs[maker]) for maker in sorted(signs)}


def identify_observation(observation: Observation, matcher: Matcher) -> Identification:
    """What one observation says alone: ``identify`` on its evidence, and the tags that its own fields set."""
    found = identify(observation_evidence(observation, matcher), matcher.database)
    return with_tags(found, observation_tags(observation))


def observation_evidence(observation: Observation, matcher: Matcher) -> tuple[Evidence, ...]:
    """The entries that match, and what the IEEE's registry adds where no entry knows the hardware address."""
    evidence = matcher.evidence(observation)
    if any(item.family == REGISTRY_FAMILY for item in evidence):
        return evidence
    return evidence + registry_evidence(observation, matcher.database)


def with_tags(identification: Identification, tags: Iterable[str]) -> Identification:
    """The identification with further tags, sorted."""
    every = {*identification.tags, *tags}
    if len(every) == len(identification.tags):  # the usual case, and a copy costs more than the question
        return identification
    return msgspec.structs.replace(identification, tags=tuple(sorted(every)))
