"""How a command ends: each number means one thing, on every command."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The closed list of exit codes."""

    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    COVERED_FOUND = 3  # only with --fail-on covered
    INCOMPLETE = 4  # some targets, files or lines failed; what was got is kept
    REFUSED_BY_SCOPE = 5
    INPUT_UNUSABLE = 6
    INTERRUPTED = 130  # what was found is kept, and the job can be resumed
