"""``coverscan fingerprints``: the database, for whoever reviews or extends it."""

from __future__ import annotations

import click

from coverscan.commands.fingerprints.blocks import update_blocks
from coverscan.commands.fingerprints.checks import lint, test
from coverscan.commands.fingerprints.drafts import new
from coverscan.commands.fingerprints.lists import list_entries, show

_EPILOG = """\b
Examples:
  coverscan fingerprints list --maker Hikvision
  coverscan fingerprints new my-camera.yaml --from observation.jsonl
  coverscan fingerprints test my-camera.yaml
"""


@click.group(epilog=_EPILOG)
def command() -> None:
    """List, show, draft, lint and test the fingerprint database."""


for _verb in (list_entries, show, new, lint, test, update_blocks):
    command.add_command(_verb)
