"""From evidence to a conclusion: who made the device, under which label, what it is, and how sure that is.

Pure: the same evidence gives the same identification in whatever order it comes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from fingerprints.brand_relations import makers_of_brand
from fingerprints.claims import MAKERS_SEPARATOR
from fingerprints.combination import belief_in, combine, noisy_or, share
from fingerprints.database_loader import Database
from fingerprints.identification import Conflict, Evidence, Identification
from fingerprints.matcher import Matcher
from fingerprints.observation import Observation
from fingerprints.self_description import observation_tags

STATED = 0.5
"""A manufacturer is stated from this confidence on."""

GENERIC = 0.3
"""A sign of this weight or less proves nothing alone, nor do several of them."""

CLASS_STATED = 0.3
MAX_EVIDENCE = 256
_TAG_STRENGTH = 0.5


class _Sign(NamedTuple):
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
    theirs together. A honeypot's evidence is kept, but nothing is concluded from it.
    """
    kept = _sorted(evidence)
    tags = _tags(kept, database)
    if "honeypot" in tags:
        return Identification(evidence=kept[:MAX_EVIDENCE], tags=tags)
    signs = _signs(kept, database)
    manufacturer, candidates, confidence = _conclude(signs)
    concluded = frozenset(candidates)
    agreeing = [sign for sign in signs if _agrees(sign, concluded)]
    brand = _brand(agreeing, concluded)
    model = _detail(agreeing, concluded, "model", database)
    firmware = _detail(agreeing, concluded, "firmware", database)
    return Identification(
        manufacturer=manufacturer,
        manufacturer_candidates=candidates,
        brand=brand,
        class_=_class(agreeing, candidates, brand, model and model.evidence.claims["model"], database),
        model=model and model.evidence.claims["model"],
        firmware=firmware and firmware.evidence.claims["firmware"],
        firmware_date=_firmware_date(agreeing, concluded, firmware, database),
        serial=_text_of(_detail(agreeing, concluded, "serial", database), "serial"),
        confidence=round(confidence, 4),
        evidence=kept[:MAX_EVIDENCE],
        conflicts=_conflicts(signs, concluded),
        tags=tags,
    )


def _sorted(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The strongest first; the rest of the key only makes the order the same each time."""

    def key(item: Evidence) -> tuple[float, str, str, int, str, str]:
        return (-item.weight, item.fingerprint, item.ip or "", item.port or 0, item.field, item.excerpt)

    return tuple(sorted(evidence, key=key))


def _signs(evidence: Sequence[Evidence], database: Database) -> list[_Sign]:
    """Evidence with the makers that it speaks for.

    What is known from a label alone gives way to what the firmware shows: a label's list of makers is never
    complete, so a maker who is not on it is no contradiction.
    """
    signs = [_sign(item, database) for item in evidence]
    firmware = [sign for sign in signs if not sign.by_label]
    manufacturer = _conclude(firmware)[0]
    if manufacturer is None:
        return signs
    return [
        sign if not sign.by_label or manufacturer in sign.makers else sign._replace(makers=frozenset())
        for sign in signs
    ]


def _sign(evidence: Evidence, database: Database) -> _Sign:
    claims = evidence.claims
    group = database.group(evidence.family)
    if "manufacturer" in claims:
        return _Sign(evidence, frozenset({claims["manufacturer"]}), evidence.weight, group, False)
    if "makers" in claims:
        makers = frozenset(claims["makers"].split(MAKERS_SEPARATOR))
        return _Sign(evidence, makers, evidence.weight, group, False)
    if "brand" in claims:
        label = makers_of_brand(claims["brand"], database)
        return _Sign(evidence, label.makers, evidence.weight * label.factor, group, not label.own)
    return _Sign(evidence, frozenset(), evidence.weight, group, False)


def _conclude(signs: Sequence[_Sign]) -> tuple[str | None, tuple[str, ...], float]:
    """The manufacturer if one can be stated, the candidates, and the confidence in them."""
    beliefs = combine((sign.group, sign.makers, sign.weight) for sign in signs)
    shares = {maker: share(beliefs, maker) for maker in sorted(set().union(*beliefs))}
    if not shares:
        return None, (), 0.0
    ranked = sorted(shares, key=lambda maker: (-shares[maker], maker))
    best = ranked[0]
    alone = any(sign.makers == {best} and sign.weight > GENERIC for sign in signs)
    if shares[best] >= STATED and alone:
        return best, (best,), shares[best]
    possible = {maker for maker in ranked if shares[maker] >= shares[best] / 2}
    for sign in signs:
        if best in sign.makers and sign.weight > GENERIC:
            possible |= sign.makers
    if not any(sign.weight > GENERIC for sign in signs if sign.makers & possible):
        return None, (), 0.0
    confidence = belief_in(beliefs, frozenset(possible))
    return None, tuple(maker for maker in ranked if maker in possible), confidence


def _agrees(sign: _Sign, concluded: frozenset[str]) -> bool:
    """Whether the sign may tell details: it speaks for a concluded maker, or for none in particular."""
    return not sign.makers or not concluded or bool(sign.makers & concluded)


def _conflicts(signs: Sequence[_Sign], concluded: frozenset[str]) -> tuple[Conflict, ...]:
    """What speaks for other makers only, the strongest first."""
    against: dict[frozenset[str], list[_Sign]] = {}
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


def _strength(signs: Iterable[_Sign], weight: Callable[[_Sign], float] = lambda sign: sign.weight) -> float:
    """The strongest of each group, groups combined by noisy-OR."""
    groups: dict[str, float] = {}
    for sign in signs:
        groups[sign.group] = max(groups.get(sign.group, 0.0), weight(sign))
    return noisy_or(groups.values())


def _tags(evidence: Sequence[Evidence], database: Database) -> tuple[str, ...]:
    by_tag: dict[str, list[_Sign]] = {}
    for item in evidence:
        if "tag" in item.claims:
            by_tag.setdefault(item.claims["tag"], []).append(_sign(item, database))
    return tuple(sorted(tag for tag, signs in by_tag.items() if _strength(signs) >= _TAG_STRENGTH))


def _brand(agreeing: Sequence[_Sign], concluded: frozenset[str]) -> str | None:
    """The label that the evidence shows: the strongest; at equal strength one that is not the maker's own."""
    by_brand: dict[str, list[_Sign]] = {}
    for sign in agreeing:
        if "brand" in sign.evidence.claims:
            by_brand.setdefault(sign.evidence.claims["brand"], []).append(sign)
    shown = {brand: _strength(signs, _evidence_weight) for brand, signs in by_brand.items()}
    if not shown:
        return None
    return min(shown, key=lambda brand: (-shown[brand], brand in concluded, brand))


def _evidence_weight(sign: _Sign) -> float:
    return sign.evidence.weight


def _class(
    agreeing: Sequence[_Sign],
    candidates: Sequence[str],
    brand: str | None,
    model: str | None,
    database: Database,
) -> str:
    """The class that the model's number says, else the one that the evidence votes for, else ``unknown``."""
    if model:
        said = model_class(model, candidates, brand, database)
        if said:
            return said
    by_class: dict[str, list[_Sign]] = {}
    for sign in agreeing:
        if sign.evidence.claims.get("class", "unknown") != "unknown":
            by_class.setdefault(sign.evidence.claims["class"], []).append(sign)
    votes = combine(
        (class_, frozenset({class_}), _strength(signs, _class_weight)) for class_, signs in by_class.items()
    )
    ranked = sorted(by_class, key=lambda class_: (-share(votes, class_), class_))
    return ranked[0] if ranked and share(votes, ranked[0]) >= CLASS_STATED - 1e-9 else "unknown"


def _class_weight(sign: _Sign) -> float:
    weight = sign.evidence.class_weight
    return sign.evidence.weight if weight is None else weight


def model_class(model: str, makers: Sequence[str], brand: str | None, database: Database) -> str | None:
    """The class that a model number says in the grammars of ``brand`` and of ``makers``.

    None where no rule knows it, or where the makers' rules disagree. Of one maker the first rule decides.
    """
    text = model[:128]
    of_brand = database.model_rules.get(("brand", brand or ""), ())
    for rule in of_brand:
        if re.search(rule.matches, text):
            return rule.class_
    said = set()
    for maker in makers:
        rules = database.model_rules.get(("manufacturer", maker), ())
        said |= set([rule.class_ for rule in rules if re.search(rule.matches, text)][:1])
    return said.pop() if len(said) == 1 else None


def _detail(agreeing: Sequence[_Sign], concluded: frozenset[str], key: str, database: Database) -> _Sign | None:
    """The sign to take a model, firmware or serial number from: the concluded maker's strongest.

    At equal weight the more specific source wins (the order of families in ``vocabulary.yaml``), then the
    longer text.
    """

    def rank(sign: _Sign) -> tuple[bool, float, int, int, str]:
        text = sign.evidence.claims[key]
        speaks = bool(sign.makers & concluded) or sign.by_label
        order = database.family_order(sign.evidence.family)
        return (not speaks, -sign.evidence.weight, order, -len(text), text)

    return min((sign for sign in agreeing if key in sign.evidence.claims), key=rank, default=None)


def _text_of(sign: _Sign | None, key: str) -> str | None:
    return None if sign is None else sign.evidence.claims[key]


def _firmware_date(
    agreeing: Sequence[_Sign], concluded: frozenset[str], firmware: _Sign | None, database: Database
) -> str | None:
    """The date that came with the firmware's version, else the one of the strongest sign."""
    if firmware is not None and "firmware_date" in firmware.evidence.claims:
        return firmware.evidence.claims["firmware_date"]
    version = _text_of(firmware, "firmware")
    # A date beside another version is that other version's.
    same = [sign for sign in agreeing if sign.evidence.claims.get("firmware", version) == version]
    return _text_of(_detail(same, concluded, "firmware_date", database), "firmware_date")


def maker_strengths(evidence: Iterable[Evidence], database: Database) -> dict[str, float]:
    """How strongly evidence speaks for each maker alone (0..1), whatever speaks against it.

    Labels that a maker only supplies do not count.
    """
    signs: dict[str, list[_Sign]] = {}
    for item in evidence:
        sign = _sign(item, database)
        if len(sign.makers) == 1 and not sign.by_label:
            signs.setdefault(next(iter(sign.makers)), []).append(sign)
    return {maker: _strength(signs[maker]) for maker in sorted(signs)}


def identify_observation(observation: Observation, matcher: Matcher) -> Identification:
    """What one observation says alone: ``identify`` on its evidence, and the tags that its own fields set."""
    found = identify(matcher.evidence(observation), matcher.database)
    return with_tags(found, observation_tags(observation))


def with_tags(identification: Identification, tags: Iterable[str]) -> Identification:
    """The identification with further tags, sorted."""
    every = {*identification.tags, *tags}
    return msgspec.structs.replace(identification, tags=tuple(sorted(every)))
