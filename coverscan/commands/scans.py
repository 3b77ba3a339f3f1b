"""``coverscan scans``: what is in the inventory."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from coverscan.options import common_options, inventory_option, open_inventory
from coverscan.settings import load_settings
from reports.terminal_text import terminal_text

_EPILOG = """\b
Examples:
  coverscan scans
  coverscan scans --json --db site.db
"""


@click.command(epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="One line a scan.")
@inventory_option
@common_options
def command(*, as_json: bool, db: str | None, config: Path | None, quiet: bool) -> None:
    """List the scans and imports in the inventory, oldest first."""
    with open_inventory(db, load_settings(config), create=False, quiet=quiet) as inventory:
        for record in inventory.scans():
            if as_json:
                click.echo(msgspec.json.encode(record).decode())
                continue
            what = " ".join(record.manifest.targets) or "files"
            line = f"{record.id:4}  {record.started_at[:19]}Z  {record.manifest.kind:6}  {record.status:8}  {what}"
            click.echo(terminal_text(line)[:200])
