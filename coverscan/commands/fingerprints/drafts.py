"""``coverscan fingerprints new``: from a pasted observation to a file of entries that runs."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import click

from coverscan.commands.fingerprints.observation_files import file_observations
from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.options import note
from fingerprints.database_loader import Database, DatabaseError, load_database
from fingerprints.new_entry import PLACEHOLDER_MAKER, NothingTelling, draft, stem_problem
from fingerprints.observation import Observation, bounded_fields
from fingerprints.schema import did_you_mean
from scanner.probes.http_message import title_of
from scanner.sources.observation_lines import read_observations
from scanner.sources.reading import BadLine
from scanner.sources.reply_text import http_fields, parse_reply, rtsp_fields, sip_fields, ssdp_fields

_MAX_PASTE = 1_048_576
_EPILOG = """\b
Examples:
  coverscan fingerprints new my-camera.yaml --from observation.jsonl
  coverscan fingerprints new my-camera.yaml --maker Vivotek < banner.txt
  curl -si http://192.168.1.64/ | coverscan fingerprints new my-camera.yaml
"""


@click.command("new", epilog=_EPILOG)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.yaml")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="OBSERVATION",
    help="File with one observation line; default standard input, which may also be a pasted reply.",
)
@click.option("--maker", metavar="NAME", help="Who made it, as in `coverscan coverage` and the reports.")
def new(*, file: Path, source: Path | None, maker: str | None) -> None:
    """Draft a file of entries about one device, with that device as their example.

    Addresses and serial numbers are made anonymous. What remains to be written is the maker, unless --maker says it;
    then read every line. An existing FILE is left alone.
    """
    problem = stem_problem(file.stem) if file.suffix == ".yaml" else "must end in .yaml"
    if problem:
        raise Failure(f"{file}: the name {problem}", ExitCode.WRONG_USAGE)
    if file.exists():
        raise Failure(f"{file}: is there already, and is not overwritten", ExitCode.WRONG_USAGE)
    database = _database()
    known = _maker(maker, database)
    observation = _observation(source)
    try:
        made = draft(observation, file.stem, known, dt.datetime.now(dt.UTC).date())
    except NothingTelling as error:
        raise Failure(f"nothing in it tells a maker: {error}", ExitCode.INPUT_UNUSABLE) from None
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(made.text)
    except OSError as error:
        raise Failure(f"{file}: cannot be written ({error.strerror})") from None
    for reason in made.left_out:
        note(f"Left out: {reason}", quiet=False)
    click.echo(f"Written: {file} ({made.entries} entries)")
    if known is None:
        click.echo(
            f"Now write who made the device in the place of {PLACEHOLDER_MAKER} (line 2), and read every line."
        )
    click.echo(f"Then: coverscan fingerprints test {file}")


def _maker(name: str | None, database: Database) -> str | None:
    if name is None:
        return None
    known = database.manufacturer_name(name)
    if known is None:
        hint = did_you_mean(name, list(database.manufacturers))
        raise Failure(
            f"--maker {name}: no such manufacturer{hint}. One that is new goes into manufacturers.yaml first",
            ExitCode.WRONG_USAGE,
        )
    return known


def _observation(source: Path | None) -> Observation:
    """The first observation of the file or of standard input; a pasted reply is read as one."""
    if source is not None:
        bad: list[str] = []
        found = next(file_observations(source, bad), None)
        if found is None:
            raise Failure(f"{source}: {bad[0] if bad else 'holds no observation'}", ExitCode.INPUT_UNUSABLE)
        return found
    pasted = sys.stdin.buffer.read(_MAX_PASTE)
    if pasted.lstrip().startswith(b"{"):
        for item in read_observations(iter([pasted]), "standard input"):
            if isinstance(item, BadLine):
                raise Failure(str(item), ExitCode.INPUT_UNUSABLE)
            return item
    text = pasted.decode("utf-8", "replace")
    if not text.strip():
        raise Failure(
            "standard input: empty; paste an observation line or what the device said", ExitCode.INPUT_UNUSABLE
        )
    return Observation(source="pasted", fields=bounded_fields(_reply_fields(text)))


def _reply_fields(text: str) -> dict[str, object]:
    reply = parse_reply(text)
    if reply is None:
        return {"banner.raw": text}
    if reply.protocol == "RTSP":
        return dict(rtsp_fields(text))
    if reply.protocol == "SIP":
        return sip_fields(reply)
    if reply.head.first("usn") or reply.head.first("st"):
        return ssdp_fields(reply)
    body = {"http.body": reply.rest, "http.title": title_of(reply.rest)} if reply.rest.strip() else {}
    return {**http_fields(reply), **body}


def _database() -> Database:
    try:
        return load_database()
    except DatabaseError as error:
        raise Failure(str(error)) from None
