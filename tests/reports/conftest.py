"""Documents that the report tests render: a realistic one, and variants of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from fingerprints.observation import Location
from inventory.manifest import ImportedFile
from regulations.determination import Determination
from reports.document import DeviceReport, Knowledge, NotLookedAt, ReportDocument, Run, Stakeholder
from reports.planning.first_replacement import first_replacements

T = TypeVar("T")

PANEL = (
    "private_no_federal_nexus",
    "federal_agency",
    "federal_prime_contractor",
    "grant_or_loan_recipient",
    "usf_recipient",
)

# What a covered maker of a purpose-limited entry gets: regime, act, {operator: determination}, first day, sources.
_COVERED_ROWS: tuple[tuple[str, str, dict[str, str], str | None, tuple[str, ...]], ...] = (
    ("FCC_EA", "authorise_new", {"*": "prohibited_conditional"}, "2022-11-11", ("S02", "S04")),
    ("FCC_EA", "own_use", {"*": "indeterminate"}, None, ("S04", "S12")),
    ("FCC_PREVAUTH", "import_market", {"*": "prohibited_conditional"}, "2026-07-16", ("S14",)),
    ("FCC_PREVAUTH", "buy", {"*": "not_applicable"}, None, ("S14",)),
    ("FCC_PREVAUTH", "own_use", {"*": "not_prohibited"}, None, ("S14",)),
    ("S889_A", "buy", {"federal_agency": "prohibited_conditional"}, "2019-08-13", ("S22",)),
    ("S889_A", "renew_or_maintain", {"federal_agency": "prohibited_conditional"}, "2019-08-13", ("S22",)),
    (
        "S889_A",
        "supply_to_government",
        {"federal_prime_contractor": "prohibited_conditional"},
        "2019-08-13",
        ("S22",),
    ),
    ("S889_A", "own_use", {"federal_agency": "not_prohibited"}, None, ("S22",)),
    ("S889_B", "own_use", {"federal_prime_contractor": "prohibited_conditional"}, "2020-08-13", ("S22", "S23")),
    ("S889_GRANTS", "fund", {"grant_or_loan_recipient": "prohibited_conditional"}, "2020-08-13", ("S25",)),
    ("S889_GRANTS", "own_use", {"grant_or_loan_recipient": "not_prohibited"}, None, ("S25",)),
    ("FCC_SUBSIDY", "fund", {"usf_recipient": "prohibited_conditional"}, "2021-05-11", ("S17",)),
    ("FCC_SUBSIDY", "renew_or_maintain", {"usf_recipient": "prohibited_conditional"}, "2021-05-11", ("S17",)),
    ("ADVICE", "own_use", {"*": "prudential"}, None, ("S14",)),
)

_WHY = {
    "prohibited": "The maker is listed and the act falls under the rule.",
    "prohibited_conditional": "Barred for the listed purposes, if the maker shown by the signs is the producer.",
    "indeterminate": "When the model was authorized, or the unit acquired, is not known.",
    "prudential": "The maker is covered; no rule was found that binds this owner.",
    "not_applicable": "The rule binds others, not this operator.",
    "not_prohibited": "The rule was checked and does not bar this act.",
}

_SAY = {
    "prohibited_conditional": "What is the equipment used for? School safety and building security are arguable.",
    "indeterminate": "Find the date of purchase, or the FCC identifier on the label.",
}


def _row(
    regime: str, act: str, operator: str, word: str, since: str | None, cite: tuple[str, ...]
) -> Determination:
    return Determination(
        regime=regime,
        act=act,
        determination=word,
        operator=operator,
        from_=since if word.startswith("prohibited") else None,
        cite=cite,
        why=_WHY[word],
        must_say=_SAY.get(word),
        rule=f"{regime.lower()}-{act.replace('_', '-')}",
        grade="V",
        last_verified="2026-11-24",
    )


def covered_law(operators: tuple[str, ...]) -> tuple[Determination, ...]:
    """The answers for a device of a covered maker."""
    return tuple(
        _row(regime, act, operator, words.get(operator, words.get("*", "not_applicable")), since, cite)
        for operator in operators
        for regime, act, words, since, cite in _COVERED_ROWS
    )


def clear_law(operators: tuple[str, ...]) -> tuple[Determination, ...]:
    """The answers for a device of a maker on no list."""
    rows = [
        _row(regime, act, operators[0], "not_prohibited" if regime != "S889_B" else "not_applicable", None, cite)
        for regime, act, _, _, cite in _COVERED_ROWS
    ]
    chip = _row("S889_B", "own_use", operators[0], "prohibited_conditional", "2020-08-13", ("S22",))
    return (*rows, msgspec.structs.replace(chip, component="hisilicon_soc"))


_DATA = Path(__file__).parent / "data"


def _read(name: str, form: type[T]) -> T:
    return msgspec.json.decode((_DATA / name).read_bytes(), type=form)


def _law(device: DeviceReport, operators: tuple[str, ...]) -> tuple[Determination, ...]:
    if device.covered == "unknown":
        return ()
    return covered_law(operators) if device.covered in ("yes", "possible") else clear_law(operators)


def build_document(stated: tuple[str, ...] = ("federal_prime_contractor",)) -> ReportDocument:
    """The realistic document, for the operators in ``stated``, or for the panel where none is."""
    operators = stated or PANEL
    stakeholder = Stakeholder(
        operators=operators, use="building_security", as_of="2026-11-24", stated=bool(stated)
    )
    devices = tuple(
        msgspec.structs.replace(device, determinations=_law(device, operators))
        for device in _read("devices.json", tuple[DeviceReport, ...])
    )
    return ReportDocument(
        title="Network equipment report: Springfield Depot",
        generated_at="2026-11-24T09:22:00Z",
        run=_read("run.json", Run),
        stakeholder=stakeholder,
        devices=devices,
        other_hosts=(
            DeviceReport(address="10.20.0.1", addresses=("10.20.0.1",), ports=(80, 443), class_="router"),
            DeviceReport(
                address="10.20.0.9", addresses=("10.20.0.9",), ports=(80,), hostname="intranet.example.net"
            ),
        ),
        set_apart=(
            DeviceReport(
                address="10.20.0.99",
                addresses=("10.20.0.99",),
                ports=(21, 22, 23, 80, 443, 554),
                tags=("honeypot",),
            ),
        ),
        not_looked_at=(
            NotLookedAt(target="10.20.0.200-10.20.0.210", reason="excluded by the operator"),
            NotLookedAt(target="10.20.0.77", reason="stopped answering after the first probe"),
        ),
        replacements=first_replacements(devices, stakeholder),
        knowledge=_read("knowledge.json", Knowledge),
    )


@pytest.fixture
def document() -> ReportDocument:
    """Fourteen devices, asked for a federal prime contractor."""
    return build_document()


@pytest.fixture
def panel_document() -> ReportDocument:
    """The same, where nobody said who asks."""
    return build_document(())


@pytest.fixture
def empty_document() -> ReportDocument:
    """A complete scan that found nothing."""
    full = build_document()
    return msgspec.structs.replace(
        full, devices=(), other_hosts=(), set_apart=(), replacements=(), not_looked_at=()
    )


@pytest.fixture
def partial_document() -> ReportDocument:
    """A scan that was interrupted after 180 of 247 targets."""
    full = build_document()
    counts = {**full.run.counts, "targets done": 180}
    return msgspec.structs.replace(full, run=msgspec.structs.replace(full.run, status="partial", counts=counts))


@pytest.fixture
def imported_document() -> ReportDocument:
    """The devices as an imported file would give them, with places and networks."""
    full = build_document()
    file = ImportedFile(
        name="shodan.json.gz",
        format="shodan",
        sha256="1" * 64,
        observations=31,
        bad_lines=2,
        first_errors=("line 7: not JSON",),
    )
    places = [Location(country="US", city="Springfield"), Location(country="CA"), None]
    devices = tuple(
        msgspec.structs.replace(device, location=places[place % 3]) for place, device in enumerate(full.devices)
    )
    run = Run(kind="import", status="complete", started_at="2026-11-24T09:15:00Z", inputs=(file,))
    return msgspec.structs.replace(full, run=run, devices=devices)


def _hostile_texts() -> tuple[str, ...]:
    """What devices and files might say to break a page, a table, a terminal or a parser."""
    # Python's own parser: the texts hold lone surrogates, which msgspec refuses.
    texts = json.loads((_DATA / "hostile_texts.json").read_text("utf-8"))
    return (*texts, "W" * 9_000, "ת" * 40, "Z" + "\u0316\u0317\u0318\u0319" * 40 + "algo")


HOSTILE_TEXTS = _hostile_texts()

_MACHINE_KEYS = frozenset(["schema"])


def with_every_text(document: ReportDocument, text: str) -> ReportDocument:
    """``document`` with ``text`` in every field that holds a text, but for the schema's name."""

    def changed(value: object, key: str = "") -> object:
        if isinstance(value, str):
            return value if key in _MACHINE_KEYS else text
        if isinstance(value, dict):
            as_texts = key in ("counts", "claims")
            return {text if as_texts else name: changed(item, name) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [changed(item) for item in value]
        return value

    return msgspec.convert(changed(msgspec.to_builtins(document)), ReportDocument)


@pytest.fixture(scope="session")
def hostile_texts() -> tuple[str, ...]:
    """The texts of ``HOSTILE_TEXTS``."""
    return HOSTILE_TEXTS


@pytest.fixture(scope="session")
def hostile_documents() -> tuple[tuple[str, ReportDocument], ...]:
    """For each hostile text a small document that holds it in every field, ``covered`` of the first device aside."""
    full = build_document()
    small = msgspec.structs.replace(
        full, devices=(full.devices[0], full.devices[7], full.devices[9]), replacements=full.replacements[:2]
    )
    made = []
    for text in HOSTILE_TEXTS:
        hostile = with_every_text(small, text)
        first = msgspec.structs.replace(hostile.devices[0], covered="yes")
        hostile = msgspec.structs.replace(hostile, devices=(first, *hostile.devices[1:]))
        made.append((text, hostile))
    return tuple(made)


@pytest.fixture(scope="session")
def hostile_document(hostile_documents: tuple[tuple[str, ReportDocument], ...]) -> ReportDocument:
    """One document with the devices, hosts and remarks of all hostile documents, ``covered`` as it should be."""
    every = [document for _, document in hostile_documents]
    devices = tuple(
        msgspec.structs.replace(device, covered=("yes", "possible", "no")[place])
        for document in every
        for place, device in enumerate(document.devices)
    )
    first = every[0]
    return msgspec.structs.replace(
        first,
        devices=devices,
        other_hosts=tuple(host for document in every for host in document.other_hosts),
        set_apart=tuple(host for document in every for host in document.set_apart),
        not_looked_at=tuple(entry for document in every for entry in document.not_looked_at),
        replacements=tuple(item for document in every for item in document.replacements),
        knowledge=msgspec.structs.replace(
            first.knowledge,
            sources=tuple(source for document in every for source in document.knowledge.sources[:1]),
            limits=HOSTILE_TEXTS,
        ),
    )


@pytest.fixture
def large_document() -> Callable[[int], ReportDocument]:
    """A maker of documents with as many devices as asked for."""

    def make(number: int) -> ReportDocument:
        full = build_document()
        devices = tuple(
            msgspec.structs.replace(
                full.devices[place % len(full.devices)],
                address=f"10.{30 + place // 65_536}.{place // 256 % 256}.{place % 256}",
                serial=f"EXAMPLE{place:06d}",
            )
            for place in range(number)
        )
        return msgspec.structs.replace(
            full, devices=devices, replacements=first_replacements(devices, full.stakeholder)
        )

    return make
