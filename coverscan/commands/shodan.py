"""``coverscan shodan``: ask Shodan, through its official package, about one's own public addresses."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from coverscan import __version__
from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.knowledge import load_assessor
from coverscan.options import common_options, inventory_option, note, open_inventory, stakeholder
from coverscan.report_run import document_of
from coverscan.settings import load_settings
from fingerprints.observation import Observation
from inventory.manifest import Manifest
from inventory.scan_writer import ScanWriter
from inventory.store import Inventory
from reports.text_summary import summarize
from scanner.sources.shodan_api import Problem, ShodanApi, ShodanError
from scanner.sources.shodan_key import find_key

_EPILOG = """\b
The key is taken from the environment variable SHODAN_API_KEY, the keyring, or the shodan package's own file. It is
never printed, logged or stored.

\b
Examples:
  coverscan shodan count 'net:203.0.113.0/24'
  coverscan shodan search 'net:203.0.113.0/24' --pages 2
  coverscan shodan host 203.0.113.9
"""
_UNUSABLE = (Problem.BAD_KEY, Problem.BAD_QUERY, Problem.NO_PLAN)


@click.group(epilog=_EPILOG)
def command() -> None:
    """Ask Shodan about your own public addresses; what it returns goes into the inventory."""


@command.command("count", epilog=_EPILOG)
@click.argument("query")
@click.option(
    "--facet", multiple=True, metavar="NAME[:N]", help="Also the top N values of this facet, such as country:10."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def count(*, query: str, facet: tuple[str, ...], as_json: bool) -> None:
    """How many banners match QUERY; costs nothing. Banners are neither addresses nor devices."""
    with _told():
        found = _api().count(query, [_facet(text) for text in facet])
    if as_json:
        click.echo(
            msgspec.json.encode({"v": 1, "query": query, "total": found.total, "facets": found.facets}).decode()
        )
        return
    click.echo(f"{found.total} banners")
    for name, values in found.facets.items():
        for value, number in values:
            click.echo(f"  {name:12} {number:10}  {value}")


@command.command("search", epilog=_EPILOG)
@click.argument("query")
@click.option(
    "--pages", type=click.IntRange(1), default=1, show_default=True, help="At most so many pages of 100."
)
@click.option("--yes", is_flag=True, help="Do not ask before credits are spent.")
@inventory_option
@common_options
def search(*, query: str, pages: int, yes: bool, db: str | None, config: Path | None, quiet: bool) -> None:
    """Fetch what Shodan holds on QUERY into the inventory. A page costs a credit; it says how many first."""
    with _told():
        api = _api()
        before = api.preflight(query, pages)
    left = "unlimited" if before.credits_left is None else str(before.credits_left)
    note(
        f"{before.total} banners; {before.pages} pages cost {before.credits_needed} credits, {left} left.",
        quiet=False,
    )
    if not before.affordable:
        raise Failure("not enough query credits", ExitCode.FAILED, "coverscan shodan search … --pages 1")
    if before.credits_needed and not yes and not click.confirm("Spend them?", err=True):
        sys.exit(ExitCode.DONE)
    pages_of = api.search(query, max_pages=pages)
    _keep((observation for page in pages_of for observation in page.observations), db, config, quiet)


@command.command("host", epilog=_EPILOG)
@click.argument("ip")
@inventory_option
@common_options
def host(*, ip: str, db: str | None, config: Path | None, quiet: bool) -> None:
    """Fetch what Shodan holds on one address into the inventory; costs nothing."""
    with _told():
        found = _api().host(ip)
    _keep(iter(found), db, config, quiet)


def _keep(observations: Iterator[Observation], db: str | None, config: Path | None, quiet: bool) -> None:
    """Store observations as they come; what came before a failure is kept."""
    settings = load_settings(config)
    assessor = load_assessor(stakeholder(settings, (), None, None, None))
    with open_inventory(db, settings, create=True, quiet=quiet) as inventory:
        manifest = Manifest(kind="import", version=__version__, command=shlex.join(["coverscan", *sys.argv[1:]]))
        scan_id = inventory.begin_scan(manifest)
        with _finishing(inventory, scan_id), _told(), ScanWriter(inventory, scan_id) as writer:
            for observation in observations:
                writer.observation(observation)
        click.echo(summarize(document_of(inventory, scan_id, assessor)), nl=False)


@contextlib.contextmanager
def _finishing(inventory: Inventory, scan_id: int) -> Iterator[None]:
    status = "partial"
    try:
        yield
        status = "complete"
    finally:
        inventory.finish_scan(scan_id, status, {})


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Shodan's refusals as one clear line: unusable key or query (exit 6), everything else incomplete (exit 4)."""
    try:
        yield
    except ShodanError as error:
        code = ExitCode.INPUT_UNUSABLE if error.problem in _UNUSABLE else ExitCode.INCOMPLETE
        raise Failure(str(error), code) from None


def _api() -> ShodanApi:
    key = find_key(os.environ, Path.home())
    if key is None:
        raise Failure(
            "no Shodan API key found",
            ExitCode.INPUT_UNUSABLE,
            "export SHODAN_API_KEY=… (your account page shows it)",
        )
    return ShodanApi(key, base_url=os.environ.get("SHODAN_API_URL") or None)


def _facet(text: str) -> tuple[str, int]:
    name, _, number = text.partition(":")
    if number and not number.isdigit():
        raise Failure(f"--facet {text}: not of the form country:10", ExitCode.WRONG_USAGE)
    return name, int(number or 10)
