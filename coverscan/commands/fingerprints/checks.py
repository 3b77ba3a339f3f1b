"""``coverscan fingerprints lint|test``: is an entry right, and is it written as the others are."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from coverscan.commands.fingerprints.observation_files import file_observations
from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.options import note
from fingerprints.database_tests import TestRun, run_tests, test_report
from fingerprints.lint_files import LintRun, lint_files
from fingerprints.matcher import Matcher
from fingerprints.prevalence import Prevalence, prevalence
from reports.terminal_text import terminal_text

_FILES = click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
_LINT_EPILOG = """\b
Examples:
  coverscan fingerprints lint my-camera.yaml
  coverscan fingerprints lint --fix my-camera.yaml
"""
_TEST_EPILOG = """\b
Examples:
  coverscan fingerprints test my-camera.yaml
  coverscan fingerprints test my-camera.yaml --against ordinary-devices.jsonl
"""


@click.command("lint", epilog=_LINT_EPILOG)
@_FILES
@click.option(
    "--fix", is_flag=True, help="Write the FILES in the canonical layout (order of keys, quotes, lines)."
)
def lint(*, files: tuple[Path, ...], fix: bool) -> None:
    """What is wrong with the entries of FILES, or of the whole database, and what a reviewer would ask.

    Exit code 1 where something is wrong; advice alone is no failure.
    """
    if fix and not files:
        raise Failure("--fix: name the files to write", ExitCode.WRONG_USAGE)
    run = lint_files(files)
    if fix:
        _fix(run)
        run = lint_files(files)
    for problem in run.problems:
        click.echo(terminal_text(f"{problem}"))
    for advice in run.advice:
        click.echo(terminal_text(f"{advice.file}: {advice.entry}: advice: {advice.reason}"))
    for file, layout in run.layouts:
        if layout.changed:
            ids = ", ".join(layout.changed[:3]) + (" …" if len(layout.changed) > 3 else "")
            count = f"{len(layout.changed)} entries not in the canonical layout"
            click.echo(terminal_text(f"{file.name}: {count} ({ids}): coverscan fingerprints lint --fix {file}"))
        for reason in layout.left:
            click.echo(terminal_text(f"{file.name}: {reason} (left as it is by --fix)"))
    click.echo(f"{run.entries} entries: {len(run.problems) or 'no'} problems, {len(run.advice) or 'no'} advice")
    if run.problems:
        sys.exit(ExitCode.FAILED)


def _fix(run: LintRun) -> None:
    for file, layout in run.layouts:
        if layout.changed:
            try:
                file.write_text(layout.text, "utf-8")
            except OSError as error:
                raise Failure(f"{file}: cannot be written ({error.strerror})") from None
            note(f"Written: {file} ({len(layout.changed)} entries)", quiet=False)


@click.command("test", epilog=_TEST_EPILOG)
@_FILES
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="OBSERVATIONS",
    help="Also count how many observations of this file (JSON lines) each tested entry matches.",
)
def test(*, files: tuple[Path, ...], against: Path | None) -> None:
    """Run every example and look-alike of FILES, or of the whole database.

    Also: no fingerprint may match what a page merely echoes from our own request, and two fingerprints must not
    disagree on one example.
    """
    run = run_tests(files)
    for line in test_report(run):
        click.echo(terminal_text(line))
    if against is not None:
        _tell_prevalence(run, against)
    if run.problems:
        sys.exit(ExitCode.FAILED)


def _tell_prevalence(run: TestRun, against: Path) -> None:
    bad: list[str] = []
    found = prevalence(file_observations(against, bad), Matcher(run.database), [entry.id for entry in run.tested])
    for line in bad:
        note(f"Error: {line}", quiet=False)
    click.echo(terminal_text(f"Against {found.observations:,} observations of {against}:"))
    for entry in run.tested:
        if len(run.tested) <= 20 or found.matched[entry.id]:
            click.echo(terminal_text(_prevalence_line(entry.id, found)))
    silent = sum(not found.matched[entry.id] for entry in run.tested)
    if len(run.tested) > 20 and silent:
        click.echo(f"  {silent} entries match none of them")


def _prevalence_line(entry: str, found: Prevalence) -> str:
    matched = found.matched[entry]
    share = f" ({matched / found.observations:.2%})" if matched else ""
    makers = [f"{maker or 'nobody'} {count}" for maker, count in found.others[entry].items()][:6]
    others = f"; the other entries name: {', '.join(makers)}" if makers else ""
    return f"  {entry}: {matched:,} of {found.observations:,}{share}{others}"
