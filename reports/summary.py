"""What a document says in one glance: counts, headline, how much was looked at, what to do next.

The page and the terminal print these sentences, so that no two forms of one report disagree.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from reports.device_words import covered_value, place_text, shared_addresses
from reports.document import DeviceReport, ReportDocument
from reports.wording import wording


class CoveredCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many devices are covered, possibly covered, not covered, and of unknown maker."""

    yes: int = 0
    possible: int = 0
    no: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        """All devices, each counted once."""
        return self.yes + self.possible + self.no + self.unknown


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How many targets were looked at, of how many; null where the run did not count them."""

    done: int | None
    total: int | None


def covered_counts(devices: Iterable[DeviceReport]) -> CoveredCounts:
    """Count ``devices`` by ``covered``."""
    counts = {"yes": 0, "possible": 0, "no": 0, "unknown": 0}
    for device in devices:
        counts[covered_value(device)] += 1
    return CoveredCounts(**counts)


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: ``1 device``, ``2,000 devices``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def progress(document: ReportDocument) -> Progress:
    """How far the run came, from its counts of targets."""
    counts = document.run.counts
    return Progress(done=counts.get("targets done"), total=counts.get("targets"))


def partial_stamp(document: ReportDocument) -> str | None:
    """The stamp of an incomplete run, ``PARTIAL: 180 of 254 targets looked at``; null for a complete one."""
    if document.run.status == "complete":
        return None
    reached = progress(document)
    word = "STILL RUNNING" if document.run.status == "running" else "PARTIAL"
    if reached.done is None or reached.total is None:
        return f"{word}: not everything was looked at"
    return f"{word}: {reached.done:,} of {reached.total:,} targets looked at"


def headline(document: ReportDocument) -> str:
    """The finding in one sentence, about makers only: what follows from it depends on who asks."""
    counts = covered_counts(document.devices)
    where = "" if document.run.status == "complete" else " in the part that was looked at"
    if counts.total == 0:
        return f"No camera, recorder or other device of a maker known here was found{where}."
    devices = counted(counts.total, "device")
    if counts.yes and counts.possible:
        verb = "comes" if counts.yes == 1 else "come"
        return (
            f"{counts.yes:,} of {devices} {verb} from a maker on the FCC Covered List{where}; "
            f"{counts.possible:,} more may."
        )
    if counts.yes:
        verb = "comes" if counts.yes == 1 else "come"
        return f"{counts.yes:,} of {devices} {verb} from a maker on the FCC Covered List{where}."
    if counts.possible:
        return f"{counts.possible:,} of {devices} may come from a maker on the FCC Covered List{where}."
    if counts.unknown == counts.total:
        return f"{devices} found{where}; no maker is known yet."
    but = f"; the maker of {counts.unknown:,} is not known" if counts.unknown else ""
    return f"None of {devices} comes from a maker on the FCC Covered List{where}{but}."


def next_step(document: ReportDocument) -> str:
    """The one thing to do first."""
    counts = covered_counts(document.devices)
    urgent = min((item.priority for item in document.replacements), default=0)
    first = [item for item in document.replacements if item.priority == urgent]
    if document.replacements and counts.yes:
        place = place_text(first[0].address, first[0].ports, shared_addresses(document.devices))
        example = first[0].device + (f" at {place}" if first[0].address else "")
        then = "" if document.run.status == "complete" else " Then finish the run: not everything was looked at."
        if len(first) == 1:
            return f"Begin the replacement list with {example} (priority {urgent}).{then}"
        return f"Begin the replacement list with its {len(first):,} devices of priority {urgent}, first {example}.{then}"
    if counts.possible:
        return f"Settle who made the {counted(counts.possible, 'device')} that may be covered: the list says how."
    if document.run.status != "complete":
        return "Finish the run before anything is concluded from it."
    if counts.unknown:
        return f"Read the labels of the {counted(counts.unknown, 'device')} whose maker is not known."
    if counts.total == 0:
        return "Check below that the right networks and ports were looked at, and what could not be reached."
    return "Nothing here asks for replacement. Keep this report and look again when equipment changes."


def looked_at(document: ReportDocument) -> str:
    """How much was looked at, in one sentence, for a scan; for files, what was read of them."""
    run = document.run
    if run.inputs:
        records = counted(sum(file.observations for file in run.inputs), "record")
        bad = sum(file.bad_lines for file in run.inputs)
        unread = f"; {counted(bad, 'line')} could not be read" if bad else ""
        return f"Read {records} of {counted(len(run.inputs), 'file')}{unread}."
    reached = progress(document)
    skipped = len(document.not_looked_at)
    but = f"; {counted(skipped, 'entry', 'entries')} not looked at, with reasons below" if skipped else ""
    if reached.total is None:
        return f"{wording().run_kinds.get(run.kind, run.kind)} of {counted(len(run.targets), 'target')}{but}."
    done = reached.total if reached.done is None else reached.done
    answered = run.counts.get("addresses answered")
    open_ones = run.counts.get("hosts with open ports")
    replies = f", of which {answered:,} answered" if answered is not None else ""
    if answered is None and open_ones is not None:
        replies = f", of which {open_ones:,} had open ports"
    return f"Looked at {done:,} of {counted(reached.total, 'target')}{replies}{but}."
