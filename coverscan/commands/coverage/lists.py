"""``coverscan coverage list|show|timeline|sources|operators|uses``: the knowledge base for people to read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import click
import msgspec

from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.law_store import current_law
from regulations.determination import NOT_LEGAL_ADVICE
from regulations.entries import Entity, Listing
from regulations.fact_ages import OLD_AFTER_DAYS, fact_ages
from regulations.knowledge import Knowledge
from regulations.yaml_files import did_you_mean
from reports.terminal_text import terminal_text


@click.command("list")
@click.option("--list", "list_name", metavar="LIST", help="Only this list, as BIS_ENTITY.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def list_entities(*, list_name: str | None, as_json: bool) -> None:
    """Who is listed where, since when, with the source."""
    law = current_law()
    if list_name is not None and list_name not in law.lists:
        raise Failure(
            f"--list {list_name}: no such list{did_you_mean(list_name, law.lists)}", ExitCode.WRONG_USAGE
        )
    chosen = [one for one in law.listings if list_name in (None, one.list)]
    kinds = [one for one in law.categories.values() if list_name in (None, one.list)]
    if as_json:
        click.echo(msgspec.json.encode([*chosen, *kinds]).decode())
        return
    for listing in chosen:
        _say(f"{law.entities[listing.entity].name:24} {_listing_line(listing)}")
    for kind in kinds:
        until = f" until {kind.to}" if kind.to else ""
        _say(f"{kind.name}: {kind.list} since {kind.from_}{until}  [{', '.join(kind.sources)}]")
    _say(NOT_LEGAL_ADVICE)


@click.command("show")
@click.argument("entity")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(*, entity: str, as_json: bool) -> None:
    """One ENTITY: its names, to whom it belongs, and where it is listed since when, with links."""
    law = current_law()
    found = law.entities.get(entity) or law.entity_named(entity)
    if found is None:
        raise Failure(
            f"{entity}: no entity of exactly this name{did_you_mean(entity, law.entities)}",
            ExitCode.WRONG_USAGE,
            "coverscan coverage list",
        )
    if as_json:
        listings = [one for one in law.listings if one.entity == found.key]
        parts = [{"entity": one.key, "relation": relation} for one, relation in law.parts_of(found.key)]
        told = {"entity": found, "listings": listings, "parts": parts, "notice": NOT_LEGAL_ADVICE}
        click.echo(msgspec.json.encode(told).decode())
        return
    for line in _entity_lines(law, found):
        _say(line)


@click.command("timeline")
@click.option("--as-of", metavar="DATE", help="What was known on this day (YYYY-MM-DD); default today.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def timeline(*, as_of: str | None, as_json: bool) -> None:
    """The chain of acts, and the dates ahead that were fixed by then."""
    law = current_law()
    day = _day(as_of)
    events = [one for one in law.events if (one.known_from or one.day) <= day]
    if as_json:
        click.echo(msgspec.json.encode(events).decode())
        return
    for event in events:
        ahead = "  (ahead)" if event.day > day else ""
        _say(f"{event.day}  {event.what}{ahead}  [{', '.join(event.sources)}; {event.grade}]")
    _say(NOT_LEGAL_ADVICE)


@click.command("sources")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def sources(*, as_json: bool) -> None:
    """How old each fact is: lists, laws and documents; a warning where a list was read long ago."""
    law = current_law()
    today = _day(None)
    ages = fact_ages(law, today)
    if as_json:
        click.echo(
            msgspec.json.encode(
                {"reviewed": law.reviewed, "facts": ages, "sources": list(law.sources.values())}
            ).decode()
        )
    else:
        _say(f"Reviewed on {law.reviewed}. Copies were read, not the live pages.")
        for age in ages:
            _say(f"{age.kind:7} {age.key:18} {age.last_seen}  {age.days:5} days  {age.grade:2}  {age.name}")
        for source in law.sources.values():
            _say(
                f"source  {source.key:18} {source.dated or 'undated'}  {source.grade:2}  {source.title}  {source.url or ''}"
            )
    old = [age.key for age in ages if age.old]
    if old:
        warning = f"Warning: read more than {OLD_AFTER_DAYS} days ago: {', '.join(old)}. Look at the lists themselves, or "
        click.echo(warning + "refresh them (coverscan coverage refresh).", err=True)


@click.command("operators")
def operators() -> None:
    """The words for who you are."""
    for word, meaning in current_law().vocabulary.operators.items():
        click.echo(f"{word:38} {meaning.means}")


@click.command("uses")
def uses() -> None:
    """The words for what the equipment is used for."""
    for word, meaning in current_law().vocabulary.uses.items():
        click.echo(f"{word:42} {meaning.means}")


def _day(text: str | None) -> dt.date:
    if text is None:
        return dt.datetime.now(dt.UTC).date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Failure(f"--as-of {text}: not a day such as 2026-11-24", ExitCode.WRONG_USAGE) from None


def _listing_line(listing: Listing) -> str:
    until = f" until {listing.to}" if listing.to else ""
    named = f" as {listing.named}" if listing.named else ""
    citation = f"  {listing.citation}" if listing.citation else ""
    sources = f"[{', '.join(listing.sources)}; {listing.grade}]"
    return f"{listing.list:12} since {listing.from_}{until}{named}{citation}  {sources}"


def _entity_lines(law: Knowledge, entity: Entity) -> Iterator[str]:
    yield f"{entity.name} ({entity.key})" + (f", in law {entity.legal}" if entity.legal else "")
    if entity.aliases:
        yield f"  also: {'; '.join(entity.aliases)}"
    if entity.namesake_of:
        yield f"  not to be taken for {law.entities[entity.namesake_of].name}"
    for text in (entity.doubt, entity.note):
        if text:
            yield f"  {text}"
    for relation in entity.part_of:
        until = f" until {relation.to}" if relation.to else ""
        since = f" from {relation.from_}" if relation.from_ else ""
        rests_on = f"[{', '.join(relation.sources)}; {relation.grade}]"
        yield f"  {relation.kind} {law.entities[relation.entity].name}{since}{until}  {rests_on}"
    for child, relation in law.parts_of(entity.key):
        yield f"  {child.name}: {relation.kind} it  [{relation.grade}]"
    listings = [one for one in law.listings if one.entity == entity.key]
    for listing in listings:
        yield f"  {_listing_line(listing)}"
        yield f"      {listing.scope}" + (f". {listing.note}" if listing.note else "")
    if not listings:
        yield "  on none of the lists that were read"
    cited = [*entity.sources, *(source for one in listings for source in one.sources)]
    for key in dict.fromkeys(cited):
        source = law.sources[key]
        yield f"  {key}: {source.title}" + (f"  {source.url}" if source.url else "")
    yield NOT_LEGAL_ADVICE


def _say(line: str) -> None:
    click.echo(terminal_text(line))
