"""``coverscan config``: the configuration, and where each value comes from."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from coverscan.options import common_options
from coverscan.settings import SETTINGS, load_settings

_EPILOG = """\b
Example of a coverscan.toml:
  [operator]
  name = "Example County IT"
  operator = ["local_government"]
  use = "public_safety"
  state = "TX"
  [scan]
  profile = "gentle"
  exclude = ["10.0.9.0/24"]

\b
Examples:
  coverscan config show
  coverscan config show --config site.toml --json
"""


@click.group(epilog=_EPILOG)
def command() -> None:
    """Show the configuration and where each value comes from.

    Read are, in this order: the file (--config, else coverscan.toml here, else in your configuration folder),
    environment variables COVERSCAN_<KEY>, options.
    """


@command.command("show", epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@common_options
def show(*, as_json: bool, config: Path | None, quiet: bool) -> None:
    """Show every key, its value and its origin."""
    settings = load_settings(config)
    if as_json:
        values = {key: {"value": value.value, "from": value.origin} for key, value in settings.values.items()}
        click.echo(msgspec.json.encode({"v": 1, "file": str(settings.file or ""), "settings": values}).decode())
        return
    for setting in SETTINGS:
        value = settings.values[setting.key]
        shown = ", ".join(value.value) if isinstance(value.value, tuple) else value.value
        name = f"[{setting.table}] {setting.key}" if setting.table else setting.key
        click.echo(f"{name:26} {shown or '-'}")
        click.echo(f"{'':26} {setting.meaning} (from {value.origin})")
