"""``coverscan coverage refresh``: renew "not listed" from an official list in a file, and see what moved."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
import msgspec

from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.law_store import current_law, forget_refreshes, keep_refreshes
from regulations.knowledge import Knowledge, KnowledgeError
from regulations.list_refresh import ListRefresh, compare, refreshed
from regulations.screening_files import ScreeningFile, ScreeningFileError, read_screening_file
from reports.terminal_text import terminal_text

_EPILOG = """\b
Files: the Consolidated Screening List of trade.gov (CSV or JSON), OFAC's sdn.xml, consolidated.xml, sdn.csv,
cons_prim.csv. Download them yourself; coverscan fetches nothing.

\b
Examples:
  coverscan coverage refresh consolidated.csv --dated 2026-11-20 --dry-run
  coverscan coverage refresh sdn.xml
  coverscan coverage refresh --forget
"""


@click.command("refresh", epilog=_EPILOG)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--dated", metavar="DATE", help="Day of the list, where the file does not state it (YYYY-MM-DD).")
@click.option("--dry-run", is_flag=True, help="Show what moved; keep nothing.")
@click.option("--partial", is_flag=True, help="Take it over although much that is known is missing in it.")
@click.option("--forget", is_flag=True, help="Go back to the lists of the knowledge base.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, an object a list.")
def refresh(
    *, file: Path | None, dated: str | None, dry_run: bool, partial: bool, forget: bool, as_json: bool
) -> None:
    """What an official list in FILE says of the makers that are known here; names are compared exactly."""
    if forget or file is None:
        if not forget or file is not None:
            raise Failure("give a FILE, or --forget", ExitCode.WRONG_USAGE, "coverscan coverage refresh --help")
        click.echo("Forgotten." if forget_refreshes() else "No list was refreshed.")
        return
    law = current_law()
    try:
        read = read_screening_file(file)
    except ScreeningFileError as error:
        raise Failure(f"{file}: {error}", ExitCode.INPUT_UNUSABLE) from None
    found = compare(law, read, _day(file, read, dated))
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        click.echo(
            terminal_text(
                f"{read.form}, {len(read.names)} entries of lists that are known here. {read.note or ''}"
            )
        )
        for one in found:
            _say(law, one)
    if not dry_run:
        _keep(law, file, found, partial=partial)


def _keep(law: Knowledge, file: Path, found: tuple[ListRefresh, ...], *, partial: bool) -> None:
    missing = [one.list for one in found if one.looks_partial]
    if missing and not partial:
        raise Failure(
            f"{file}: much that is known is missing in {', '.join(missing)}; is it the whole list? Nothing was kept",
            ExitCode.INPUT_UNUSABLE,
            "--partial, if that is meant",
        )
    older = [one.list for one in found if one.day <= law.lists[one.list].last_seen]
    newer = [one for one in found if one.list not in older]
    if older:
        click.echo(f"Not newer than what is here, left aside: {', '.join(older)}.", err=True)
    if newer:
        try:
            refreshed(law, newer)
        except KnowledgeError as error:
            raise Failure(f"{file}: {error}", ExitCode.INPUT_UNUSABLE) from None
        click.echo(terminal_text(f"Kept in {keep_refreshes(newer)}."), err=True)


def _day(file: Path, read: ScreeningFile, dated: str | None) -> dt.date:
    today = dt.datetime.now(dt.UTC).date()
    try:
        day = dt.date.fromisoformat(dated) if dated else read.dated
    except ValueError:
        raise Failure(f"--dated {dated}: not a day such as 2026-11-24", ExitCode.WRONG_USAGE) from None
    if day is None:
        raise Failure(f"{file}: does not state its day", ExitCode.WRONG_USAGE, "--dated 2026-11-24")
    if day > today:
        raise Failure(f"{file}: {day} lies ahead", ExitCode.WRONG_USAGE)
    return day


def _say(law: Knowledge, one: ListRefresh) -> None:
    lines = [
        f"{law.lists[one.list].name} of {one.day}: {one.entries} entries; last read here {law.lists[one.list].last_seen}"
    ]
    lines += [f"  still listed  {law.entities[hit.entity].name} (as {hit.name})" for hit in one.still]
    lines += [
        f"  NEW           {law.entities[hit.entity].name} (as {hit.name}){_since(hit.since)}" for hit in one.new
    ]
    lines += [f"  NOT FOUND     {law.entities[key].name}: stood there; look it up by hand" for key in one.gone]
    lines += [
        f"  compare       {law.entities[hit.entity].name}: an entry is called {hit.name}; only an address tells"
        for hit in one.to_check
    ]
    for line in lines:
        click.echo(terminal_text(line))


def _since(day: dt.date | None) -> str:
    return f" since {day}" if day else ""
