"""Makes what a device said fit for publication: addresses and serial numbers changed, the shape kept."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

from fingerprints.observation import FieldValue

_MAC = re.compile(
    r"(?<![0-9A-Za-z])([0-9A-Fa-f]{2})([:-])([0-9A-Fa-f]{2})\2([0-9A-Fa-f]{2})(?:\2[0-9A-Fa-f]{2}){3}(?![0-9A-Za-z])"
)
_BARE_MAC = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9]*[A-Fa-f])(?=[A-Fa-f]*[0-9])([0-9A-Fa-f]{6})[0-9A-Fa-f]{6}(?![0-9A-Za-z])"
)
_UUID = re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b")
# Not 4.30.5.12 in "V4.30.5.12" or "Server/4.30.5.12": only what stands alone or after "//".
_IPV4 = re.compile(
    r"(?<![\w.-])(?<![^/]/)(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\w|\.\d)"
)
_IPV6 = re.compile(r"(?<![0-9A-Za-z:])(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{1,4}(?![0-9A-Za-z:])")
_LONG_TOKEN = re.compile(r"(?<![0-9A-Za-z])(?=(?:[A-Za-z]*\d){5})[0-9A-Za-z]{9,}(?![0-9A-Za-z])")
_SERIAL_FIELDS = (".serial", "tls.sha256")


class Anonymiser:
    """Replaces addresses and serial numbers; one original has one replacement throughout."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def fields(self, fields: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
        """The fields of an observation, made anonymous."""
        return {
            name: self.text(name, value)
            if isinstance(value, str)
            else tuple(self.text(name, item) for item in value)
            for name, value in fields.items()
        }

    def text(self, name: str, text: str) -> str:
        """One text of the field ``name``."""
        if name.startswith("http.favicon") or name == "snmp.sysobjectid":
            return text
        text = _UUID.sub(lambda found: f"00000000-0000-0000-0000-{self._number(found[0]):012d}", text)
        text = _MAC.sub(lambda found: self._mac(found, found[2]), text)
        text = _BARE_MAC.sub(lambda found: f"{found[1]}{self._number(found[0]):06x}", text)
        text = _IPV4.sub(lambda found: f"192.0.2.{self._number(found[0], 'v4')}", text)
        text = _IPV6.sub(lambda found: self._ipv6(found[0]), text)
        if name.endswith(_SERIAL_FIELDS):
            return _zeroed(text)
        return _LONG_TOKEN.sub(
            lambda found: found[0] if _BARE_MAC.fullmatch(found[0]) else _zeroed(found[0]), text
        )

    def _ipv6(self, text: str) -> str:
        try:
            ipaddress.IPv6Address(text)
        except ValueError:  # a hardware address, a time
            return text
        return f"2001:db8::{self._number(text, 'v6'):x}"

    def _mac(self, found: re.Match[str], separator: str) -> str:
        number = f"{self._number(found[0]):06x}"
        return separator.join([found[1], found[3], found[4], number[:2], number[2:4], number[4:]])

    def _number(self, original: str, kind: str = "") -> int:
        """1, 2, 3 … in the order of appearance, for each kind of address."""
        key = f"{kind} {original.lower()}"
        if key not in self._known:
            self._known[key] = str(1 + sum(known.split(" ")[0] == kind for known in self._known))
        return int(self._known[key])


def _zeroed(text: str) -> str:
    """The text with each long run of digits as zeros and a 1 (the last run where none is long); letters stay."""
    runs = list(re.finditer(r"\d+", text))
    long = [run for run in runs if len(run[0]) >= 5] or runs[-1:]
    for run in reversed(long):
        text = text[: run.start()] + "0" * (len(run[0]) - 1) + "1" + text[run.end() :]
    return text
