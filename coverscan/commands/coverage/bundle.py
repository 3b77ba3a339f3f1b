"""``coverscan coverage bundle``: newer knowledge of the law from a signed file, without a release or a network."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import click
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.law_effect import device_changes, questions_of
from coverscan.law_store import OWN_KEY, bundle_from, current_law, install, remove_installed, shipped_law
from coverscan.options import common_options, inventory_option, note, open_inventory, operator_options, stakeholder
from coverscan.settings import load_settings
from regulations.bundle import Bundle, BundleError, make_bundle, private_key_of
from regulations.knowledge import FOLDER, Knowledge, KnowledgeError, read_knowledge
from regulations.knowledge_changes import changes
from reports.terminal_text import terminal_text

_EPILOG = """\b
Examples:
  coverscan coverage bundle verify law-2027-01.zip
  coverscan coverage bundle diff law-2027-01.zip --operator federal_agency
  coverscan coverage bundle use law-2027-01.zip
  coverscan coverage bundle remove

\b
For those who keep knowledge of their own:
  coverscan coverage bundle key our-key.pem
  coverscan coverage bundle make our-law.zip --key our-key.pem --from our-copy-of-regulations
  coverscan coverage bundle use our-law.zip --trust our-key.pub.pem
"""


@click.group("bundle", epilog=_EPILOG)
def bundle() -> None:
    """Newer knowledge of the law from a signed file. Keys that ship with coverscan are trusted, and no others."""


def _file_options(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option(
        "--trust",
        type=click.Path(path_type=Path),
        metavar="KEY",
        help="Also trust this public key (PEM), for bundles of your own organisation.",
    )(command)
    return click.argument("file", type=click.Path(path_type=Path))(command)


@bundle.command("verify")
@_file_options
def verify(*, file: Path, trust: Path | None) -> None:
    """Check signature, hashes and contents of FILE; nothing is installed."""
    found, _ = bundle_from(file, trust)
    _describe(found)


@bundle.command("diff")
@_file_options
@inventory_option
@click.option("--scan", type=int, metavar="ID", help="Scan of the inventory; default the newest.")
@operator_options
@common_options
def diff(
    *,
    file: Path,
    trust: Path | None,
    db: str | None,
    scan: int | None,
    operator: tuple[str, ...],
    use: str | None,
    state: str | None,
    as_of: str | None,
    config: Path | None,
    quiet: bool,
) -> None:
    """What FILE changes in the knowledge base, and for the devices of your inventory if there is one."""
    found, new = bundle_from(file, trust)
    old = current_law()
    _describe(found)
    _say_changes(old, new)
    settings = load_settings(config)
    try:
        inventory = open_inventory(db, settings, create=False, quiet=quiet)
    except Failure as failure:
        if db is not None:
            raise
        note(f"No inventory to compare for ({failure.message}).", quiet)
        return
    with inventory:
        scans = inventory.scans()
        if not scans:
            note("The inventory holds no scan.", quiet)
            return
        who = stakeholder(settings, operator, use, state, as_of)
        chosen = inventory.scan(scan).id
        questions = questions_of(inventory, chosen, old, who)
    count = 0
    for devices, change in device_changes(old, new, questions):
        was = change.was.determination if change.was else "no answer"
        now = change.now.determination if change.now else "no answer"
        part = f" if {change.component} is inside" if change.component else ""
        who_asks = f"{devices} devices of {change.question.vendor}, {change.question.operator}"
        click.echo(terminal_text(f"{who_asks}: {change.regime} / {change.act}{part}: {was} -> {now}"))
        count += 1
    click.echo(f"{count} answers change for the devices of scan {chosen}.")


@bundle.command("use")
@_file_options
@click.option("--older", is_flag=True, help="Install it even if what is here was reviewed later.")
def use_bundle(*, file: Path, trust: Path | None, older: bool) -> None:
    """Check FILE and answer from it from now on."""
    found, new = bundle_from(file, trust)
    try:
        old: Knowledge | None = current_law()
    except Failure:  # what is installed is damaged, and about to be replaced
        old = None
    if new.reviewed <= shipped_law().reviewed and found.signed_by != OWN_KEY:
        raise Failure(
            f"{file}: reviewed on {new.reviewed}; what ships with coverscan is as new", ExitCode.INPUT_UNUSABLE
        )
    if old is not None and new.reviewed < old.reviewed and not older:
        raise Failure(
            f"{file}: reviewed on {new.reviewed}, but what is here on {old.reviewed}",
            ExitCode.INPUT_UNUSABLE,
            "--older, if that is meant",
        )
    _describe(found)
    if old is not None:
        _say_changes(old, new)
    click.echo(terminal_text(f"Installed in {install(found, trust)}."))


@bundle.command("remove")
def remove() -> None:
    """Go back to the knowledge that ships with coverscan."""
    was_there = remove_installed()
    click.echo("Removed; coverscan answers from what ships with it." if was_there else "No bundle was installed.")


@bundle.command("make")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", required=True, type=click.Path(path_type=Path), help="Private Ed25519 key (PEM).")
@click.option(
    "--from", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder with lists/ and rules/."
)
@click.option("--note", "text", default="", help="What is new, in a sentence.")
def make(*, file: Path, key: Path, folder: Path | None, text: str) -> None:
    """Check a knowledge base, sign it, and write it to FILE."""
    source = folder or FOLDER
    try:
        knowledge = read_knowledge(source)
        made_on = dt.datetime.now(dt.UTC).date().isoformat()
        signing = private_key_of(key.read_bytes())
        data = make_bundle(source, signing, made_on=made_on, reviewed=knowledge.reviewed.isoformat(), note=text)
        file.write_bytes(data)
    except (KnowledgeError, BundleError) as error:
        raise Failure(f"{source}: {error}", ExitCode.INPUT_UNUSABLE) from None
    except OSError as error:
        raise Failure(f"{error.filename}: {error.strerror}", ExitCode.FAILED) from None
    click.echo(terminal_text(f"{file}: {len(data)} bytes, reviewed on {knowledge.reviewed}."))


@bundle.command("key")
@click.argument("file", type=click.Path(path_type=Path))
def new_key(*, file: Path) -> None:
    """Make a key pair: FILE for signing (keep it secret), and FILE's name with .pub.pem to be trusted."""
    private = Ed25519PrivateKey.generate()
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    shown = file.with_suffix(".pub.pem")
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(secret)
        shown.write_bytes(public)
    except OSError as error:
        raise Failure(f"{error.filename}: {error.strerror}", ExitCode.FAILED) from None
    click.echo(terminal_text(f"{file} signs bundles; {shown} is what others trust."))


def _describe(found: Bundle) -> None:
    manifest = found.manifest
    said = f"  {manifest.note}" if manifest.note else ""
    days = f"made on {manifest.made_on}, reviewed on {manifest.reviewed}"
    click.echo(terminal_text(f"Signed by {found.signed_by}; {days}; {len(manifest.files)} files.{said}"))


def _say_changes(old: Knowledge, new: Knowledge) -> None:
    found = changes(old, new)
    for change in found:
        click.echo(terminal_text(f"{change.how:8} {change.section}: {change.entry}"))
        for field in change.fields:
            click.echo(terminal_text(f"           {field}", 200))
    click.echo(f"{len(found)} entries differ from what coverscan answers from now.")
