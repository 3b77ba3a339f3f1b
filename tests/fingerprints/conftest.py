"""A small database of made-up makers, and short ways to write observations and evidence."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from fingerprints.database_loader import Database, load_database
from fingerprints.identification import Evidence
from fingerprints.observation import Observation, bounded_fields

VOCABULARY = """
families:
- {family: sadp, group: sadp, meaning: discovery}
- {family: http-auth, group: login-realm, meaning: realm of HTTP}
- {family: rtsp-auth, group: login-realm, meaning: realm of RTSP}
- {family: http-server, group: http-server, meaning: name of the web server}
- {family: http-page, group: http-page, meaning: page}
- {family: oui, group: oui, meaning: address block}
- {family: tool, group: tool, meaning: another tool}
- {family: asset, group: asset, meaning: inventory}
classes:
- {class: camera, meaning: camera}
- {class: recorder, meaning: recorder}
- {class: router, meaning: router}
- {class: nas, meaning: disk}
- {class: unknown, meaning: not known}
tags:
- {tag: honeypot, meaning: pretends}
- {tag: software, meaning: program}
requested: ["/", "/login/page.asp"]
"""

MANUFACTURERS = """
manufacturers:
- {manufacturer: Acme, aliases: [Acme Vision Technology]}
- {manufacturer: Borealis}
- {manufacturer: Cirrus}
- {manufacturer: Delta Net, aliases: [DeltaNet]}
- {manufacturer: Eos}
"""

BRANDS = """
brands:
- brand: Seabird
  aliases: [Sea Bird Security]
  relations:
  - {maker: Acme, relation: oem, certainty: high, source: catalogue, seen: 2026-11-24}
- brand: Gull
  relations:
  - {maker: Acme, relation: oem, certainty: high, source: catalogue, seen: 2026-11-24}
  - {maker: Borealis, relation: oem, certainty: middling, source: manual, seen: 2026-11-24}
- brand: Petrel
  relations:
  - {maker: Borealis, relation: own, certainty: high, source: its site, seen: 2026-11-24}
- {brand: Auk}
"""

ENTRIES = r"""
defaults: {manufacturer: Acme}
entries:
- id: acme-http-server
  description: the web server calls itself AcmeWeb
  family: http-server
  weight: 0.8
  match:
  - {field: http.server, is: AcmeWeb}
  means: {class: camera, class_weight: 0.6}
  source: {text: seen on three cameras, seen: 2026-11-24, mark: observed}
  examples:
  - fields: {http.server: AcmeWeb}
    expect: {manufacturer: Acme, class: camera}
  not:
  - what: another server
    fields: {http.server: AcmeWebProxy}
- id: acme-sadp-reply
  description: it answers the maker's discovery with a model and a version
  family: sadp
  weight: 0.95
  match:
  - {field: sadp.description, matches: '^(?P<model>AC-[0-9A-Z-]{2,20})$'}
  - {field: sadp.firmware, matches: '^(?P<version>V[0-9.]{1,12}) ?build (?P<build>\d{6})$'}
  - {field: sadp.serial, matches: '(?P<serial>[A-Z][0-9]{8})$'}
  means:
    model: {from: model}
    firmware: {from: version}
    firmware_date: {from: build, format: yymmdd}
    serial: {from: serial}
  source: {text: captured reply, seen: 2026-11-24, mark: observed}
  examples:
  - fields: {sadp.description: AC-200, sadp.firmware: V1.2.3build 200131, sadp.serial: AC-20020200131E00000001}
    expect: {model: AC-200, firmware: V1.2.3, firmware_date: 2020-01-31, serial: E00000001}
"""


def write_database(folder: Path, files: dict[str, str]) -> Path:
    """A database folder with ``files`` and the usual words beside them."""
    texts = {
        "vocabulary.yaml": VOCABULARY,
        "manufacturers.yaml": MANUFACTURERS,
        "brands.yaml": BRANDS,
        "acme.yaml": ENTRIES,
        **files,
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")
    return folder


@pytest.fixture
def database_folder(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Writes a database folder: the small one, with further or other files."""
    return lambda files: write_database(tmp_path / "database", files)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The small database, with a model grammar and an entry file of another maker."""
    models = """
    models:
    - {manufacturer: Acme, matches: "^AC-2", class: camera, source: catalogue, examples: [AC-200]}
    - {manufacturer: Acme, matches: "^AC-7", class: recorder, source: catalogue, examples: [AC-700]}
    - {brand: Seabird, matches: "^SB-9", class: recorder, source: catalogue}
    """
    folder = write_database(tmp_path_factory.mktemp("small"), {"models/acme.yaml": models})
    return load_database(folder)


@pytest.fixture
def seen() -> Callable[..., Observation]:
    """``seen({"http.server": "x"}, ip=…, port=…)`` → an observation."""

    def make(fields: dict[str, object] | None = None, **endpoint: object) -> Observation:
        return Observation(source="test", fields=bounded_fields(fields or {}), **endpoint)  # type: ignore[arg-type]

    return make


@pytest.fixture
def sign() -> Callable[..., Evidence]:
    """``sign("http-page", 0.8, manufacturer="Acme")`` → evidence with these claims."""

    def make(family: str, weight: float, name: str = "", **claims: str) -> Evidence:
        cleaned = {key.rstrip("_"): value for key, value in claims.items()}
        return Evidence(
            fingerprint=name or f"{family}-{'-'.join(cleaned.values())}",
            field="http.body",
            family=family,
            excerpt="text",
            weight=weight,
            claims=cleaned,
        )

    return make
