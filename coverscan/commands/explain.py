"""``coverscan explain``: the evidence chain of a device, as a person would tell it."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import click
import msgspec

from coverscan.exit_codes import ExitCode
from coverscan.explanation import Explanation, explain_address, explain_device
from coverscan.explanation_text import explanation_text
from coverscan.failures import Failure
from coverscan.knowledge import load_assessor
from coverscan.options import common_options, inventory_option, open_inventory, operator_options, stakeholder
from coverscan.settings import load_settings
from inventory.store import InventoryError

_EPILOG = """\b
Examples:
  coverscan explain 192.168.1.64
  coverscan explain 192.168.1.64:8081 --operator federal_prime_contractor
  coverscan explain 44:19:b6:00:00:01 --all | less
  coverscan explain 192.168.1.64 --scan 3 --json
"""


@click.command(epilog=_EPILOG)
@click.argument("what", metavar="ADDRESS|DEVICE")
@click.option(
    "--scan", "scan_id", type=int, metavar="N", help="In this scan (coverscan scans); default the newest."
)
@click.option("--all", "everything", is_flag=True, help="Every sign, every answer of the law, every probe.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object (docs/line-formats.md).")
@operator_options
@inventory_option
@common_options
def command(
    *,
    what: str,
    scan_id: int | None,
    everything: bool,
    as_json: bool,
    operator: tuple[str, ...],
    use: str | None,
    state: str | None,
    as_of: str | None,
    db: str | None,
    config: Path | None,
    quiet: bool,
) -> None:
    """Why a device is called what it is called: the signs, what speaks against it, what would settle it.

    ADDRESS may carry a port (192.168.1.64:8081). DEVICE is a MAC address, serial number or host name. An address
    without a device is explained too: nothing answered, nothing could be read, or nobody looked.
    """
    settings = load_settings(config)
    assessor = load_assessor(stakeholder(settings, operator, use, state, as_of))
    place = _place(what)
    found: Explanation | None
    with open_inventory(db, settings, create=False, quiet=quiet) as inventory:
        try:
            if place is not None:
                found = explain_address(inventory, assessor, *place, scan_id)
            else:
                found = explain_device(inventory, assessor, what, scan_id)
        except InventoryError as error:
            raise Failure(str(error), ExitCode.INPUT_UNUSABLE, "coverscan scans") from None
    if found is None:
        raise Failure(
            f"{what}: no address, and no device of that MAC address, serial number or host name is in the inventory",
            ExitCode.WRONG_USAGE,
            "coverscan report",
        )
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        click.echo(explanation_text(found, assessor.database, everything=everything), nl=False)


def _place(what: str) -> tuple[str, int | None] | None:
    """The address in its usual form, and the port, where ``what`` is one."""
    text, port = what.strip(), None
    head, colon, tail = text.rpartition(":")
    if colon and tail.isascii() and tail.isdigit() and (head.count(":") == 0 or head.endswith("]")):
        text, port = head, int(tail)
    try:
        return str(ipaddress.ip_address(text.strip("[]"))), port
    except ValueError:
        return None
