"""How the document was made, as the page shows it: scope, authorization, pace, files read, knowledge used."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from inventory.manifest import ImportedFile
from reports.document import ReportDocument, Run
from reports.html.device_view import moment, shown
from reports.wording import wording

Facts = tuple[tuple[str, str], ...]
"""Labels with texts, for a list of terms."""

_LIST = 2_000
_PARAGRAPH = 2_000


class InputView(msgspec.Struct, frozen=True, kw_only=True):
    """One file that was read."""

    name: str
    format: str
    sha256: str
    observations: int
    bad_lines: int
    first_errors: tuple[str, ...]


def _present(*pairs: tuple[str, str]) -> Facts:
    return tuple((label, text) for label, text in pairs if text)


def _targets(targets: Sequence[str]) -> str:
    return shown(", ".join(targets), _LIST)


def scope_facts(run: Run) -> Facts:
    """What was looked at, from when to when, by whom."""
    return _present(
        ("Kind", wording().run_kinds.get(run.kind, shown(run.kind))),
        ("State", wording().run_statuses.get(run.status, shown(run.status))),
        ("Site", shown(run.site)),
        ("Targets", _targets(run.targets)),
        ("Left out on purpose", _targets(run.exclusions)),
        ("Files", shown(", ".join(file.name for file in run.inputs), _LIST)),
        ("Began", moment(run.started_at)),
        ("Ended", moment(run.finished_at)),
        ("Run by", shown(run.operator_name)),
    )


def conduct_facts(run: Run) -> Facts:
    """With what and how gently it was looked at."""
    pace = f"{run.rate_per_second:g} packets a second" if run.rate_per_second is not None else ""
    return _present(
        ("Engine", shown(run.engine)),
        ("Profile", shown(run.profile)),
        ("Pace", pace),
        ("Ports", shown(", ".join(map(str, run.ports)), _LIST)),
        ("Command", shown(run.command, _LIST)),
    )


def authorization_facts(run: Run) -> Facts:
    """Who allowed the scan, of what, from when to when; empty where nothing was recorded."""
    allowed = run.authorization
    if allowed is None:
        return ()
    period = " to ".join(moment(day) or "open" for day in (allowed.valid_from, allowed.valid_to))
    return _present(
        ("Authorized by", shown(allowed.who)),
        ("For", _targets(allowed.ranges)),
        ("Valid", period if allowed.valid_from or allowed.valid_to else ""),
        ("Reference", shown(allowed.reference)),
    )


def authorization_gap(run: Run) -> str:
    """What is said where no authorization was recorded."""
    if run.kind == "import":
        return "Nothing was sent for this report: it reads files that others made."
    if run.kind == "demo":
        return "The demonstration reaches nothing but emulated devices on this machine."
    return "No authorization was recorded with this run."


def count_facts(run: Run) -> Facts:
    """The counts of the run by name, in the order in which they were recorded."""
    return tuple((shown(name), f"{number:,}") for name, number in run.counts.items())


def input_views(inputs: Sequence[ImportedFile]) -> tuple[InputView, ...]:
    """The files that were read."""
    return tuple(
        InputView(
            name=shown(file.name),
            format=shown(file.format),
            sha256=shown(file.sha256),
            observations=file.observations,
            bad_lines=file.bad_lines,
            first_errors=tuple(shown(line) for line in file.first_errors[:5]),
        )
        for file in inputs
    )


def knowledge_facts(document: ReportDocument) -> Facts:
    """Which knowledge the document was made with."""
    known = document.knowledge
    return _present(
        ("coverscan", shown(known.coverscan_version)),
        ("Fingerprints", f"{known.fingerprints:,}"),
        ("Fingerprints SHA-256", shown(known.fingerprints_sha256)),
        ("Law last verified", shown(known.law_last_verified)),
        ("Document format", shown(document.schema)),
        ("Made", moment(document.generated_at)),
    )


def paragraphs(texts: Sequence[str]) -> tuple[str, ...]:
    """Longer texts of the document, one a paragraph."""
    return tuple(shown(text, _PARAGRAPH) for text in texts)
