"""Hardware addresses in device text: finding them, and which registered block they belong to."""

from __future__ import annotations

import re

_MAC = re.compile(
    r"(?<![0-9A-Fa-f])(?:"
    r"(?<![0-9A-Fa-f][:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![:-][0-9A-Fa-f]{2}(?![0-9A-Fa-f]))"
    r"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}"
    r"|[0-9A-Fa-f]{12}"
    r")(?![0-9A-Fa-f])"
)
_WINDOW = 4_096
PREFIX_DIGITS = (9, 7, 6)
"""Lengths of a registered prefix in hexadecimal digits, longest first: a small block lies in a larger one."""


def find_mac(text: str) -> str | None:
    """The first hardware address in the first 4,096 characters of ``text``, as 12 lower-case digits."""
    found = _MAC.search(text[:_WINDOW])
    return re.sub(r"[^0-9a-f]", "", found.group().lower()) if found else None


def is_device_mac(digits: str) -> bool:
    """Whether 12 digits can be one device's own address: not multicast, not empty, not a sample."""
    return not int(digits[1], 16) & 1 and len(set(digits[6:])) > 1 and digits not in _SAMPLES


_SAMPLES = frozenset({"001122334455", "123456789abc", "000000000001", "020000000000"})


def colon_form(digits: str) -> str:
    """12 hexadecimal digits as ``aa:bb:cc:dd:ee:ff``."""
    return ":".join(digits[start : start + 2] for start in range(0, 12, 2)).lower()
