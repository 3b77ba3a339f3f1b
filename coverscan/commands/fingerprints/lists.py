"""``coverscan fingerprints list|show``: the entries for people to read."""

from __future__ import annotations

import click
import msgspec

from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from fingerprints.database_loader import Database, DatabaseError, load_database
from fingerprints.schema import Entry
from reports.terminal_text import terminal_text

_EPILOG = """\b
Examples:
  coverscan fingerprints list --maker Hikvision
  coverscan fingerprints list --family oui --json
"""
_SHOW_EPILOG = """\b
Examples:
  coverscan fingerprints show hikvision-http-server-app-webs
"""


@click.command("list", epilog=_EPILOG)
@click.option("--maker", help="Only those that name this manufacturer.")
@click.option("--family", help="Only those of this family of evidence.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a fingerprint.")
def list_entries(*, maker: str | None, family: str | None, as_json: bool) -> None:
    """List the fingerprints: id, weight, and what each rests on."""
    for entry in _database().entries:
        if family and entry.family != family:
            continue
        if maker and maker.casefold() not in {name.casefold() for name in _makers(entry)}:
            continue
        if as_json:
            click.echo(msgspec.json.encode(entry).decode())
        else:
            click.echo(terminal_text(f"{entry.id:48} {entry.weight:.2f}  {entry.description}"))


@click.command("show", epilog=_SHOW_EPILOG)
@click.argument("entry_id")
def show(entry_id: str) -> None:
    """Show one fingerprint as its file states it."""
    import yaml

    for entry in _database().entries:
        if entry.id == entry_id:
            raw = msgspec.to_builtins(entry)
            click.echo(yaml.safe_dump(raw, sort_keys=False, allow_unicode=True, width=100), nl=False)
            return
    raise Failure(f"no fingerprint called {entry_id}", ExitCode.WRONG_USAGE, "coverscan fingerprints list")


def _database() -> Database:
    try:
        return load_database()
    except DatabaseError as error:
        raise Failure(str(error)) from None


def _makers(entry: Entry) -> tuple[str, ...]:
    stated = entry.means.manufacturer
    single = (stated,) if isinstance(stated, str) else ()
    return single + tuple(entry.means.makers or ())
