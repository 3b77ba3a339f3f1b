"""The recorded word that lets a scan touch public addresses: who allowed it, for which ranges, from when to when."""

from __future__ import annotations

import datetime as dt
import ipaddress
import tomllib
from pathlib import Path

import msgspec

from scanner.targets import AddressRange


class AuthorizationError(ValueError):
    """An authorization file is missing, unreadable or incomplete; the message names file and key."""


class Authorization(msgspec.Struct, frozen=True, kw_only=True):
    """Who allowed the scan of which ranges, from when to when (ISO days), with their reference."""

    who: str
    ranges: tuple[str, ...]
    valid_from: str | None = None
    valid_to: str | None = None
    reference: str | None = None

    def address_ranges(self) -> tuple[AddressRange, ...]:
        """The authorized networks as ranges of addresses."""
        networks = [ipaddress.ip_network(text, strict=False) for text in self.ranges]
        return tuple(
            AddressRange(net.version, int(net.network_address), int(net.broadcast_address)) for net in networks
        )

    def is_valid_on(self, day: dt.date) -> bool:
        """Whether ``day`` (UTC) lies within the authorized time, both ends included."""
        iso = day.isoformat()
        return (self.valid_from or iso)[:10] <= iso <= (self.valid_to or iso)[:10]


def load_authorization(path: Path) -> Authorization:
    """Read an authorization file (TOML: who, ranges, valid_from, valid_to, reference).

    Raises ``AuthorizationError`` naming the file and what is missing or wrong: a public scan without a full
    record of who allowed it does not start.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise AuthorizationError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AuthorizationError(f"{path}: not a TOML file ({error})") from None
    unknown = set(table) - {"who", "ranges", "valid_from", "valid_to", "reference"}
    if unknown:
        raise AuthorizationError(f"{path}: unknown key {sorted(unknown)[0]!r}")
    who = table.get("who")
    if not isinstance(who, str) or not who.strip():
        raise AuthorizationError(f"{path}: `who` must name the person who authorizes the scan")
    return Authorization(
        who=who.strip(),
        ranges=_ranges(path, table.get("ranges")),
        valid_from=_day(path, "valid_from", table.get("valid_from")),
        valid_to=_day(path, "valid_to", table.get("valid_to")),
        reference=str(table["reference"]) if "reference" in table else None,
    )


def _ranges(path: Path, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise AuthorizationError(f'{path}: `ranges` must be a list of networks, such as ["203.0.113.0/24"]')
    for item in value:
        try:
            ipaddress.ip_network(item, strict=False)
        except ValueError:
            raise AuthorizationError(f"{path}: `ranges`: {item} is not a network") from None
    return tuple(value)


def _day(path: Path, key: str, value: object) -> str | None:
    if value is None:
        return None
    try:
        if isinstance(value, dt.datetime):
            return value.date().isoformat()
        if isinstance(value, dt.date):
            return value.isoformat()
        return dt.date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise AuthorizationError(f"{path}: `{key}` is not a date such as 2026-12-31") from None
