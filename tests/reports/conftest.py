"""Documents that the report tests render: a realistic one, and variants of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from fingerprints.identification import Conflict, Endpoint, Evidence
from fingerprints.observation import Asn, Location
from inventory.manifest import ImportedFile
from regulations.determination import NOT_LEGAL_ADVICE, Determination
from reports.document import (
    DeviceReport,
    Knowledge,
    NotLookedAt,
    RegimeNote,
    ReportDocument,
    Run,
    SourceNote,
    Stakeholder,
)
from reports.planning.first_replacement import first_replacements
from scanner.authorization import Authorization

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


def evidence(fingerprint: str, field: str, excerpt: str, because: str, ip: str, port: int | None) -> Evidence:
    """One sign, as the matcher gives it."""
    return Evidence(
        fingerprint=fingerprint,
        field=field,
        family=fingerprint.split("-")[1],
        excerpt=excerpt,
        weight=0.9,
        description=because,
        claims={"manufacturer": fingerprint.split("-")[0].capitalize()},
        ip=ip,
        port=port,
    )


_HIK_WEB = ("hikvision-http-server", "http.server", "DNVRS-Webs", "the web server calls itself DNVRS-Webs")
_HIK_SADP = (
    "hikvision-sadp-description",
    "sadp.description",
    "DS-2CD2143G2-I",
    "the device answered Hikvision's own discovery protocol (SADP) and named its model",
)
_DAHUA_DHIP = (
    "dahua-dhip-type",
    "dhip.device_type",
    "IPC-HDW5442T-ZE",
    "the device answered Dahua's own discovery protocol (DHIP) and named its model",
)
_DAHUA_RTSP = (
    "dahua-rtsp-realm",
    "rtsp.realm",
    "Login to 4c11ae2d",
    "the RTSP realm has the form of Dahua firmware",
)
_AXIS = (
    "axis-http-realm",
    "http.auth_realm",
    "AXIS_ACCC8E012345",
    "the login realm holds AXIS_ and the MAC address",
)
_ONVIF = ("{}-onvif-scope", "onvif.scopes", "onvif://www.onvif.org/name/{}", "the ONVIF name says {}")

Signs = list[tuple[str, str, str, str]]


def _onvif(maker: str) -> tuple[str, str, str, str]:
    return (_ONVIF[0].format(maker.lower()), _ONVIF[1], _ONVIF[2].format(maker), _ONVIF[3].format(maker))


_SEEN = {"first_seen": "2026-11-24T09:15:20Z", "last_seen": "2026-11-24T09:16:02Z"}

# address, ports, signs, what else is known
_DEVICES: list[tuple[str, tuple[int, ...], Signs, dict[str, Any]]] = [
    (
        "10.20.0.5",
        (80, 554, 8000),
        [_HIK_WEB, ("hikvision-http-title", "http.title", "iVMS-4200", "the page has the title of its recorders")],
        {
            "manufacturer": "Hikvision",
            "brand": "Hikvision",
            "class_": "recorder",
            "model": "DS-7616NI-I2",
            "firmware": "V4.30.085",
            "firmware_date": "2020-09-16",
            "serial": "DS-7616NI-I2162020091600EXAMPLE",
            "confidence": 0.99,
            "covered": "yes",
            "mac": "44:19:b6:00:00:05",
        },
    ),
    *(
        (
            f"10.20.0.{last}",
            (80, 554),
            [_HIK_SADP, _HIK_WEB, _onvif("Hikvision")],
            {
                "manufacturer": "Hikvision",
                "brand": "Hikvision",
                "class_": "camera",
                "model": "DS-2CD2143G2-I",
                "firmware": "V5.7.3",
                "firmware_date": "2022-01-12",
                "confidence": 0.99,
                "covered": "yes",
                "mac": f"44:19:b6:00:00:{last:02x}",
            },
        )
        for last in (21, 22, 23)
    ),
    (
        "10.20.0.31",
        (80, 8000),
        [_HIK_SADP],
        {
            "manufacturer": "Hikvision",
            "brand": "LTS",
            "class_": "camera",
            "model": "CMIP8242",
            "firmware": "V5.4.5",
            "firmware_date": "2017-02-16",
            "confidence": 0.93,
            "covered": "yes",
            "tags": ("not-activated",),
        },
    ),
    (
        "10.20.0.41",
        (80, 554, 37777),
        [_DAHUA_DHIP, _DAHUA_RTSP],
        {
            "manufacturer": "Dahua",
            "brand": "Dahua",
            "class_": "camera",
            "model": "IPC-HDW5442T-ZE",
            "firmware": "2.800.0000000.31.R",
            "firmware_date": "2021-03-05",
            "confidence": 0.98,
            "covered": "yes",
            "mac": "3c:ef:8c:00:00:41",
        },
    ),
    (
        "198.51.100.44",
        (8080, 37777),
        [_DAHUA_DHIP],
        {
            "manufacturer": "Dahua",
            "brand": "Amcrest",
            "class_": "camera",
            "model": "IP8M-2496E",
            "firmware": "2.622.0000000.7.R",
            "confidence": 0.95,
            "covered": "yes",
            "location": Location(country="US", city="Springfield"),
            "asn": Asn(number=64500, org="Example Access Networks"),
        },
    ),
    (
        "10.20.0.52",
        (80, 554),
        [_DAHUA_RTSP],
        {
            "manufacturer_candidates": ("Dahua", "Hikvision", "Uniview"),
            "brand": "Honeywell",
            "class_": "camera",
            "confidence": 0.62,
            "covered": "possible",
            "conflicts": (
                Conflict(
                    about="manufacturer", value="Uniview", strength=0.4, fingerprints=("uniview-http-page-title",)
                ),
            ),
        },
    ),
    (
        "10.20.0.53",
        (554,),
        [_DAHUA_RTSP],
        {
            "manufacturer_candidates": ("Dahua", "Lorex"),
            "brand": "Lorex",
            "class_": "camera",
            "model": "LNB4321B",
            "confidence": 0.7,
            "covered": "possible",
            "mac": "00:1f:54:00:00:53",
        },
    ),
    (
        "10.20.0.61",
        (80, 443, 554),
        [_AXIS, _onvif("Axis")],
        {
            "manufacturer": "Axis",
            "brand": "Axis",
            "class_": "camera",
            "model": "P3265-LVE",
            "firmware": "11.8.64",
            "confidence": 0.99,
            "covered": "no",
            "mac": "ac:cc:8e:01:23:45",
            "hostname": "axis-accc8e012345.example.net",
        },
    ),
    (
        "10.20.0.62",
        (80, 443),
        [_onvif("Hanwha")],
        {
            "manufacturer": "Hanwha Vision",
            "brand": "Wisenet",
            "class_": "camera",
            "model": "XND-6080R",
            "firmware": "1.41.12",
            "confidence": 0.96,
            "covered": "no",
        },
    ),
    (
        "10.20.0.63",
        (80, 554, 9000),
        [_onvif("Reolink")],
        {
            "manufacturer": "Reolink",
            "brand": "Reolink",
            "class_": "camera",
            "model": "RLC-810A",
            "firmware": "v3.1.0.956",
            "confidence": 0.94,
            "covered": "no",
        },
    ),
    (
        "2001:db8:20::64",
        (443,),
        [_AXIS],
        {
            "manufacturer": "Axis",
            "brand": "Axis",
            "class_": "recorder",
            "model": "S2208",
            "confidence": 0.97,
            "covered": "no",
            "addresses": ("2001:db8:20::64", "10.20.0.64"),
        },
    ),
    ("10.20.0.71", (554,), [], {"class_": "camera", "confidence": 0.5, "covered": "unknown"}),
]


def make_device(
    address: str,
    ports: tuple[int, ...],
    signs: Signs,
    known: dict[str, Any],
    operators: tuple[str, ...],
) -> DeviceReport:
    """One device of the realistic document."""
    facts: dict[str, Any] = {"covered": "unknown", **_SEEN, **known}
    law = covered_law(operators) if facts["covered"] in ("yes", "possible") else clear_law(operators)
    return DeviceReport(
        address=address,
        addresses=facts.pop("addresses", (address,)),
        ports=ports,
        endpoints=tuple(Endpoint(ip=address, port=port, transport="tcp", service="http") for port in ports),
        evidence=tuple(evidence(*sign, address, ports[0]) for sign in signs),
        determinations=law if facts["covered"] != "unknown" else (),
        **facts,
    )


_REGIMES = (
    RegimeNote(
        key="FCC_EA",
        name="FCC equipment authorization (Secure Equipment Act)",
        binds="Those who apply for an FCC authorization and those who certify equipment.",
        forbids="New authorizations of covered equipment.",
        does_not="It does not make owning or using deployed equipment unlawful.",
        in_force_from="2023-02-06",
        authority=("Pub. L. 117-55", "47 CFR 2.903"),
    ),
    RegimeNote(
        key="FCC_PREVAUTH",
        name="FCC bar on importing and marketing older covered models",
        binds="Importers and sellers.",
        forbids="Importing and marketing covered models that were authorized earlier.",
        does_not="It does not restrict the use of equipment that was bought.",
        in_force_from="2026-07-16",
        authority=("FCC 25-71", "FR Doc. 2026-13518"),
    ),
    RegimeNote(
        key="S889_A",
        name="Section 889(a)(1)(A), NDAA FY2019",
        binds="Federal agencies, and those who sell to them.",
        forbids="Procuring, or extending contracts for, covered equipment.",
        does_not="It does not order the removal of equipment that an agency already owns.",
        in_force_from="2019-08-13",
        authority=("Pub. L. 115-232 s.889", "FAR 52.204-25"),
    ),
    RegimeNote(
        key="S889_B",
        name="Section 889(a)(1)(B), NDAA FY2019",
        binds="Federal prime contractors.",
        forbids="Using covered equipment as a substantial or essential part of any system.",
        does_not="It does not flow down to subcontractors.",
        in_force_from="2020-08-13",
        authority=("85 FR 42665",),
    ),
    RegimeNote(
        key="S889_GRANTS",
        name="Section 889(b) and 2 CFR 200.216",
        binds="Recipients of federal grants and loans.",
        forbids="Spending award money on covered equipment.",
        does_not="It does not bar owning or using it, nor buying it with other money.",
        in_force_from="2020-08-13",
        authority=("2 CFR 200.216", "2 CFR 200.471"),
    ),
    RegimeNote(
        key="FCC_SUBSIDY",
        name="Covered List subsidy bar",
        binds="Recipients of FCC subsidies.",
        forbids="Spending them on covered equipment, its upkeep included.",
        does_not="It does not reach other money.",
        in_force_from="2021-05-11",
        authority=("47 U.S.C. 1602", "47 CFR 54.10"),
    ),
)

_SOURCES = (
    SourceNote(key="S02", title="FCC 22-84, 88 FR 7592", url="https://www.fcc.gov/document/22-84", grade="V"),
    SourceNote(
        key="S04", title="Secure Equipment Act of 2021, Pub. L. 117-55", url="https://www.congress.gov/", grade="V"
    ),
    SourceNote(key="S12", title="FCC 25-71, 90 FR 53227", url="https://www.govinfo.gov/", grade="V"),
    SourceNote(
        key="S14", title="FCC Public Notice of 2026-06-26", url="https://www.federalregister.gov/", grade="V"
    ),
    SourceNote(key="S17", title="47 CFR 54.10", url="https://www.ecfr.gov/", grade="V"),
    SourceNote(key="S22", title="FAR 52.204-25", url="https://www.acquisition.gov/far/52.204-25", grade="V"),
    SourceNote(key="S23", title="85 FR 53126", url="https://www.govinfo.gov/", grade="V"),
    SourceNote(
        key="S25", title="2 CFR 200.216", url="https://www.ecfr.gov/current/title-2/section-200.216", grade="V"
    ),
)

_LIMITS = (
    "A device that was switched off, unplugged or on another network was not seen.",
    "Cameras behind a recorder are not reached from outside it.",
    "An identification shows the likely origin of the firmware. It is not the legal producer.",
)


def _run() -> Run:
    return Run(
        kind="scan",
        status="complete",
        started_at="2026-11-24T09:15:00Z",
        finished_at="2026-11-24T09:21:30Z",
        command="coverscan scan 10.20.0.0/24 198.51.100.44 --scope authorization.toml",
        operator_name="Sam Example",
        site="Springfield Depot",
        targets=("10.20.0.0/24", "198.51.100.44", "2001:db8:20::64"),
        exclusions=("10.20.0.200-10.20.0.210",),
        authorization=Authorization(
            who="Alex Example, facilities manager",
            ranges=("10.20.0.0/24", "198.51.100.44/32"),
            valid_from="2026-11-20",
            valid_to="2026-12-20",
            reference="WO-2026-118",
        ),
        engine="connect",
        profile="normal",
        rate_per_second=200.0,
        ports=(80, 443, 554, 8000, 8080, 37777),
        counts={"targets": 247, "targets done": 247, "addresses answered": 18, "probe: timed-out": 4},
    )


def build_document(stated: tuple[str, ...] = ("federal_prime_contractor",)) -> ReportDocument:
    """The realistic document, for the operators in ``stated``, or for the panel where none is."""
    operators = stated or PANEL
    stakeholder = Stakeholder(
        operators=operators, use="building_security", as_of="2026-11-24", stated=bool(stated)
    )
    devices = tuple(
        make_device(address, ports, signs, known, operators) for address, ports, signs, known in _DEVICES
    )
    return ReportDocument(
        title="Network equipment report: Springfield Depot",
        generated_at="2026-11-24T09:22:00Z",
        run=_run(),
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
        knowledge=Knowledge(
            coverscan_version="0.1.0",
            fingerprints=142,
            fingerprints_sha256="0" * 64,
            law_last_verified="2026-11-24",
            regimes=_REGIMES,
            sources=_SOURCES,
            limits=_LIMITS,
            disclaimer=NOT_LEGAL_ADVICE,
        ),
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


HOSTILE_TEXTS = (
    "<script>window.ran=1</script>",
    "</script><script>window.ran=1</script>",
    "</SCRIPT ><img src=x onerror=window.ran=1>",
    "<!--<script>window.ran=1",
    "-->",
    "<![CDATA[<script>window.ran=1</script>]]>",
    "</style><script>window.ran=1</script>",
    "</title><script>window.ran=1</script>",
    "</template><script>window.ran=1</script>",
    "</textarea><svg onload=window.ran=1>",
    "<svg><script>window.ran=1</script></svg>",
    "<img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>parent.ran=1</script>'></iframe>",
    "<a href=javascript:alert(1)>x</a>",
    "<base href=https://example.net/>",
    "<meta http-equiv=refresh content='0;url=https://example.net/'>",
    "<link rel=stylesheet href=https://example.net/x.css>",
    "<form action=https://example.net/><input autofocus onfocus=alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "JaVaScRiPt:window.ran=1",
    "data:text/html,<script>window.ran=1</script>",
    "vbscript:msgbox(1)",
    'https://example.net/"onmouseover="window.ran=1',
    "https://example.net/ onmouseover=alert(1) ",
    '" onmouseover="window.ran=1" x="',
    "' onmouseover='window.ran=1' x='",
    "`${window.ran=1}`",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "{answer}{0}{device.__class__}%s%n$1\\1",
    "&lt;script&gt;alert(1)&lt;/script&gt;&#60;b&#62;",
    "\u2028window.ran=1\u2029",
    "\x1b[2J\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07\x1b]8;;https://example.net\x07link\x1b]8;;\x07",
    "\x9b31m\x90q\x9c",
    "\r\nHTTP/1.1 200 OK\r\n\r\n",
    "a\rb\bc\x7fd\x00e",
    "\u202egnp.exe\u2066x\u2069",
    "\u200b\u200d\ufeff\u00ad\U000e0041",
    "Z" + "\u0316\u0317\u0318\u0319" * 40 + "algo",
    '=HYPERLINK("https://example.net";"x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+9)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "\u200b=1+1",
    "\uff1d1+1",
    "x;=1+1",
    "x,=1+1\n=2+2",
    '"=1+1',
    "%0A%0D../../../../etc/passwd",
    "\ud800lone\udfff",
    "\U0010ffff\ue000\u3164",
    "日本語のカメラ",
    "ת" * 30,
    "W" * 9_000,
    "",
)
"""What devices and files might say to break a page, a table, a terminal or a parser."""

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
    """For each hostile text a small document that holds it in every field; two of its devices are covered."""
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
