"""``coverscan demo``: an emulated network on loopback, scanned and reported: the first minute."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from coverscan.commands.scan import ScanWish, decide, plan_new
from coverscan.demo.background import BackgroundNetwork
from coverscan.demo.comparison import compare
from coverscan.demo.layout import Layout, LayoutError
from coverscan.demo.network import DemoNetwork
from coverscan.ending import exit_code_of, summary_of
from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.knowledge import load_assessor
from coverscan.options import common_options, note, operator_options, stakeholder
from coverscan.report_run import document_of, write_document
from coverscan.scan_run import run_scan
from coverscan.settings import load_settings
from inventory.store import Inventory, InventoryError
from reports.text_summary import summarize
from scanner.ports import ranked_ports

_EPILOG = """\b
Examples:
  coverscan demo
  coverscan demo --output demo-report --operator federal_prime_contractor
  coverscan demo --layout one-address      (where 127.0.0.1 is the only loopback address)
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-report"),
    show_default=True,
    metavar="DIR",
    help="Folder for report.html, report.json, report.csv and the demo's own inventory.",
)
@click.option(
    "--layout",
    type=click.Choice([each.value for each in Layout]),
    help="Where the devices live; default: what fits.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON summary.")
@operator_options
@common_options
def command(
    *,
    output: Path,
    layout: str | None,
    as_json: bool,
    operator: tuple[str, ...],
    use: str | None,
    state: str | None,
    as_of: str | None,
    config: Path | None,
    quiet: bool,
) -> None:
    """Scan a network of emulated devices on this machine's loopback and write the report.

    The devices speak the real protocols over real sockets; half of them repeat what real devices said. Nothing
    leaves this machine.
    """
    settings = load_settings(config)
    assessor = load_assessor(stakeholder(settings, operator, use, state, as_of))
    try:
        plan = DemoNetwork.plan(layout=Layout(layout) if layout else None)
    except LayoutError as error:
        raise Failure(str(error), ExitCode.FAILED) from None
    note(f"{len(plan.placements)} emulated devices on loopback ({plan.layout.value}).", quiet)
    for remark in plan.notes:
        note(f"Note: {remark}", quiet)
    wish = ScanWish(
        targets=plan.targets,
        ports=ranked_ports(),
        profile="lan",
        thorough=True,
        kind="demo",
        site="Demonstration network",
        operator_name="coverscan demo",
    )
    scan_plan = plan_new(wish, decide(wish.targets, (), None))
    with _fresh_inventory(output) as inventory:
        with BackgroundNetwork(plan) as network:
            result = run_scan(scan_plan, inventory, assessor, quiet=quiet)
        document = document_of(inventory, result.scan_id, assessor)
        written = write_document(document, output)
    differences = compare(plan.expectations, document)
    violations = [str(violation) for violation in network.journal.violations()]
    if as_json:
        summary = {"v": 1, **summary_of(document, result), "differences": differences, "rules_broken": violations}
        click.echo(msgspec.json.encode(summary).decode())
    else:
        click.echo(summarize(document), nl=False)
        _tell(len(plan.placements), differences, violations)
        for path in written:
            click.echo(f"Written: {path}")
    if result.interrupted:
        sys.exit(ExitCode.INTERRUPTED)
    if differences or violations:
        sys.exit(ExitCode.FAILED)
    sys.exit(exit_code_of(document, result, fail_on_covered=False))


def _fresh_inventory(output: Path) -> Inventory:
    file = output / "demo.db"
    try:
        for leftover in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
            leftover.unlink(missing_ok=True)
        return Inventory.open(file)
    except OSError as error:
        raise Failure(f"{output}: cannot be written ({error.strerror})") from None
    except InventoryError as error:
        raise Failure(str(error)) from None


def _tell(devices: int, differences: list[str], violations: list[str]) -> None:
    """Hold the result against what the emulated devices really are, and against what they were asked."""
    click.echo(f"\nChecked against what the {devices} devices really are: ", nl=False)
    click.echo("all as expected." if not differences else f"{len(differences)} differences.")
    for difference in differences:
        click.echo(f"  {difference}")
    if violations:
        click.echo(f"The devices were asked what must not be asked: {len(violations)} times.")
        for violation in violations[:10]:
            click.echo(f"  {violation}")
    else:
        click.echo("No device saw a login, a password, a forbidden path or too many connections.")
