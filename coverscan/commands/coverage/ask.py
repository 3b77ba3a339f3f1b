"""``coverscan coverage ask``: one question by options, or many from a file."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.law_questions import read_questions
from coverscan.law_store import current_law
from coverscan.options import common_options, note, operator_options, stakeholder
from coverscan.settings import load_settings
from regulations.determination import NOT_LEGAL_ADVICE
from regulations.knowledge import Knowledge
from regulations.knowledge_base import UNLISTED, VENDOR_WORDS
from regulations.question_check import QuestionError
from regulations.question_form import AnswerRow, answer
from reports.terminal_text import terminal_text

_EPILOG = """\b
Examples:
  coverscan coverage ask hikvision --operator federal_prime_contractor --use building_security
  coverscan coverage ask dahua --device recorder --operator federal_agency --purchase 2019-08-12
  coverscan coverage ask --query-name "Hytera Communications Limited" --operator exporter
  coverscan coverage ask --file questions.yaml --json

A file holds a list of questions, each with an id and the words of these options under `ask`
(underscores instead of hyphens). operator, vendor and as_of may be lists there.
"""

_WORDS = {
    "vendor": "Who produced it: a key of `coverage list`, other, any or unknown (in place of MAKER).",
    "brand": "The label on the unit.",
    "query_name": "A company name to look up exactly.",
    "device": "ip_camera, recorder, router …",
    "component": "A part known to be inside: hisilicon_soc, covered_modular_transmitter or none.",
    "produced_in": "us, foreign or unknown.",
    "exception": "An exception of a category that you can show: blue_uas, conditional_approval …",
    "acquired": "Day on which the present owner got it.",
    "purchase": "Day of the purchase that you ask about.",
    "service_contract": "Day of the maintenance contract that you ask about.",
    "authorised": "Day of the model's FCC authorization, before_2022-11-11, never or unknown.",
    "application": "Day on which an FCC application was filed.",
    "grant_date": "Day of the federal award.",
    "funding": "own_money, federal_award, fcc_subsidy or unknown.",
    "relation": "How the maker stands to the deal: contract_with_listed_entity …",
    "transaction": "buy_security, sell_to_divest or hold.",
    "act": "The act that you have most in mind; all are answered.",
    "country": "Country of the operator, as GB.",
}


def _word_options(command: Callable[..., None]) -> Callable[..., None]:
    for key, meaning in reversed(_WORDS.items()):
        command = click.option(f"--{key.replace('_', '-')}", key, metavar="WORD", help=meaning)(command)
    return command


@click.command("ask", epilog=_EPILOG)
@click.argument("maker", required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), help="Questions to answer (YAML or JSON).")
@click.option("--json", "as_json", is_flag=True, help="JSON: rows, or with --file a list of {id, answers}.")
@click.option("--evidence", multiple=True, metavar="SIGN", help="The maker is only inferred from this sign.")
@_word_options
@operator_options
@common_options
def ask(
    *, maker: str | None, file: Path | None, as_json: bool, config: Path | None, quiet: bool, **words: Any
) -> None:
    """What each list says about MAKER's equipment, for each operator. Not legal advice."""
    law = current_law()
    if file is not None:
        if maker or any(words.values()):
            raise Failure("--file takes no other words: they stand in the file", ExitCode.WRONG_USAGE)
        _answer_file(law, file, as_json=as_json)
        return
    rows = _answer_options(law, maker, config, words)
    if as_json:
        click.echo(msgspec.json.encode(rows).decode())
        return
    for row in rows:
        click.echo(_text(row))
    click.echo(NOT_LEGAL_ADVICE)


def _answer_options(
    law: Knowledge, maker: str | None, config: Path | None, words: dict[str, Any]
) -> tuple[AnswerRow, ...]:
    asked = {key: value for key, value in words.items() if value}
    who = stakeholder(
        load_settings(config),
        asked.pop("operator", ()),
        asked.pop("use", None),
        asked.pop("state", None),
        asked.pop("as_of", None),
    )
    asked |= {"operator": list(who.operators), "use": who.use, "as_of": who.as_of}
    if who.state:
        asked["state"] = who.state.upper()
    if maker is not None:
        if "vendor" in asked:
            raise Failure("either MAKER or --vendor, not both", ExitCode.WRONG_USAGE)
        asked["vendor"] = maker if maker in VENDOR_WORDS else law.entity_key_for(maker)
        if asked["vendor"] == UNLISTED and maker != UNLISTED:
            note(_not_a_name(law, maker), quiet=False)
    if not {"vendor", "brand", "query_name", "device"} & set(asked):
        raise Failure(
            "say which MAKER you ask about, or give --file", ExitCode.WRONG_USAGE, "coverscan coverage list"
        )
    if "evidence" in asked:
        asked["evidence"] = list(asked["evidence"])
    try:
        return answer(law, asked, who.as_of)
    except QuestionError as error:
        raise Failure(str(error), ExitCode.WRONG_USAGE, "coverscan coverage operators") from None


def _not_a_name(law: Knowledge, maker: str) -> str:
    """That a name is not known here, so that a slip of the pen is not taken for "on no list"."""
    names = [entity.name for entity in law.entities.values()]
    close = difflib.get_close_matches(maker.casefold(), [name.casefold() for name in names], n=1)
    meant = next((f" Did you mean {name}?" for name in names if close and name.casefold() == close[0]), "")
    return (
        f"Note: {terminal_text(maker)} is no name of this knowledge base: answered as a maker on no list.{meant}"
    )


def _answer_file(law: Knowledge, file: Path, *, as_json: bool) -> None:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    found: list[dict[str, object]] = []
    refused = 0
    for question in read_questions(file):
        rows: tuple[AnswerRow, ...] = ()
        error: str | None = None
        try:
            rows = answer(law, question.ask, today)
        except QuestionError as problem:
            error = f"question {question.id}: {problem}"
            refused += 1
            click.echo(f"Error: {terminal_text(f'{file}: {error}')}", err=True)
        entry: dict[str, object] = {"id": question.id, "answers": rows}
        found.append(entry | {"error": error} if error else entry)
        if not as_json and not error:
            click.echo(terminal_text(f"== {question.id}"))
            for row in rows:
                click.echo(_text(row))
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        click.echo(NOT_LEGAL_ADVICE)
    if refused:
        all_of_them = refused == len(found)
        raise Failure(
            f"{file}: {refused} of {len(found)} questions could not be answered",
            ExitCode.INPUT_UNUSABLE if all_of_them else ExitCode.INCOMPLETE,
            "coverscan coverage ask --help",
        )


def _text(row: AnswerRow) -> str:
    since = f" from {row.from_}" if row.from_ else ""
    until = f" to {row.to}" if row.to else ""
    about = [row.operator, *(word for word in (row.vendor, row.as_of) if word)]
    part = f", if {row.component} is inside" if row.component else ""
    lines = [
        f"{', '.join(about)}: {row.regime} / {row.act}{part}: {row.determination}{since}{until}",
        f"    {row.why}",
        *([f"    {row.must_say}"] if row.must_say else []),
        f"    rule {row.rule}, sources {', '.join(row.cite)}, grade {row.grade}, last verified {row.last_verified}",
    ]
    return "\n".join(terminal_text(line) for line in lines)
