"""How a probe reads a stream: piece by piece into a reader that says when it has enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from scanner.outcome import Status
from scanner.wire import ConversationFailed, Stream

MAX_BANNER_BYTES = 512
"""How much is kept of what another protocol says."""


class Ending(NamedTuple):
    """Why reading stopped: SUCCESS (the reader had enough), CLOSED by the peer, or the failure's status."""

    status: Status
    detail: str = ""


async def read(stream: Stream, feed: Callable[[bytes], bool]) -> Ending:
    """Give each piece that arrives to ``feed`` until it answers that it has enough, or nothing more comes."""
    while True:
        try:
            piece = await stream.receive()
        except ConversationFailed as failure:
            return Ending(failure.status, failure.detail)
        if not piece:
            return Ending(Status.CLOSED, "closed by the peer")
        if feed(piece):
            return Ending(Status.SUCCESS)


def excerpt(data: bytes, length: int = 32) -> str:
    """The first bytes for a message: printable ASCII as it is, everything else escaped, in one line."""
    return repr(data[:length])[1:] + ("…" if len(data) > length else "")
