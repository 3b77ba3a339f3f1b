"""What the law says, as the page shows it: a panel of operators, groups of devices with equal answers, sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from regulations.determination import Determination
from reports.device_words import (
    DeviceKey,
    covered_value,
    device_key,
    maker_text,
    place_text,
    shared_addresses,
)
from reports.document import ReportDocument, SourceNote
from reports.html.device_view import shown
from reports.law_answers import (
    TELLING_TONES,
    AnswerGroup,
    GroupKey,
    group_by_answers,
    group_key,
    of_unit,
    operator_panel,
)
from reports.wording import plain, wording

MAX_DEVICES_NAMED = 12
"""Devices of a group that are named; the table has the rest."""

_SENTENCE = 1_200


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """A source key and where on the page it is explained; no anchor where the document does not hold it."""

    key: str
    anchor: str = ""


class AnswerView(msgspec.Struct, frozen=True, kw_only=True):
    """One determination in words, with the operators who get the same; no operators where only one asks."""

    regime: str
    act: str
    short: str
    tone: str
    since: str
    operators: str
    why: str
    say: str
    rule: str
    grade: str
    verified: str
    cites: tuple[Citation, ...]


class GroupView(msgspec.Struct, frozen=True, kw_only=True):
    """Devices with equal answers: what they are, which they are, what the answers are.

    ``telling`` answers ask for something, ``quiet`` ones bar nothing, ``supposed`` ones hold only if a part is
    inside that cannot be seen from the network. ``shared`` is how many more answers stand with those that are
    the same for all.
    """

    number: int
    title: str
    covered: str
    covered_label: str
    count: int
    devices: tuple[tuple[int, str], ...]
    telling: tuple[AnswerView, ...]
    quiet: tuple[AnswerView, ...]
    supposed: tuple[AnswerView, ...]
    shared: int = 0


class LawLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One answer as the details of a device show it."""

    what: str = ""
    answer: str = ""
    tone: str = ""
    operators: str = ""
    why: str = ""


class PanelCell(msgspec.Struct, frozen=True, kw_only=True):
    """The worst answer for one operator and act."""

    act: str
    short: str
    tone: str


def safe_url(url: str | None) -> str:
    """``url`` if it leads to a web page, else empty: a link never runs anything."""
    if url is None or not url.isprintable() or " " in url:
        return ""
    return url if url.lower().startswith(("https://", "http://")) else ""


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """A source with its anchor on the page."""

    anchor: str
    key: str
    title: str
    url: str
    link: str
    grade: str


def source_views(sources: Sequence[SourceNote]) -> tuple[SourceView, ...]:
    """Sources for the page. Anchors are numbered, since a key may hold anything."""
    return tuple(
        SourceView(
            anchor=f"source-{place}",
            key=shown(source.key),
            title=shown(source.title, _SENTENCE),
            url=shown(source.url, _SENTENCE),
            link=safe_url(source.url),
            grade=shown(wording().grades.get(source.grade or "", source.grade)),
        )
        for place, source in enumerate(sources, 1)
    )


class LawViews:
    """Makes the views of what the law says in ``document``; groups are numbered from 1 in order of urgency."""

    def __init__(self, document: ReportDocument, ordered: Sequence[DeviceKey]) -> None:
        self._document = document
        self._places = {key: place for place, key in enumerate(ordered, 1)}
        self._regimes = {regime.key: regime.name for regime in document.knowledge.regimes}
        cited = {
            key
            for answers in {one.determinations for one in document.devices}
            for one in answers
            for key in one.cite
        }
        self.sources = tuple(source for source in document.knowledge.sources if source.key in cited)
        """The sources that an answer cites, in the order of the document."""
        self._anchors = {source.key: f"source-{place}" for place, source in enumerate(self.sources, 1)}
        self._shared = shared_addresses(document.devices)
        by_urgency = sorted(document.devices, key=lambda device: self._places.get(device_key(device), 0))
        self._groups = group_by_answers(by_urgency)

    @property
    def numbers(self) -> Mapping[GroupKey, int]:
        """The number of the group of devices with this key."""
        return {group_key(group.devices[0]): number for number, group in enumerate(self._groups, 1)}

    def groups(self) -> tuple[GroupView, ...]:
        """All groups, the most urgent first."""
        return tuple(self._group(number, group) for number, group in enumerate(self._groups, 1))

    def panel(self) -> tuple[tuple[str, tuple[PanelCell, ...]], ...]:
        """Operators with their worst answer for each act, over the devices that are covered or may be."""
        devices = [one for one in self._document.devices if covered_value(one) in ("yes", "possible")]
        words = wording()
        rows = operator_panel(devices, self._document.stakeholder.operators) if devices else ()
        return tuple(
            (
                shown(words.operator(row.operator)),
                tuple(self._panel_cell(act, answer) for act, answer in row.answers),
            )
            for row in rows
        )

    def _panel_cell(self, act: str, answer: Determination | None) -> PanelCell:
        if answer is None:
            return PanelCell(act=wording().act(act), short="–", tone="none")
        said = wording().determination(answer.determination)
        return PanelCell(act=wording().act(act), short=shown(said.short), tone=said.tone)

    def regime_name(self, key: str) -> str:
        """The name of a regime, its key where the document does not explain it."""
        return shown(self._regimes.get(key) or key)

    def _answers(self, determinations: Sequence[Determination]) -> list[AnswerView]:
        """Determinations that differ only in the operator as one; acts of the owner first, then worst first."""
        words = wording()
        acts = list(words.acts)
        merged: dict[Determination, list[str]] = {}
        for one in determinations:
            merged.setdefault(msgspec.structs.replace(one, operator=""), []).append(one.operator)

        def order(one: Determination) -> tuple[bool, int, int]:
            place = acts.index(one.act) if one.act in acts else len(acts)
            return one.act not in words.owner_acts, words.severity(one.determination), place

        return [self._answer(one, merged[one]) for one in sorted(merged, key=order)]

    def _answer(self, one: Determination, operators: Sequence[str]) -> AnswerView:
        words = wording()
        said = words.determination(one.determination)
        asked = self._document.stakeholder.operators
        everyone = len(asked) > 1 and set(operators) >= set(asked)
        return AnswerView(
            regime=self.regime_name(one.regime),
            act=shown(f"{words.act(one.act)}{_supposition(one)}"),
            short=shown(said.short),
            tone=said.tone,
            since=shown(_period(one)),
            operators=""
            if len(asked) < 2
            else "all operators asked about"
            if everyone
            else shown("; ".join(map(words.operator, operators)), _SENTENCE),
            why=shown(one.why, _SENTENCE),
            say=shown(one.must_say, _SENTENCE),
            rule=shown(one.rule),
            grade=shown(words.grades.get(one.grade, one.grade)),
            verified=shown(one.last_verified),
            cites=tuple(Citation(key=shown(key), anchor=self._anchors.get(key, "")) for key in one.cite),
        )

    def _group(self, number: int, group: AnswerGroup) -> GroupView:
        answers = self._answers(of_unit(group.determinations))
        supposed = self._answers([one for one in group.determinations if one.component is not None])
        covered = covered_value(group.devices[0])
        makers = list(dict.fromkeys(maker_text(device) for device in group.devices))
        classes = list(dict.fromkeys(wording().device_class(device.class_) for device in group.devices))
        more = f" and {len(makers) - 4} other makers" if len(makers) > 4 else ""
        return GroupView(
            number=number,
            title=f"{shown(', '.join(makers[:4]))}{more}: {shown(', '.join(classes[:6]))}",
            covered=covered,
            covered_label=wording().covered_word(covered).label,
            count=len(group.devices),
            devices=tuple(
                (
                    self._places.get(device_key(device), 0),
                    shown(place_text(device.address, device.ports, self._shared)),
                )
                for device in group.devices[:MAX_DEVICES_NAMED]
            ),
            telling=tuple(one for one in answers if one.tone in TELLING_TONES),
            quiet=tuple(one for one in answers if one.tone not in TELLING_TONES),
            supposed=tuple(supposed),
        )


class SharedAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Answers that are the same for all covered and possibly covered devices, said once."""

    telling: tuple[AnswerView, ...] = ()
    quiet: tuple[AnswerView, ...] = ()


def apart(groups: Sequence[GroupView]) -> tuple[SharedAnswers, tuple[GroupView, ...]]:
    """Take the answers that all groups of covered or possibly covered devices share out of these groups."""
    concerned = [group for group in groups if group.covered in ("yes", "possible")]
    if len(concerned) < 2:
        return SharedAnswers(), tuple(groups)
    common = set.intersection(*({*group.telling, *group.quiet} for group in concerned))

    def without(group: GroupView) -> GroupView:
        telling = tuple(one for one in group.telling if one not in common)
        quiet = tuple(one for one in group.quiet if one not in common)
        left_out = len(group.telling) + len(group.quiet) - len(telling) - len(quiet)
        return msgspec.structs.replace(group, telling=telling, quiet=quiet, shared=left_out)

    shared = SharedAnswers(
        telling=tuple(one for one in concerned[0].telling if one in common),
        quiet=tuple(one for one in concerned[0].quiet if one in common),
    )
    return shared, tuple(without(group) if group in concerned else group for group in groups)


def law_lines(groups: Sequence[GroupView]) -> tuple[tuple[LawLine, ...], ...]:
    """For each group the answers that ask for something, in short; first those of the group with number 1."""
    return tuple(
        tuple(
            LawLine(
                what=f"{one.regime}: {one.act}",
                answer=f"{one.short} {one.since}".strip(),
                tone=one.tone,
                operators=one.operators,
                why=f"{one.why} {one.say}".strip(),
            )
            for one in group.telling
        )
        for group in groups
    )


def _supposition(one: Determination) -> str:
    """The part on which a determination depends, as a condition; empty where it is about the unit as it is."""
    if one.component is None:
        return ""
    return f", if {wording().components.get(one.component) or plain(one.component) + ' is inside'}"


def _period(one: Determination) -> str:
    """From when to when it is barred, in words; empty where there is no bar."""
    if one.from_ and one.to:
        return f"from {one.from_} to {one.to}"
    if one.from_:
        return f"since {one.from_}"
    return f"until {one.to}" if one.to else ""
