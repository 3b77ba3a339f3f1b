"""What every reader of an outside file gives: observations and bad lines in the file's order, and a tally."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec

from fingerprints.observation import Observation
from scanner.sources.inventory_columns import ColumnMapping

_READ_BYTES = 262_144
MAX_ERRORS_KEPT = 1_000


class BadLine(msgspec.Struct, frozen=True):
    """A line (or object, by its first line) that gave no observation, and why; line None stands for the file."""

    line: int | None
    reason: str
    file: str = ""

    def __str__(self) -> str:
        return (
            f"{self.file}: {self.reason}" if self.line is None else f"{self.file}, line {self.line}: {self.reason}"
        )


Item = Observation | BadLine


class HashedFile:
    """The bytes of an open file, hashed as they are read. Standard input is left open."""

    def __init__(self, stream: BinaryIO, *, leave_open: bool = False) -> None:
        self._stream = stream
        self._leave_open = leave_open
        self._sha256 = hashlib.sha256()
        self.size = 0

    def chunks(self) -> Iterator[bytes]:
        """The rest of the file, piece by piece. Raises ``OSError``."""
        # read1 hands on what a pipe holds already instead of waiting for more.
        read = getattr(self._stream, "read1", self._stream.read)
        while piece := read(_READ_BYTES):
            self._sha256.update(piece)
            self.size += len(piece)
            yield piece

    def finish(self) -> str:
        """Read and hash what a reader left, close, and give the SHA-256 of the whole file in hex."""
        for _ in self.chunks():
            pass
        self.close()
        return self._sha256.hexdigest()

    def close(self) -> None:
        """Close without reading on."""
        if not self._leave_open:
            self._stream.close()


class Reading:
    """One input being read. Iterate once, for its observations and bad lines; then the tally is complete.

    ``format`` is what the content was recognised as, None where it is nothing known; ``readable`` whether this
    version has a reader for it. ``errors`` keeps the first thousand of ``error_count``. ``sha256`` and ``size`` are
    of the file as it lies on the disk, and known when everything has been read. ``mapping`` is what the columns of a
    table were taken for, known from the first item on. ``start`` opens the input when its
    turn comes.
    """

    def __init__(
        self,
        file: str,
        format: str | None,
        start: Callable[[], tuple[Iterator[Item | ColumnMapping], HashedFile | None]],
        *,
        readable: bool = True,
    ) -> None:
        self.file = file
        self.format = format
        self.readable = readable
        self.observations = 0
        self.error_count = 0
        self.errors: list[BadLine] = []
        self.sha256: str | None = None
        self.size: int | None = None
        self.mapping: ColumnMapping | None = None
        self._start = start

    def __iter__(self) -> Iterator[Item]:
        source: HashedFile | None = None
        try:
            items, source = self._start()
            for item in items:
                if isinstance(item, ColumnMapping):
                    self.mapping = item
                    continue
                self._count(item)
                yield item
            if source is not None:
                self.sha256 = source.finish()
                self.size = source.size
        except OSError as error:
            problem = BadLine(None, f"reading failed: {error.strerror or error}", self.file)
            self._count(problem)
            yield problem
        finally:
            if source is not None:
                source.close()

    def _count(self, item: Item) -> None:
        if isinstance(item, Observation):
            self.observations += 1
            return
        self.error_count += 1
        if len(self.errors) < MAX_ERRORS_KEPT:
            self.errors.append(item)
