"""Observations from a file or standard input, for the verbs that try fingerprints on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from fingerprints.observation import Observation
from scanner.sources.decompression import decompressed
from scanner.sources.observation_lines import read_observations
from scanner.sources.reading import BadLine
from scanner.sources.text_lines import as_utf8

_READ_BYTES = 262_144


def file_observations(file: Path, bad: list[str]) -> Iterator[Observation]:
    """The observations of a file, streamed; what could not be read is added to ``bad``."""
    try:
        with file.open("rb") as stream:
            chunks = as_utf8(decompressed(iter(lambda: stream.read(_READ_BYTES), b"")))
            for item in read_observations(chunks, str(file)):
                if isinstance(item, BadLine):
                    bad.append(str(item))
                else:
                    yield item
    except OSError as error:
        raise Failure(f"{file}: cannot be read ({error.strerror})", ExitCode.INPUT_UNUSABLE) from None
