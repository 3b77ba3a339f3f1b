from __future__ import annotations

import hashlib
import io

from fingerprints.observation import Observation
from scanner.sources.reading import BadLine, HashedFile, Reading


def test_a_bad_line_names_its_file_and_line() -> None:
    assert str(BadLine(7, "not JSON", "a.json")) == "a.json, line 7: not JSON"
    assert str(BadLine(None, "the file is empty", "a.json")) == "a.json: the file is empty"


def test_what_a_reader_leaves_is_hashed_too() -> None:
    content = b"x" * 1_000_000
    source = HashedFile(io.BytesIO(content))
    first = next(source.chunks())
    assert len(first) < len(content)
    assert source.finish() == hashlib.sha256(content).hexdigest()
    assert source.size == len(content)


def test_the_file_is_closed_when_reading_stops_early() -> None:
    stream = io.BytesIO(b"content")
    reading = Reading("f", "shodan", lambda: (iter([Observation(source="x")] * 3), HashedFile(stream)))
    items = iter(reading)
    next(items)
    items.close()  # type: ignore[attr-defined]
    assert stream.closed
    assert (reading.observations, reading.sha256) == (1, None)
