"""Whom a hardware address is registered to: the IEEE's list of assigned blocks, and what follows from it.

The list is a sorted text file, ``PREFIX<TAB>organisation`` a line, searched as it lies: nothing is parsed but its
heading. The user's own copy (``coverscan fingerprints update-blocks``) is used where it is not older.
"""

from __future__ import annotations

import datetime
import os
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from fingerprints.database_loader import Database
from fingerprints.identification import Evidence
from fingerprints.mac_addresses import PREFIX_DIGITS, colon_form, find_mac
from fingerprints.observation import Observation
from fingerprints.self_description import device_macs

SHIPPED_BLOCKS = Path(__file__).parent / "database" / "hardware-blocks.txt"
TITLE = "# coverscan hardware blocks 1"
"""First line of the file: what it is, and the version of its form."""

MAX_FILE_BYTES = 32 * 1_048_576
REGISTRY_FINGERPRINT = "ieee-registry"
"""Names evidence that comes from the registry and not from an entry of the database."""

REGISTRY_FAMILY = "oui"
REGISTRY_WEIGHT = 0.6
"""Less than that of a block which an entry names: a maker's blocks are also on what it sold on, or has bought."""

_HEADING = re.compile(rb"# (?P<key>[a-z]+): (?P<value>[^\r\n]*)")
_MAC_FIELDS = ("sadp.mac", "dhip.mac", "isapi.mac")


class BlocksError(ValueError):
    """A list of blocks cannot be used; the message names the file and the reason."""


class Block(NamedTuple):
    """A block of hardware addresses: its 6, 7 or 9 hexadecimal digits (upper case), and whom it is assigned to."""

    prefix: str
    organisation: str


class HardwareBlocks:
    """The list of blocks, of the day ``dated`` (ISO). ``ignored`` says why the user's own list is not used."""

    def __init__(self, dated: str, source: str, lines: bytes, ignored: str = "") -> None:
        self.dated = dated
        self.source = source
        self.ignored = ignored
        self._lines = lines

    def block(self, address: str) -> Block | None:
        """The smallest block that holds ``address`` (any usual form, or its first 6 digits or more).

        None where nobody has it, and for addresses that a device chose itself or shares (locally administered,
        multicast): those are in no registry.
        """
        digits = (find_mac(address) or re.sub(r"[^0-9A-Fa-f]", "", address[:64])).upper()
        if len(digits) < min(PREFIX_DIGITS) or int(digits[1], 16) & 0b11:
            return None
        for length in PREFIX_DIGITS:
            name = self._organisation(digits[:length]) if len(digits) >= length else None
            if name is not None:
                return Block(digits[:length], name)
        return None

    def blocks(self) -> dict[str, str]:
        """Every block, as prefix → organisation."""
        return dict(line.split("\t", 1) for line in self._lines.decode("utf-8").split("\n") if line)

    def _organisation(self, prefix: str) -> str | None:
        """The organisation of exactly that block, found by halving the sorted lines."""
        lines, wanted = self._lines, prefix.encode() + b"\t"
        low, high = 0, len(lines)
        while low < high:
            start = lines.rfind(b"\n", low, (low + high) // 2) + 1 or low
            end = lines.find(b"\n", start, high)
            line = lines[start : high if end < 0 else end]
            if line.startswith(wanted):
                return line[len(wanted) :].decode("utf-8", "replace")
            if line < wanted:
                low = start + len(line) + 1
            else:
                high = start
        return None


def user_blocks() -> Path:
    """Where the user's own list lies, in their data folder."""
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "coverscan" / "hardware-blocks.txt"


@lru_cache(maxsize=1)
def hardware_blocks() -> HardwareBlocks:
    """The user's list where there is one that is as new as the one of the package, else the latter.

    Read once per process. A list of the user's that cannot be used is told in ``ignored``, never raised.
    """
    shipped = read_blocks(SHIPPED_BLOCKS)
    try:
        path = user_blocks()
        own = read_blocks(path) if path.is_file() else None
    except (BlocksError, OSError, RuntimeError) as error:
        return HardwareBlocks(shipped.dated, shipped.source, shipped._lines, ignored=str(error))
    if own is None:
        return shipped
    if own.dated < shipped.dated:
        reason = f"{path}: of {own.dated}, older than the list of {shipped.dated} that coverscan brings"
        return HardwareBlocks(shipped.dated, shipped.source, shipped._lines, ignored=reason)
    return own


def read_blocks(path: Path) -> HardwareBlocks:
    """The list in a file of coverscan's own form. Raises ``BlocksError``."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BlocksError(f"{path}: cannot be read ({error.strerror})") from None
    if len(content) > MAX_FILE_BYTES:
        raise BlocksError(f"{path}: larger than {MAX_FILE_BYTES // 1_048_576} MB")
    told: dict[str, str] = {}
    start = 0
    while content.startswith(b"#", start):
        end = content.find(b"\n", start) + 1 or len(content)
        found = _HEADING.match(content, start, end)
        if found:
            told[found["key"].decode()] = found["value"].decode("utf-8", "replace")
        start = end
    if not content.startswith(TITLE.encode()):
        raise BlocksError(f"{path}: line 1: not a list of hardware blocks, which begins with {TITLE!r}")
    try:
        dated = datetime.date.fromisoformat(told.get("date", "")).isoformat()
    except ValueError:
        raise BlocksError(f"{path}: its heading has no date") from None
    lines = content[start:].rstrip(b"\n")
    if str(lines.count(b"\n") + 1 if lines else 0) != told.get("blocks"):
        raise BlocksError(
            f"{path}: does not hold the {told.get('blocks')} blocks of its heading; it was cut or changed"
        )
    return HardwareBlocks(dated, told.get("source", ""), lines)


def registry_evidence(observation: Observation, database: Database) -> tuple[Evidence, ...]:
    """What the registry says about the maker of a device whose hardware address is known; nothing for most.

    It speaks only where the organisation is a manufacturer of the database by its own name or another spelling,
    makes whole devices, and is not also a label of other makers'.
    """
    if not (observation.mac or ":" in (observation.ip or "") or any(map(observation.fields.get, _MAC_FIELDS))):
        return ()  # most observations have no hardware address, and looking closer costs time
    for digits in device_macs(observation):
        found = _registered_maker(digits[: max(PREFIX_DIGITS)], database)
        if found is not None:
            return (
                Evidence(
                    fingerprint=REGISTRY_FINGERPRINT,
                    field="mac",
                    family=REGISTRY_FAMILY,
                    excerpt=colon_form(digits),
                    weight=REGISTRY_WEIGHT,
                    description=found[1],
                    claims={"manufacturer": found[0]},
                    ip=observation.ip,
                    port=observation.port,
                ),
            )
    return ()


@lru_cache(maxsize=65_536)
def _registered_maker(digits: str, database: Database) -> tuple[str, str] | None:
    """The manufacturer for the first digits of an address, and the reason in words."""
    registry = hardware_blocks()
    block = registry.block(digits)
    maker = maker_of_organisation(block.organisation, database) if block else None
    if block is None or maker is None:
        return None
    return maker, (
        f"the IEEE registry of {registry.dated} gives the block {block.prefix} of its MAC address "
        f"to {block.organisation}"
    )


def maker_of_organisation(organisation: str, database: Database) -> str | None:
    """The manufacturer that a registered organisation is; None where it is not known, or proves nothing."""
    maker = database.manufacturer_name(organisation)
    known = database.manufacturers.get(maker or "")
    if known is None or known.parts_maker or organisation.casefold() in map(str.casefold, known.namesakes):
        return None
    label = database.brands.get(known.manufacturer)
    if label is not None and any(relation.maker != known.manufacturer for relation in label.relations):
        return None
    return known.manufacturer
