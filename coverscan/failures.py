"""How a command fails: one line that names the input and the reason, a next thing to try, an exit code."""

from __future__ import annotations

import click

from coverscan.exit_codes import ExitCode
from reports.terminal_text import terminal_text


class Failure(click.ClickException):
    """Ends the command with a message and an exit code. ``hint`` is the next thing to try."""

    def __init__(self, message: str, code: ExitCode = ExitCode.FAILED, hint: str | None = None) -> None:
        super().__init__(message)
        self.exit_code = int(code)  # type: ignore[misc]  # a class variable in click, meant to be set like this
        self.hint = hint

    def show(self, file: object = None) -> None:
        """Print the message and the hint to stderr, whatever characters an input put into them."""
        click.echo(f"Error: {terminal_text(self.message)}", err=True)
        if self.hint:
            click.echo(f"Try: {terminal_text(self.hint)}", err=True)
