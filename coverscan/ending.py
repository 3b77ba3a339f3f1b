"""How a scan ends for its user: the summary or the last JSON line, the report if one was asked for, the exit code."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from coverscan.assess import Assessor
from coverscan.exit_codes import ExitCode
from coverscan.options import note
from coverscan.report_run import document_of, write_document
from coverscan.scan_plan import ScanResult
from inventory.store import Inventory
from reports.document import ReportDocument
from reports.text_summary import summarize


def end_of_scan(
    inventory: Inventory,
    result: ScanResult,
    assessor: Assessor,
    *,
    as_json: bool,
    output: Path | None,
    templates: Path | None,
    quiet: bool,
    fail_on_covered: bool,
    resume_with: str,
) -> None:
    """Show what was found and leave with the right exit code."""
    document = document_of(inventory, result.scan_id, assessor)
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode({"summary": summary_of(document, result)}) + b"\n")
    else:
        click.echo(summarize(document), nl=False)
    if output is not None:
        for path in write_document(document, output, templates=templates):
            note(f"Written: {path}", quiet)
    if result.interrupted:
        click.echo(
            f"Interrupted: {result.units_done} of {result.units} done, everything found so far is kept.\n"
            f"Go on with: {resume_with}",
            err=True,
        )
        sys.exit(ExitCode.INTERRUPTED)
    sys.exit(exit_code_of(document, result, fail_on_covered=fail_on_covered))


def exit_code_of(document: ReportDocument, result: ScanResult, *, fail_on_covered: bool) -> ExitCode:
    """The exit code of a scan that ran to its end."""
    if fail_on_covered and any(device.covered == "yes" for device in document.devices):
        return ExitCode.COVERED_FOUND
    local_trouble = any(row.reason == "local-error" for row in document.not_looked_at)
    return ExitCode.INCOMPLETE if local_trouble or not result.complete else ExitCode.DONE


def summary_of(document: ReportDocument, result: ScanResult) -> dict[str, object]:
    """The numbers of a scan, for machines."""
    covered = [device.covered for device in document.devices]
    return {
        "scan": result.scan_id,
        "status": document.run.status,
        "targets": result.units,
        "targets_done": result.units_done,
        "devices": len(document.devices),
        "other_hosts": len(document.other_hosts),
        "set_apart": len(document.set_apart),
        "covered": {word: covered.count(word) for word in ("yes", "possible", "no", "unknown")},
        "counts": document.run.counts,
    }
