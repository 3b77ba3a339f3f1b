"""``coverscan scan``: find and identify equipment on your own network."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import shlex
import sys
from pathlib import Path

import click
import msgspec

from coverscan import __version__
from coverscan.assess import as_json_line
from coverscan.ending import end_of_scan
from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.knowledge import load_assessor
from coverscan.options import (
    common_options,
    inventory_option,
    note,
    open_inventory,
    operator_options,
    output_options,
    stakeholder,
)
from coverscan.scan_plan import ScanPlan
from coverscan.scan_run import run_scan
from coverscan.settings import Settings, load_settings
from coverscan.sweep_choice import ENGINES, engine_factory
from inventory.manifest import Manifest
from inventory.store import Inventory
from reports.document import DeviceReport
from scanner.authorization import Authorization, AuthorizationError, load_authorization
from scanner.job import unit_count
from scanner.politeness import load_profiles
from scanner.ports import PortsError, banner_ports, never_touched, parse_ports, ranked_ports
from scanner.scope import Scope, ScopeRefused, decide_scope
from scanner.targets import TargetError, parse_targets

_EPILOG = """\b
Examples:
  coverscan scan 192.168.1.0/24
  coverscan scan 10.0.0.0/22 --exclude 10.0.3.0/24 --output report
  coverscan scan @sites.txt 192.168.7.10-40 camera.example.lan --profile fragile
  coverscan scan 192.168.1.5:8081,8554         (one device behind these ports)
  coverscan scan 203.0.113.0/28 --authorization authorization.toml
  coverscan scan --resume                      (go on with an interrupted scan)
  coverscan scan 192.168.1.0/24 --json | jq .address

\b
An authorization file for public ranges (TOML):
  who = "Jane Doe, CISO, Example County"
  ranges = ["203.0.113.0/28"]
  valid_from = 2026-11-01
  valid_to = 2026-12-31
  reference = "change 4711"
"""


@click.command(epilog=_EPILOG)
@click.argument("targets", nargs=-1, metavar="TARGET...")
@click.option("--exclude", multiple=True, metavar="TARGET", help="Never touch this; may be repeated; @FILE works.")
@click.option("--authorization", type=click.Path(path_type=Path), help="Who allowed which public ranges (TOML).")
@click.option("--ports", metavar="LIST", help="Ports in place of the ranked list, such as 80,554,8000-8010.")
@click.option("--profile", type=click.Choice(["gentle", "lan", "fragile"]), help="Politeness; default gentle.")
@click.option(
    "--engine", type=click.Choice(ENGINES), default="auto", show_default=True, help="How ports are found."
)
@click.option("--thorough", is_flag=True, help="Ask every open port, also when the identity is settled.")
@click.option(
    "--banners", is_flag=True, help="Also read the greetings of FTP, Telnet and SSH; nothing is sent there."
)
@click.option(
    "--sip", is_flag=True, help="Also ask intercoms and telephones over SIP (OPTIONS only, never a call)."
)
@click.option(
    "--snmp-community-file",
    type=click.Path(path_type=Path),
    help="Ask SNMP with the community in this file (else COVERSCAN_SNMP_COMMUNITY); it is kept nowhere.",
)
@click.option("--resume", is_flag=True, help="Go on with the latest interrupted scan.")
@click.option("--name", help="Who runs this scan, as printed in the report.")
@click.option("--site", help="Name of the site.")
@click.option("--json", "as_json", is_flag=True, help="One line a device as it is settled, then a summary.")
@click.option("--fail-on", type=click.Choice(["covered"]), help="Exit 3 if equipment of a covered maker is found.")
@operator_options
@output_options
@inventory_option
@common_options
def command(
    *,
    targets: tuple[str, ...],
    exclude: tuple[str, ...],
    authorization: Path | None,
    ports: str | None,
    profile: str | None,
    engine: str,
    thorough: bool,
    banners: bool,
    sip: bool,
    snmp_community_file: Path | None,
    resume: bool,
    name: str | None,
    site: str | None,
    as_json: bool,
    fail_on: str | None,
    operator: tuple[str, ...],
    use: str | None,
    state: str | None,
    as_of: str | None,
    output: Path | None,
    templates: Path | None,
    db: str | None,
    config: Path | None,
    quiet: bool,
) -> None:
    """Find and identify equipment on your own network.

    TARGET is an address, a network (192.168.1.0/24), a range (192.168.1.10-40), a host name, a file of these, or
    HOST:PORT,PORT for one device behind these ports. Private addresses are scanned as they are; public ones only
    with --authorization. Nothing is sent before all targets are checked.
    """
    settings = load_settings(config)
    assessor = load_assessor(stakeholder(settings, operator, use, state, as_of))
    if resume == bool(targets):
        raise click.UsageError("Give targets, or --resume without any." if resume else "Give at least one TARGET.")
    community = _community(snmp_community_file)
    wish: ScanWish | None = None
    if not resume:
        wish = ScanWish(
            targets=targets,
            exclusions=settings.texts("exclude", exclude),
            authorization=_authorization(settings, authorization),
            ports=tuple(dict.fromkeys([*_ports(ports), *(banner_ports() if banners else ())])),
            profile=settings.text("profile", profile) or "gentle",
            engine=engine,
            thorough=thorough,
            sip=sip,
            snmp=community is not None,
            operator_name=settings.text("name", name),
            site=settings.text("site", site),
        )
        scope = decide(wish.targets, wish.exclusions, wish.authorization)
    with open_inventory(db, settings, create=not resume, quiet=quiet) as inventory:
        plan = plan_new(wish, scope) if wish else plan_resumed(inventory)
        note(_announcement(plan), quiet)
        result = run_scan(
            plan,
            inventory,
            assessor,
            quiet=quiet,
            snmp_community=community,
            on_device=_print_line if as_json else None,
            make_engine=engine_factory(plan.manifest.engine or "connect"),
        )
        end_of_scan(
            inventory,
            result,
            assessor,
            as_json=as_json,
            output=output,
            templates=templates,
            quiet=quiet,
            fail_on_covered=fail_on == "covered",
            resume_with="coverscan scan --resume" + (f" --db {shlex.quote(db)}" if db else ""),
        )


class ScanWish(msgspec.Struct, frozen=True, kw_only=True):
    """A new scan as the user asked for it."""

    targets: tuple[str, ...]
    exclusions: tuple[str, ...] = ()
    authorization: Authorization | None = None
    ports: tuple[int, ...]
    profile: str = "gentle"
    engine: str = "auto"
    thorough: bool = False
    sip: bool = False
    snmp: bool = False
    operator_name: str | None = None
    site: str | None = None
    kind: str = "scan"


def decide(targets: tuple[str, ...], exclusions: tuple[str, ...], authorization: Authorization | None) -> Scope:
    """The scope of these targets, or the ``Failure`` that says why not (exit 2 or 5)."""
    try:
        return decide_scope(
            parse_targets(targets),
            parse_targets(exclusions),
            authorization,
            today=dt.datetime.now(dt.UTC).date(),
        )
    except TargetError as error:
        raise Failure(str(error), ExitCode.WRONG_USAGE) from None
    except ScopeRefused as error:
        hint = "coverscan scan … --authorization FILE, which records who allowed it (see coverscan scan --help)"
        raise Failure(
            "refused, nothing was sent: " + "; ".join(error.reasons[:5]), ExitCode.REFUSED_BY_SCOPE, hint
        ) from None


def plan_new(wish: ScanWish, scope: Scope) -> ScanPlan:
    """The plan of a new scan within a decided scope."""
    profile = load_profiles()[wish.profile]
    return ScanPlan(
        scope=scope,
        profile=profile,
        manifest=Manifest(
            kind=wish.kind,
            version=__version__,
            command=shlex.join(["coverscan", *sys.argv[1:]]),
            operator_name=wish.operator_name,
            site=wish.site,
            targets=wish.targets,
            exclusions=wish.exclusions,
            authorization=wish.authorization,
            engine=wish.engine if wish.engine != "auto" else "connect",
            profile=profile.name,
            packets_per_second=profile.packets_per_second,
            ports=wish.ports,
            thorough=wish.thorough,
            sip=wish.sip,
            snmp=wish.snmp,
            seed=secrets.randbits(31),
            units=unit_count(scope),
        ),
    )


def plan_resumed(inventory: Inventory) -> ScanPlan:
    """The plan of the latest scan that did not come to its end, its scope decided anew today."""
    unfinished = [
        record for record in inventory.scans() if record.status != "complete" and record.manifest.kind == "scan"
    ]
    if not unfinished:
        raise Failure(f"{inventory.where}: no interrupted scan in it", ExitCode.INPUT_UNUSABLE, "coverscan scans")
    record = unfinished[-1]
    manifest = record.manifest
    return ScanPlan(
        scope=decide(manifest.targets, manifest.exclusions, manifest.authorization),
        profile=load_profiles()[manifest.profile or "gentle"],
        manifest=manifest,
        resume=record.id,
    )


def _authorization(settings: Settings, option: Path | None) -> Authorization | None:
    file = settings.text("authorization", str(option) if option else None)
    if not file:
        return None
    try:
        return load_authorization(Path(file))
    except AuthorizationError as error:
        raise Failure(str(error), ExitCode.INPUT_UNUSABLE) from None


def _ports(option: str | None) -> tuple[int, ...]:
    if option is None:
        return tuple(port for port in ranked_ports() if port not in never_touched())
    try:
        return parse_ports(option)
    except PortsError as error:
        raise Failure(f"--ports: {error}", ExitCode.WRONG_USAGE) from None


def _community(file: Path | None) -> str | None:
    """The SNMP community that the user gives, by file or environment: never by option, which others can see."""
    if file is None:
        return os.environ.get("COVERSCAN_SNMP_COMMUNITY") or None
    try:
        return file.read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file}: cannot be read ({error})", ExitCode.INPUT_UNUSABLE) from None


def _announcement(plan: ScanPlan) -> str:
    manifest = plan.manifest
    what = f"{manifest.units} address{'es' if manifest.units != 1 else ''}, {len(manifest.ports)} ports each"
    how = f"engine {manifest.engine}, profile {manifest.profile}, at most {manifest.packets_per_second:g} packets a second"
    who = f", authorized by {manifest.authorization.who}" if manifest.authorization else ""
    return f"Scanning {what}: {how}{who}."


def _print_line(report: DeviceReport) -> None:
    sys.stdout.buffer.write(as_json_line(report) + b"\n")
    sys.stdout.buffer.flush()
