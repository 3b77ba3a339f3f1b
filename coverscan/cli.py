"""The entry point: one verb a module in ``coverscan.commands``, imported only when that verb is used."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from coverscan import __version__
from coverscan.exit_codes import ExitCode

VERBS = {
    "demo": ("demo", "An emulated network on loopback, scanned and reported: the first minute."),
    "scan": ("scan", "Find and identify equipment on your own network."),
    "import": ("import_files", "Read what is already known: a Shodan download, observation lines."),
    "shodan": ("shodan", "Ask Shodan about your own public addresses."),
    "identify": ("identify", "Observations in, identifications out; no database."),
    "explain": ("explain", "Why a device is called what it is called, and what would settle it."),
    "report": ("report", "Write report.html, report.json and report.csv from the inventory."),
    "scans": ("scans", "List the scans and imports in the inventory."),
    "coverage": ("coverage", "What the law says about a maker, for you, as of a date."),
    "models": ("models", "What a model number says: class, form factor, resolution, channels, PoE ports."),
    "fingerprints": ("fingerprints", "List, show, draft, lint and test the fingerprint database."),
    "config": ("config", "Show the configuration and where each value comes from."),
}
"""Each verb: its module in ``coverscan.commands``, and its line in ``coverscan --help``."""

_EPILOG = """\b
Examples:
  coverscan demo --output demo-report
  coverscan scan 192.168.1.0/24 --operator federal_prime_contractor --output report
  coverscan import shodan-download.json.gz && coverscan report --output report

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 covered equipment found (--fail-on covered),
4 incomplete, 5 refused by scope, 6 input unusable, 130 interrupted (can be resumed)."""


class LazyVerbs(click.Group):
    """A group that imports a verb's module when the verb is called, so that ``--help`` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order of a first tour."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, from its module's ``command``."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"coverscan.commands.{VERBS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs for ``--help``, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in VERBS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; Ctrl-C anywhere ends with exit code 130."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(int(ExitCode.INTERRUPTED))


@click.group(cls=LazyVerbs, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="coverscan")
def main() -> None:
    """Find equipment of covered vendors on networks that you own, or in Shodan data.

    coverscan says who really made each device and how sure that is, what the FCC Covered List (Secure Equipment
    Act) and Section 889 say about it, and what to look at first. It only looks: no logins, no passwords, no
    exploits, and no data leaves this machine.
    """


if __name__ == "__main__":
    sys.exit(main())
