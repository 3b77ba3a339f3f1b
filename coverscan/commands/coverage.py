"""``coverscan coverage``: what the law says about a maker, for an operator, as of a date."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.options import common_options, operator_options, stakeholder
from coverscan.settings import load_settings
from regulations.determination import NOT_LEGAL_ADVICE, Determination, Question
from regulations.determine import QuestionError, determine
from regulations.knowledge import Knowledge, KnowledgeError, load_knowledge
from reports.terminal_text import terminal_text

_EPILOG = """\b
Examples:
  coverscan coverage ask hikvision --operator federal_prime_contractor
  coverscan coverage ask dahua --device recorder --operator federal_agency --use school_safety --as-of 2019-08-12
  coverscan coverage list
  coverscan coverage operators
  coverscan coverage uses
"""


@click.group(epilog=_EPILOG)
def command() -> None:
    """What the law says about a maker, for you, as of a date. Not legal advice."""


@command.command("ask", epilog=_EPILOG)
@click.argument("maker")
@click.option("--device", default="unknown", show_default=True, help="ip_camera, recorder, router …")
@click.option("--json", "as_json", is_flag=True, help="One JSON list of determinations.")
@operator_options
@common_options
def ask(
    *,
    maker: str,
    device: str,
    as_json: bool,
    operator: tuple[str, ...],
    use: str | None,
    state: str | None,
    as_of: str | None,
    config: Path | None,
    quiet: bool,
) -> None:
    """What each list says about MAKER's equipment, for each operator."""
    law = _law()
    who = stakeholder(load_settings(config), operator, use, state, as_of)
    try:
        rows = tuple(
            row
            for each in who.operators
            for row in determine(
                law,
                Question(
                    operator=each,
                    vendor=law.entity_key_for(maker),
                    device=device,
                    use=who.use,
                    as_of=who.as_of,
                ),
            )
        )
    except QuestionError as error:
        raise Failure(str(error), ExitCode.WRONG_USAGE, "coverscan coverage operators") from None
    if as_json:
        click.echo(msgspec.json.encode(rows).decode())
        return
    for row in rows:
        click.echo(_text(row))
    click.echo(NOT_LEGAL_ADVICE)


@command.command("list", epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def list_entities(*, as_json: bool) -> None:
    """Who is listed where, since when, with the source."""
    law = _law()
    if as_json:
        click.echo(msgspec.json.encode(law.listings).decode())
        return
    for listing in law.listings:
        until = f" until {listing.to}" if listing.to else ""
        entity = law.entities[listing.entity].name
        click.echo(
            terminal_text(
                f"{entity:20} {listing.list:14} since {listing.from_}{until}  [{', '.join(listing.sources)}]"
            )
        )


@command.command("operators", epilog=_EPILOG)
def operators() -> None:
    """The words for who you are."""
    for word, meaning in _law().vocabulary.operators.items():
        click.echo(f"{word:38} {meaning.means}")


@command.command("uses", epilog=_EPILOG)
def uses() -> None:
    """The words for what the equipment is used for."""
    for word, meaning in _law().vocabulary.uses.items():
        click.echo(f"{word:42} {meaning.means}")


def _law() -> Knowledge:
    try:
        return load_knowledge()
    except KnowledgeError as error:
        raise Failure(str(error)) from None


def _text(row: Determination) -> str:
    since = f" from {row.from_}" if row.from_ else ""
    until = f" to {row.to}" if row.to else ""
    lines = [
        f"{row.operator}: {row.regime} / {row.act}: {row.determination}{since}{until}",
        f"    {row.why}",
        *([f"    {row.must_say}"] if row.must_say else []),
        f"    rule {row.rule}, sources {', '.join(row.cite)}, grade {row.grade}, last verified {row.last_verified}",
    ]
    return "\n".join(terminal_text(line) for line in lines)
