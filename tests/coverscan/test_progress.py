from __future__ import annotations

import io

import pytest

from coverscan.progress import Progress, duration


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"), (7380, "2 h 3 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_line_tells_how_much_is_done_and_how_long_it_still_takes() -> None:
    progress = Progress("Scanning", 200, stream=Terminal())
    progress.advance(50)
    assert progress.line(30.0, "3 devices") == "Scanning  50/200 (25 %)  1 min 30 s left  3 devices"


def test_without_a_total_only_the_count_is_told() -> None:
    progress = Progress("Reading", None, stream=Terminal())
    progress.advance(7)
    assert progress.line(30.0) == "Reading  7"


def test_nothing_is_written_when_piped_or_quiet() -> None:
    pipe, terminal = io.StringIO(), Terminal()
    for stream, quiet in ((pipe, False), (terminal, True)):
        with Progress("Scanning", 2, quiet=quiet, stream=stream) as progress:
            progress.advance(1)
        assert stream.getvalue() == ""


def test_the_line_vanishes_at_the_end_and_carries_no_escape_from_outside() -> None:
    terminal = Terminal()
    with Progress("Scanning", 2, stream=terminal) as progress:
        progress.advance(1, "\x1b]0;pwned\x07")
    written = terminal.getvalue()
    assert written.endswith("\r\x1b[2K")
    assert "\x1b]" not in written
    assert "\x07" not in written
