"""``coverscan report``: the report of a scan or import, as files."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.knowledge import load_assessor
from coverscan.options import (
    common_options,
    inventory_option,
    note,
    open_inventory,
    operator_options,
    stakeholder,
)
from coverscan.report_run import FORMATS, document_of, write_document
from coverscan.settings import load_settings
from inventory.store import InventoryError
from reports.document import ReportDocument
from reports.json_document import DocumentError, read_document
from reports.text_summary import summarize

_EPILOG = """\b
Examples:
  coverscan report --output report
  coverscan report --scan 3 --operator federal_agency --use security_of_government_facilities --output report
  coverscan report --format csv --output report
  coverscan report --from last-year/report.json --output again
  coverscan report --json | jq '.devices[].model'
"""


@click.command(epilog=_EPILOG)
@click.option("--scan", "scan_id", type=int, metavar="N", help="Which scan (coverscan scans); default the latest.")
@click.option(
    "--from", "saved", type=click.Path(path_type=Path), metavar="REPORT.JSON", help="Render a saved report again."
)
@click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS), help="Default: all of them.")
@click.option("--title", help="Title of the report.")
@click.option("--json", "as_json", is_flag=True, help="Print the report document.")
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Folder to write into."
)
@click.option(
    "--templates",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Templates of your own that replace those of the same name.",
)
@operator_options
@inventory_option
@common_options
def command(
    *,
    scan_id: int | None,
    saved: Path | None,
    formats: tuple[str, ...],
    title: str | None,
    as_json: bool,
    output: Path | None,
    templates: Path | None,
    operator: tuple[str, ...],
    use: str | None,
    state: str | None,
    as_of: str | None,
    db: str | None,
    config: Path | None,
    quiet: bool,
) -> None:
    """Write report.html, report.json and report.csv of a scan or import.

    Without --output or --json, a short summary is printed.
    """
    if saved is not None:
        document = _saved(saved)
    else:
        settings = load_settings(config)
        assessor = load_assessor(stakeholder(settings, operator, use, state, as_of))
        with open_inventory(db, settings, create=False, quiet=quiet) as inventory:
            try:
                record = inventory.scan(scan_id)
            except InventoryError as error:
                raise Failure(str(error), ExitCode.INPUT_UNUSABLE, "coverscan scans") from None
            document = document_of(inventory, record.id, assessor, title)
    if as_json:
        click.echo(msgspec.json.encode(document).decode())
    if output is not None:
        for path in write_document(document, output, formats or FORMATS, templates):
            note(f"Written: {path}", quiet)
    elif not as_json:
        click.echo(summarize(document), nl=False)


def _saved(path: Path) -> ReportDocument:
    try:
        return read_document(path.read_bytes())
    except OSError as error:
        raise Failure(f"{path}: cannot be read ({error.strerror})", ExitCode.INPUT_UNUSABLE) from None
    except DocumentError as error:
        raise Failure(f"{path}: {error}", ExitCode.INPUT_UNUSABLE) from None
