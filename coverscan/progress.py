"""Progress of long work on stderr: one line with an estimate of the time left, and silence when piped."""

from __future__ import annotations

import sys
import time
from typing import TextIO

import click

from reports.terminal_text import terminal_text

_SECONDS_BETWEEN_LINES = 0.2


class Progress:
    """A line that is rewritten as work goes on, on a terminal only; gone when the work is done."""

    def __init__(self, what: str, total: int | None, *, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._what = what
        self._total = total
        self._stream = stream or sys.stderr
        self._shown = not quiet and self._stream.isatty()
        self._started = time.monotonic()
        self._last = 0.0
        self._done = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()

    def advance(self, done: int, note: str = "") -> None:
        """Say how much is done by now, and what was found so far."""
        self._done = done
        now = time.monotonic()
        if not self._shown or now - self._last < _SECONDS_BETWEEN_LINES:
            return
        self._last = now
        width, _ = _terminal_size()
        self._stream.write("\r\x1b[2K" + terminal_text(self.line(now - self._started, note))[: width - 1])
        self._stream.flush()

    def say(self, text: str) -> None:
        """Print a whole line above the progress line (terminal only)."""
        if self._shown:
            self._stream.write("\r\x1b[2K")
            click.echo(text, file=self._stream)

    def line(self, elapsed: float, note: str = "") -> str:
        """The text of the progress line after ``elapsed`` seconds."""
        parts = [self._what]
        if self._total:
            parts.append(f"{self._done}/{self._total} ({100 * self._done // self._total} %)")
            if self._done and elapsed > 1:
                parts.append(f"{duration(elapsed * (self._total - self._done) / self._done)} left")
        else:
            parts.append(str(self._done))
        return "  ".join([*parts, note] if note else parts)


def duration(seconds: float) -> str:
    """Seconds in the two largest units: ``3 min 20 s``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _terminal_size() -> tuple[int, int]:
    import shutil

    size = shutil.get_terminal_size()
    return size.columns, size.lines
