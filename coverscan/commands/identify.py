"""``coverscan identify``: observations in, identifications out, one line each, no database."""

from __future__ import annotations

import gc
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click
import msgspec

from coverscan.assess import Assessor
from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.identification_text import identification_text
from coverscan.knowledge import load_assessor
from coverscan.options import common_options, note, stakeholder
from coverscan.settings import load_settings
from fingerprints.database_loader import DATABASE_FOLDER, Database, read_database
from fingerprints.identification import IdentificationLine
from fingerprints.identify import identify_observation
from fingerprints.matcher import Matcher
from fingerprints.observation import Observation
from scanner.sources.decompression import decompressed
from scanner.sources.observation_lines import read_observations
from scanner.sources.reading import BadLine
from scanner.sources.text_lines import as_utf8

_READ_BYTES = 262_144
_FEW_COLLECTIONS = 50_000
_EPILOG = """\b
Examples:
  coverscan identify observations.jsonl
  coverscan identify --json observations.jsonl > identifications.jsonl
  echo '{"v":1,"source":"me","port":80,"fields":{"http.server":"App-webs/"}}' | coverscan identify --explain
"""


@click.command(epilog=_EPILOG)
@click.argument("file", default="-", metavar="[FILE|-]")
@click.option("--json", "as_json", is_flag=True, help="One identification line for each input line, in order.")
@click.option("--explain", is_flag=True, help="Show the evidence of each identification.")
@click.option(
    "--extra",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="ENTRIES.yaml",
    help="Fingerprints of your own, used beside the database; may be repeated.",
)
@common_options
def command(
    *, file: str, as_json: bool, explain: bool, extra: tuple[Path, ...], config: Path | None, quiet: bool
) -> None:
    """Identify single observations (JSON lines) without joining or storing them.

    Each input line gives exactly one line out. A line that cannot be read gives an identification without a
    maker, an error on stderr that names it, and exit code 4.
    """
    assessor = load_assessor(stakeholder(load_settings(config), (), None, None, None))
    if extra:
        assessor = Assessor(_with_extra(extra), assessor.law, assessor.stakeholder)
    line_of = LineMaker(assessor)
    gc.freeze()  # the databases stay, and lines make no cycles: looking for such costs a tenth of the run
    gc.set_threshold(_FEW_COLLECTIONS)
    encode = msgspec.json.Encoder().encode
    bad = 0
    out = sys.stdout.buffer
    for item in _items(file):
        if isinstance(item, BadLine):
            bad += 1
            note(f"Error: {item}", quiet=False)
            line = IdentificationLine()
        else:
            line = line_of(item)
        if as_json:
            out.write(encode(line) + b"\n")
        else:
            out.write((identification_text(line, explain=explain) + "\n").encode())
    out.flush()
    if bad:
        sys.exit(ExitCode.INCOMPLETE)


def _with_extra(files: tuple[Path, ...]) -> Database:
    database, problems = read_database(DATABASE_FOLDER, extra=files)
    if problems:
        named = [problem for problem in problems if problem.file in {file.name for file in files}] or problems
        raise Failure(str(named[0]), ExitCode.INPUT_UNUSABLE, f"coverscan fingerprints lint {files[0]}")
    return database


class LineMaker:
    """Makes the public identification line of one observation after the other."""

    def __init__(self, assessor: Assessor) -> None:
        self._matcher = Matcher(assessor.database)
        self._assessor = assessor
        self._covered: dict[tuple[str | None, tuple[str, ...]], str] = {}

    def __call__(self, observation: Observation) -> IdentificationLine:
        """The line of ``observation``."""
        found = identify_observation(observation, self._matcher)
        maker = found.manufacturer, found.manufacturer_candidates
        covered = self._covered.get(maker)
        if covered is None:  # the law is asked once for each maker: they are few, and the day does not change
            covered = self._covered[maker] = self._assessor.covered(found)
        return IdentificationLine(
            manufacturer=found.manufacturer,
            manufacturer_candidates=found.manufacturer_candidates,
            brand=found.brand,
            class_=found.class_,
            model=found.model,
            firmware=found.firmware,
            firmware_date=found.firmware_date,
            serial=found.serial,
            confidence=found.confidence,
            evidence=found.evidence,
            conflicts=found.conflicts,
            tags=found.tags,
            id=observation.id,
            covered=covered,
        )


def _items(file: str) -> Iterator[Observation | BadLine]:
    """The input's observations and bad lines, streamed: a line typed at a terminal is answered at once."""
    if file == "-":
        typed = cast(io.BufferedReader, sys.stdin.buffer)
        yield from read_observations(iter(lambda: typed.read1(_READ_BYTES), b""), "standard input")
        return
    try:
        with Path(file).open("rb") as stream:
            chunks = as_utf8(decompressed(iter(lambda: stream.read(_READ_BYTES), b"")))
            yield from read_observations(chunks, file)
    except OSError as error:
        raise Failure(f"{file}: cannot be read ({error.strerror})", ExitCode.INPUT_UNUSABLE) from None
