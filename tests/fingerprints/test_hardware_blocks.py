from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints import hardware_blocks as module
from fingerprints.database_loader import Database, load_database
from fingerprints.hardware_block_files import write_blocks
from fingerprints.hardware_blocks import (
    REGISTRY_FINGERPRINT,
    SHIPPED_BLOCKS,
    BlocksError,
    HardwareBlocks,
    hardware_blocks,
    maker_of_organisation,
    read_blocks,
    registry_evidence,
    user_blocks,
)
from fingerprints.identify import identify_observation
from fingerprints.matcher import Matcher
from fingerprints.observation import Observation


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No list of whoever runs the tests, and nothing remembered from it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    _forget()
    yield
    _forget()


def _forget() -> None:
    hardware_blocks.cache_clear()
    module._registered_maker.cache_clear()


@pytest.mark.parametrize(
    ("address", "prefix", "organisation"),
    [
        ("44:19:b6:00:00:01", "4419B6", "Hangzhou Hikvision Digital Technology Co.,Ltd."),
        ("E0-A7-00-12-34-56", "E0A700", "Verkada Inc"),
        ("a4da.2220.0001", "A4DA222", "Wyze Labs Inc"),
        ("10dcb6500001", "10DCB65", "Milesight Taiwan"),
        ("e82725", "E82725", "Axis Communications AB"),
        ("70:b3:d5:98:70:01", "70B3D5987", "Axis Corporation"),
    ],
)
def test_the_smallest_block_of_the_shipped_list(address: str, prefix: str, organisation: str) -> None:
    block = read_blocks(SHIPPED_BLOCKS).block(address)
    assert block is not None
    assert block.prefix == prefix
    assert block.organisation.startswith(organisation)


@pytest.mark.parametrize(
    "address", ["02:00:00:00:00:01", "01:00:5e:00:00:01", "4419", "", "camera", "ff:ff:ff:ff:ff:ff"]
)
def test_addresses_that_nobody_is_given(address: str) -> None:
    assert read_blocks(SHIPPED_BLOCKS).block(address) is None


def test_the_shipped_list_is_whole_dated_and_quick_to_load() -> None:
    read_blocks(SHIPPED_BLOCKS)
    times = []
    for _ in range(5):
        before = time.perf_counter()
        registry = read_blocks(SHIPPED_BLOCKS)
        times.append(time.perf_counter() - before)
    assert min(times) < 0.02
    blocks = registry.blocks()
    assert len(blocks) > 58_000
    assert {len(prefix) for prefix in blocks} == {6, 7, 9}
    assert SHIPPED_BLOCKS.stat().st_size < 3_000_000
    assert registry.dated >= "2026-10-24"
    assert "licence" in SHIPPED_BLOCKS.read_text("utf-8")[:1_000]


def test_every_block_is_found_again() -> None:
    registry = read_blocks(SHIPPED_BLOCKS)
    for prefix, organisation in list(registry.blocks().items())[::97]:
        assert registry._organisation(prefix) == organisation


@given(
    blocks=st.dictionaries(
        st.from_regex(r"[0-9A-F][048C][0-9A-F]{4}(?:[0-9A-F]|[0-9A-F]{3})?", fullmatch=True),
        st.from_regex(r"[!-~]{1,20}", fullmatch=True),
        max_size=40,
    ),
    tail=st.from_regex(r"[0-9A-F]{12}", fullmatch=True),
)
def test_halving_finds_what_a_dictionary_finds(blocks: dict[str, str], tail: str) -> None:
    lines = "\n".join(sorted(f"{prefix}\t{name}" for prefix, name in blocks.items())).encode()
    registry = HardwareBlocks("2026-01-01", "", lines)
    for prefix in [*blocks, tail[0] + "0" + tail[2:6]]:
        address = (prefix + tail)[:12]
        expected = next(((address[:n], blocks[address[:n]]) for n in (9, 7, 6) if address[:n] in blocks), None)
        assert registry.block(address) == expected


def test_a_newer_list_of_the_users_is_preferred(tmp_path: Path) -> None:
    write_blocks(user_blocks(), {"4419B6": "Somebody Else"}, "2090-01-01", "a test")
    block = hardware_blocks().block("44:19:b6:00:00:01")
    assert block is not None
    assert block.organisation == "Somebody Else"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "older than the list"),
        ("nonsense", "line 1: not a list of hardware blocks"),
        ("# coverscan hardware blocks 1\n# date: soon\n# blocks: 0\n", "has no date"),
        ("# coverscan hardware blocks 1\n# date: 2090-01-01\n# blocks: 2\n4419B6\tX\n", "was cut or changed"),
    ],
)
def test_a_list_of_the_users_that_is_left_aside(content: str | None, reason: str) -> None:
    path = user_blocks()
    path.parent.mkdir(parents=True)
    if content is None:
        write_blocks(path, {"4419B6": "Somebody Else"}, "2001-01-01", "a test")
    else:
        path.write_text(content, "utf-8")
    registry = hardware_blocks()
    assert reason in registry.ignored
    assert registry.block("44:19:b6:00:00:01") != ("4419B6", "Somebody Else")


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BlocksError, match="cannot be read"):
        read_blocks(tmp_path / "none.txt")


def test_a_registered_maker_is_evidence_of_its_own_family(database: Database) -> None:
    real = load_database()
    seen = Observation(source="arp", ip="192.0.2.7", mac="c0:ba:1f:00:00:01")
    (evidence,) = registry_evidence(seen, real)
    assert evidence.family == "oui"
    assert evidence.claims == {"manufacturer": "Milesight"}
    assert "C0BA1F" in evidence.description
    assert evidence.excerpt == "c0:ba:1f:00:00:01"
    assert registry_evidence(seen, database) == ()  # a database that does not know the maker


def test_an_entry_about_the_block_stands_alone() -> None:
    matcher = Matcher(load_database())
    found = identify_observation(Observation(source="arp", mac="44:19:b6:00:00:01"), matcher)
    families = [item.fingerprint for item in found.evidence if item.family == "oui"]
    assert families
    assert REGISTRY_FINGERPRINT not in families


@pytest.mark.parametrize(
    "organisation",
    [
        "Espressif Inc.",
        "VMware, Inc.",
        "Raspberry Pi Foundation",
        "EL.MO. spa",
        "xm",
        "Axis Corporation",
        "Nobody Ltd",
        "Private",
    ],
)
def test_organisations_that_prove_nothing(organisation: str) -> None:
    assert maker_of_organisation(organisation, load_database()) is None


def test_a_name_that_is_also_a_label_of_other_makers_proves_nothing() -> None:
    database = load_database()
    labels = [
        name
        for name, brand in database.brands.items()
        if name in database.manufacturers and any(relation.maker != name for relation in brand.relations)
    ]
    assert labels
    assert all(maker_of_organisation(name, database) is None for name in labels)


def test_the_address_in_an_ipv6_address_counts(seen: Callable[..., Observation]) -> None:
    (evidence,) = registry_evidence(seen(ip="2001:db8::c2ba:1fff:fe00:1"), load_database())
    assert evidence.claims == {"manufacturer": "Milesight"}


def test_without_an_address_nothing_is_read(
    monkeypatch: pytest.MonkeyPatch, seen: Callable[..., Observation]
) -> None:
    monkeypatch.setattr(module, "hardware_blocks", lambda: pytest.fail("the list was read"))
    assert registry_evidence(seen({"http.server": "x"}, ip="192.0.2.1"), load_database()) == ()
