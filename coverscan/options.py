"""Options that several verbs share, so that they mean and look the same everywhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.settings import Settings, default_inventory
from reports.document import Stakeholder

if TYPE_CHECKING:
    from inventory.store import Inventory

Command = TypeVar("Command", bound=Callable[..., object])

PANEL = (
    "private_no_federal_nexus",
    "federal_agency",
    "federal_prime_contractor",
    "grant_or_loan_recipient",
    "usf_recipient",
)
"""The operators for whom the law is shown side by side while nobody has said who asks."""


def _all(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def apply(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return apply


def common_options(command: Command) -> Command:
    """``--config`` and ``--quiet``."""
    return _all(
        click.option("--config", type=click.Path(path_type=Path), help="Configuration file (coverscan.toml)."),
        click.option("--quiet", is_flag=True, help="No progress and no notes on stderr, errors only."),
    )(command)


def inventory_option(command: Command) -> Command:
    """``--db``."""
    return click.option(
        "--db",
        metavar="FILE|URL",
        help="Inventory to use. Default: coverscan.db here if it exists, else in your data folder.",
    )(command)


def operator_options(command: Command) -> Command:
    """Who asks the law, for what use: ``--operator``, ``--use``, ``--state``, ``--as-of``."""
    return _all(
        click.option(
            "--operator",
            multiple=True,
            metavar="PROFILE",
            help="Who you are before the law; may be repeated. `coverscan coverage operators` lists the words.",
        ),
        click.option("--use", metavar="USE", help="What the equipment is used for (`coverscan coverage uses`)."),
        click.option("--state", metavar="XX", help="Your US state, such as TX."),
        click.option("--as-of", metavar="DATE", help="Judge as of this day (YYYY-MM-DD); default today."),
    )(command)


def output_options(command: Command) -> Command:
    """Where a report goes: ``--output``, ``--templates``."""
    return _all(
        click.option(
            "--output",
            type=click.Path(path_type=Path, file_okay=False),
            metavar="DIR",
            help="Write report.html, report.json and report.csv into this folder.",
        ),
        click.option(
            "--templates",
            type=click.Path(path_type=Path, exists=True, file_okay=False),
            metavar="DIR",
            help="Templates of your own that replace those of the same name.",
        ),
    )(command)


def note(text: str, quiet: bool) -> None:
    """Say something on stderr that is not the result."""
    if not quiet:
        click.echo(text, err=True)


def open_inventory(option: str | None, settings: Settings, *, create: bool, quiet: bool) -> Inventory:
    """Open the inventory chosen by option, configuration or habit, and say which it is."""
    from inventory.store import Inventory, InventoryError  # loads a database library, which takes its time

    where = settings.text("db", option) or str(default_inventory())
    try:
        inventory = Inventory.open(where, create=create)
    except InventoryError as error:
        raise Failure(str(error), ExitCode.INPUT_UNUSABLE) from None
    note(f"Inventory: {_without_password(where)}", quiet)
    return inventory


def _without_password(where: str) -> str:
    if "://" not in where:
        return where
    from sqlalchemy.engine import make_url

    return make_url(where).render_as_string(hide_password=True)


def stakeholder(
    settings: Settings, operator: tuple[str, ...], use: str | None, state: str | None, as_of: str | None
) -> Stakeholder:
    """For whom the law is asked; a panel of operators where nobody is named. Raises ``Failure`` on a bad date."""
    day = as_of or dt.datetime.now(dt.UTC).date().isoformat()
    try:
        day = dt.date.fromisoformat(day).isoformat()
    except ValueError:
        raise Failure(f"--as-of {day}: not a day such as 2026-11-24", ExitCode.WRONG_USAGE) from None
    chosen = settings.texts("operator", operator)
    return Stakeholder(
        operators=chosen or PANEL,
        use=settings.text("use", use) or "unknown",
        state=(settings.text("state", state) or "").upper() or None,
        as_of=day,
        stated=bool(chosen),
    )
