"""``coverscan import``: everything that is already known, into the same road as a scan."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click
import msgspec

from coverscan import __version__
from coverscan.exit_codes import ExitCode
from coverscan.knowledge import load_assessor
from coverscan.options import (
    common_options,
    inventory_option,
    note,
    open_inventory,
    operator_options,
    output_options,
    stakeholder,
)
from coverscan.progress import Progress
from coverscan.report_run import document_of, write_document
from coverscan.settings import load_settings
from fingerprints.observation import Observation
from inventory.manifest import ImportedFile, Manifest
from inventory.scan_writer import ScanWriter
from inventory.store import Inventory
from reports.terminal_text import terminal_text
from reports.text_summary import summarize
from scanner.sources.reading import Reading
from scanner.sources.recognise import open_source

_ERRORS_SHOWN = 20
_ADDRESSES_KEPT = 100_000
_EPILOG = """\b
Examples:
  coverscan import shodan-download.json.gz
  coverscan import --dry-run *.json.gz observations.jsonl
  coverscan import download.json.gz --output report --operator local_government

\b
What is read, by content and not by name, compressed (gz, bz2, xz) or not: Shodan downloads; nmap's, masscan's,
ZGrab2's, ZMap's, Censys', Nessus' and runZero's results; logs of Zeek and Suricata; leases of DHCP servers (ISC,
Kea, dnsmasq, Windows); ARP and switch MAC tables; any CSV that lists devices; observation lines
(docs/line-formats.md). Other formats are recognised and named.
\b
The columns of a CSV are guessed; --dry-run shows what each was taken for. Columns with passwords and user names
are never kept.
"""


@click.command(epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be read; keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list: what was understood of each file.")
@click.option("--site", help="Name of the site.")
@operator_options
@output_options
@inventory_option
@common_options
def command(
    *,
    files: tuple[Path, ...],
    dry_run: bool,
    as_json: bool,
    site: str | None,
    operator: tuple[str, ...],
    use: str | None,
    state: str | None,
    as_of: str | None,
    output: Path | None,
    templates: Path | None,
    db: str | None,
    config: Path | None,
    quiet: bool,
) -> None:
    """Read files that already know something into the inventory.

    Lines that cannot be read are named (file and line) and left out; everything else is kept.
    """
    settings = load_settings(config)
    readings = [open_source(file) for file in files]
    if dry_run:
        addresses = [_addresses_in(reading, quiet) for reading in readings]
        _tell(readings, addresses, as_json=as_json, quiet=quiet)
        sys.exit(_exit_code(readings))
    assessor = load_assessor(stakeholder(settings, operator, use, state, as_of))
    with open_inventory(db, settings, create=True, quiet=quiet) as inventory:
        manifest = Manifest(
            kind="import",
            version=__version__,
            command=shlex.join(["coverscan", *sys.argv[1:]]),
            operator_name=settings.text("name"),
            site=settings.text("site", site),
        )
        scan_id = _store(inventory, manifest, readings, quiet=quiet)
        _tell(readings, None, as_json=as_json, quiet=quiet)
        if not as_json or output is not None:
            document = document_of(inventory, scan_id, assessor)
            if not as_json:
                click.echo(summarize(document), nl=False)
            if output is not None:
                for path in write_document(document, output, templates=templates):
                    note(f"Written: {path}", quiet)
    sys.exit(_exit_code(readings))


def _store(inventory: Inventory, manifest: Manifest, readings: list[Reading], *, quiet: bool) -> int:
    """Read every file into a new import; what was read before an interruption stays, marked partial."""
    scan_id = inventory.begin_scan(manifest)
    status = "partial"
    try:
        with ScanWriter(inventory, scan_id) as writer:
            for reading in readings:
                _read_one(writer, reading, quiet=quiet)
        status = "complete" if all(reading.observations for reading in readings) else "partial"
    finally:
        counts = {
            "files": len(readings),
            "observations": sum(reading.observations for reading in readings),
            "lines not read": sum(reading.error_count for reading in readings),
        }
        inventory.finish_scan(scan_id, status, counts)
    return scan_id


def _read_one(writer: ScanWriter, reading: Reading, *, quiet: bool) -> None:
    with Progress(f"Reading {Path(reading.file).name}", None, quiet=quiet) as progress:
        for number, item in enumerate(reading, start=1):
            if isinstance(item, Observation):
                writer.observation(item)
            progress.advance(number, f"{reading.error_count} lines not read" if reading.error_count else "")
    writer.imported_file(
        ImportedFile(
            name=Path(reading.file).name,
            format=reading.format or "unknown",
            sha256=reading.sha256 or "",
            observations=reading.observations,
            bad_lines=reading.error_count,
            first_errors=tuple(str(error) for error in reading.errors[:_ERRORS_SHOWN]),
        )
    )


def _addresses_in(reading: Reading, quiet: bool) -> tuple[str, ...]:
    """Read to the end; the addresses in their order of appearance, each once, at most ``_ADDRESSES_KEPT``."""
    addresses: dict[str, None] = {}
    with Progress(f"Reading {Path(reading.file).name}", None, quiet=quiet) as progress:
        for number, item in enumerate(reading, start=1):
            if isinstance(item, Observation) and item.ip and len(addresses) < _ADDRESSES_KEPT:
                addresses.setdefault(item.ip)
            progress.advance(number)
    return tuple(addresses)


def _tell(readings: list[Reading], addresses: list[tuple[str, ...]] | None, *, as_json: bool, quiet: bool) -> None:
    """Say of each file what it was taken for, how much was read, which addresses, and which lines were not."""
    if as_json:
        rows = [
            {
                "file": reading.file,
                "format": reading.format,
                "observations": reading.observations,
                "addresses": addresses[number] if addresses else [],
                "errors": [{"line": error.line, "reason": error.reason} for error in reading.errors],
                **_columns(reading),
            }
            for number, reading in enumerate(readings)
        ]
        click.echo(msgspec.json.encode(rows).decode())
        return
    for reading in readings:
        for error in reading.errors[:_ERRORS_SHOWN]:
            click.echo(f"Error: {terminal_text(str(error))}", err=True)
        if reading.error_count > _ERRORS_SHOWN:
            click.echo(
                f"Error: … and {reading.error_count - _ERRORS_SHOWN} more in {terminal_text(reading.file)}",
                err=True,
            )
        kind = reading.format or "nothing known"
        note(
            terminal_text(
                f"{reading.file}: {kind}, {reading.observations} observations, {reading.error_count} not read"
            ),
            quiet,
        )
        if (mapping := reading.mapping) is not None:
            taken = [f"  {heading} -> {field}" for heading, field in mapping.columns.items()]
            taken += [f"  {heading}: not kept (secrets)" for heading in mapping.dropped]
            taken += [f"  {heading}: not used" for heading in mapping.ignored]
            for line in taken:
                note(terminal_text(line), quiet)


def _columns(reading: Reading) -> dict[str, object]:
    """What the columns of a table were taken for."""
    mapping = reading.mapping
    if mapping is None:
        return {}
    told = {
        "line": mapping.line,
        "fields": mapping.columns,
        "dropped": mapping.dropped,
        "ignored": mapping.ignored,
    }
    return {"columns": told}


def _exit_code(readings: list[Reading]) -> ExitCode:
    if not any(reading.observations for reading in readings):
        return ExitCode.INPUT_UNUSABLE
    return ExitCode.INCOMPLETE if any(reading.error_count for reading in readings) else ExitCode.DONE
