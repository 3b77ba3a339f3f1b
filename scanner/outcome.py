"""What came of asking one endpoint: a value for every case, failures included."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fingerprints.observation import FieldValue


class Status(StrEnum):
    """The closed list of what can happen; "did it answer" and "was it that protocol" are different facts."""

    SUCCESS = "success"
    TRUNCATED = "truncated"  # useful, but a bound was reached first
    REFUSED = "refused"
    TIMED_OUT = "timed-out"
    RESET = "reset"
    CLOSED = "closed"  # closed by the peer before a useful answer
    OTHER_PROTOCOL = "other-protocol"
    TLS_FAILED = "tls-failed"
    UNREACHABLE = "unreachable"
    OUT_OF_SCOPE = "out-of-scope"  # something pointed outside the scope, and nothing was sent there
    OVER_BUDGET = "over-budget"  # the total allowed for this host was used up
    LOCAL_ERROR = "local-error"  # our own machine: no descriptors, port taken

    @property
    def useful(self) -> bool:
        """Whether fields may have been read."""
        return self in (Status.SUCCESS, Status.TRUNCATED)


class ProbeOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """One probe of one endpoint: status, what was read (fields may be partial), and in one line what happened.

    ``service`` is the service that was really spoken. ``mac`` is set where the reply states it. ``next_url``
    is where an HTTP answer redirected to, unvisited.
    """

    probe: str
    status: Status
    service: str | None = None
    port: int | None = None
    transport: str = "tcp"
    fields: dict[str, FieldValue] = {}
    mac: str | None = None
    source_ip: str | None = None
    detail: str = ""
    bytes_read: int = 0
    next_url: str | None = None
