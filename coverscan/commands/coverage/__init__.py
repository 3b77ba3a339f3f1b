"""``coverscan coverage``: what the law says about a maker, for an operator, as of a date."""

from __future__ import annotations

import click

from coverscan.commands.coverage.ask import ask
from coverscan.commands.coverage.bundle import bundle
from coverscan.commands.coverage.lists import list_entities, operators, show, sources, timeline, uses
from coverscan.commands.coverage.refresh import refresh

_EPILOG = """\b
Examples:
  coverscan coverage ask hikvision --operator federal_prime_contractor
  coverscan coverage ask --file questions.yaml --json
  coverscan coverage show Dahua
  coverscan coverage timeline --as-of 2022-12-01
  coverscan coverage sources
"""


@click.group(epilog=_EPILOG)
def command() -> None:
    """What the law says about a maker, for you, as of a date. Not legal advice."""


for _verb in (ask, list_entities, show, timeline, sources, operators, uses, refresh, bundle):
    command.add_command(_verb)
