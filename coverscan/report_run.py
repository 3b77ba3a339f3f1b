"""From a scan in the inventory to the report document, and from the document to files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from coverscan.assess import Assessor
from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from inventory.manifest import ScanRecord
from inventory.store import Inventory, utc_now
from reports.document import NotLookedAt, ReportDocument, Run
from reports.render_options import RenderError, RenderOptions
from reports.renderer import RENDERERS, renderers_named
from reports.write import WriteError, write_reports

FORMATS = tuple(renderer.name for renderer in RENDERERS)
_TITLES = {
    "scan": "Network equipment report",
    "import": "Imported equipment report",
    "demo": "Demonstration report",
}


def document_of(
    inventory: Inventory, scan_id: int, assessor: Assessor, title: str | None = None
) -> ReportDocument:
    """The report document of one scan as the inventory holds it now, running scans included."""
    record = inventory.scan(scan_id)
    site = record.manifest.site
    heading = title or _TITLES[record.manifest.kind] + (f": {site}" if site else "")
    return assessor.document(
        heading,
        utc_now(),
        _run_of(inventory, record),
        inventory.observations(scan_id),
        _not_looked_at(inventory, record),
    )


def write_document(
    document: ReportDocument, output: Path, formats: Sequence[str] = FORMATS, templates: Path | None = None
) -> tuple[Path, ...]:
    """Write the chosen forms of a report into a folder; raises ``Failure`` where that cannot be done."""
    try:
        return write_reports(document, output, renderers_named(formats), RenderOptions(templates=templates))
    except (WriteError, RenderError) as error:
        raise Failure(str(error), ExitCode.FAILED) from None


def _run_of(inventory: Inventory, record: ScanRecord) -> Run:
    manifest = record.manifest
    counts = inventory.outcome_counts(record.id) if manifest.kind != "import" else {}
    return Run(
        kind=manifest.kind,
        status=record.status,
        started_at=record.started_at,
        finished_at=record.finished_at,
        command=manifest.command,
        operator_name=manifest.operator_name,
        site=manifest.site,
        targets=manifest.targets,
        exclusions=manifest.exclusions,
        authorization=manifest.authorization,
        engine=manifest.engine,
        profile=manifest.profile,
        rate_per_second=manifest.packets_per_second,
        ports=manifest.ports,
        counts={"targets": manifest.units, "targets done": counts.get("hosts done", 0), **counts}
        if manifest.kind != "import"
        else record.counts,
        inputs=inventory.imported_files(record.id),
    )


def _not_looked_at(inventory: Inventory, record: ScanRecord) -> tuple[NotLookedAt, ...]:
    manifest = record.manifest
    rows = [NotLookedAt(target=target, reason="excluded by the operator") for target in manifest.exclusions]
    rows += [NotLookedAt(target=unit, reason=problem) for unit, problem in inventory.problems(record.id)]
    left = manifest.units - len(inventory.units_done(record.id)) if manifest.kind != "import" else 0
    if left > 0:
        reason = "the scan is still running" if record.status == "running" else "the scan was interrupted"
        rows.append(NotLookedAt(target=f"{left} of {manifest.units} addresses", reason=reason))
    for file in inventory.imported_files(record.id):
        if file.bad_lines:
            rows.append(NotLookedAt(target=f"{file.bad_lines} lines of {file.name}", reason="could not be read"))
    return tuple(rows)
