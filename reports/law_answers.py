"""Determinations put in order for reading: the worst of several, groups of devices with equal answers, a panel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from regulations.determination import Determination
from reports.device_words import covered_value
from reports.document import DeviceReport, ReportDocument
from reports.wording import wording

ActKey = tuple[str, str]
"""A regime and an act, as ``("S889_B", "own_use")``."""

TELLING_TONES = frozenset(["barred", "conditional", "open", "advice"])
"""The tones of answers that an owner has to do something about; the others say that nothing is barred."""


def of_unit(determinations: Iterable[Determination]) -> tuple[Determination, ...]:
    """Those about the unit as it is known, without what would hold if some part were inside."""
    return tuple(one for one in determinations if one.component is None)


def worst(determinations: Iterable[Determination]) -> Determination | None:
    """The worst of ``determinations``, the first of them where several are equally bad; null if there is none."""
    severity = wording().severity
    return min(determinations, key=lambda one: severity(one.determination), default=None)


def worst_by_act(determinations: Iterable[Determination]) -> dict[ActKey, Determination]:
    """For each regime and act the worst determination of the unit over all operators, in order of appearance."""
    severity = wording().severity
    found: dict[ActKey, Determination] = {}
    for one in of_unit(determinations):
        known = found.get((one.regime, one.act))
        if known is None or severity(one.determination) < severity(known.determination):
            found[one.regime, one.act] = one
    return found


def of_owner(determinations: Iterable[Determination]) -> tuple[Determination, ...]:
    """Those of the unit about an act of the owner (own, buy, renew, fund, supply), not of makers or importers."""
    acts = wording().owner_acts
    return tuple(one for one in of_unit(determinations) if one.act in acts)


def act_keys(document: ReportDocument) -> tuple[ActKey, ...]:
    """Every regime and act that any device was asked about: regimes as the document lists them, then by name."""
    listed = [regime.key for regime in document.knowledge.regimes]
    acts = list(wording().acts)
    asked = {device.determinations for device in document.devices}
    seen = {(one.regime, one.act) for answers in asked for one in of_unit(answers)}

    def order(key: ActKey) -> tuple[int, str, int, str]:
        regime, act = key
        return (
            listed.index(regime) if regime in listed else len(listed),
            regime,
            acts.index(act) if act in acts else len(acts),
            act,
        )

    return tuple(sorted(seen, key=order))


def worst_for_owner(determinations: Iterable[Determination]) -> Determination | None:
    """The worst about an act of the owner; of equally bad ones that about owning, then buying, and so on."""
    acts = wording().owner_acts
    return worst(sorted(of_owner(determinations), key=lambda one: acts.index(one.act)))


class AnswerGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Devices for which the law gives exactly the same answers, and these answers."""

    devices: tuple[DeviceReport, ...]
    determinations: tuple[Determination, ...]


GroupKey = tuple[str, tuple[Determination, ...]]
"""What the devices of one group have in common."""


def group_key(device: DeviceReport) -> GroupKey:
    """The key of the group to which ``device`` belongs."""
    return covered_value(device), device.determinations


def group_by_answers(devices: Iterable[DeviceReport]) -> tuple[AnswerGroup, ...]:
    """Group ``devices`` with equal determinations and ``covered``; groups in the order of their first device.

    Devices of which nothing was asked are in no group. Answers depend on maker, class and operator only, so
    two thousand devices have a handful of groups.
    """
    groups: dict[GroupKey, list[DeviceReport]] = {}
    for device in devices:
        if device.determinations:
            groups.setdefault(group_key(device), []).append(device)
    return tuple(
        AnswerGroup(devices=tuple(members), determinations=answers) for (_, answers), members in groups.items()
    )


class PanelRow(msgspec.Struct, frozen=True, kw_only=True):
    """For one operator: each act of an owner with the worst answer over the devices, null where none was given."""

    operator: str
    answers: tuple[tuple[str, Determination | None], ...]


def operator_panel(devices: Sequence[DeviceReport], operators: Iterable[str]) -> tuple[PanelRow, ...]:
    """What each of ``operators`` may and may not do with ``devices``, act by act: the worst answer counts."""
    found: dict[tuple[str, str], Determination] = {}
    severity = wording().severity
    for answers in {device.determinations for device in devices}:
        for one in of_owner(answers):
            known = found.get((one.operator, one.act))
            if known is None or severity(one.determination) < severity(known.determination):
                found[one.operator, one.act] = one
    return tuple(
        PanelRow(
            operator=operator,
            answers=tuple((act, found.get((operator, act))) for act in wording().owner_acts),
        )
        for operator in operators
    )
