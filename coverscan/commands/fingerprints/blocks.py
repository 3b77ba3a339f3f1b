"""``coverscan fingerprints update-blocks``: a newer list of hardware blocks, from the IEEE's own files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from fingerprints.hardware_block_files import BlockFile, merged_blocks, read_block_file, write_blocks
from fingerprints.hardware_blocks import SHIPPED_BLOCKS, BlocksError, hardware_blocks, read_blocks, user_blocks
from reports.terminal_text import terminal_text

_EPILOG = """\b
Files: oui.csv, mam.csv, oui36.csv and iab.csv of standards-oui.ieee.org (or the same as .txt), or Wireshark's manuf.
Download them yourself; coverscan fetches nothing.

\b
Examples:
  coverscan fingerprints update-blocks oui.csv mam.csv oui36.csv
  coverscan fingerprints update-blocks oui.csv --dated 2026-11-20
"""


@click.command("update-blocks", epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--dated", metavar="DATE", help="Day of the files (YYYY-MM-DD); default when they were last changed."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the list there instead of into your data folder.",
)
def update_blocks(*, files: tuple[Path, ...], dated: str | None, output: Path | None) -> None:
    """Read who was assigned which hardware (MAC) addresses from FILES, and use that from now on.

    Blocks that FILES do not name stay as they are known. A file with a line that cannot be read is refused.
    """
    try:
        read = [read_block_file(file) for file in files]
        day = _day(dated, read)
        known = hardware_blocks()
        before = known.blocks()
        blocks = merged_blocks(read, before)
        names = ", ".join(f"{file.name} ({len(file.blocks):,} blocks)" for file in read)
        target = output or user_blocks()
        write_blocks(target, blocks, day, f"{names}; the rest from the list of {known.dated}")
    except BlocksError as error:
        raise Failure(str(error), ExitCode.INPUT_UNUSABLE) from None
    click.echo(terminal_text(f"Read: {names}"))
    click.echo(f"{len(blocks):,} blocks as of {day}, {len(blocks) - len(before):,} of them new")
    click.echo(terminal_text(f"Written: {target}"))
    shipped = read_blocks(SHIPPED_BLOCKS).dated
    if output is None and day < shipped:
        click.echo(
            f"Not used: coverscan brings a list of {shipped}, which is newer. Say --dated if the files are."
        )


def _day(dated: str | None, read: list[BlockFile]) -> str:
    """The day as stated, else the oldest of the files' own."""
    if dated is None:
        return min(file.changed for file in read)
    try:
        day = dt.date.fromisoformat(dated)
    except ValueError:
        raise Failure(f"--dated {dated}: not a day such as 2026-11-20", ExitCode.WRONG_USAGE) from None
    if day > dt.datetime.now(dt.UTC).date():
        raise Failure(f"--dated {dated}: lies ahead", ExitCode.WRONG_USAGE)
    return day.isoformat()
