"""One way of writing a MAC address."""

from __future__ import annotations

import re

_MAC = re.compile(r"\s*([0-9A-Fa-f]{2})(?:([-:]?)([0-9A-Fa-f]{2}))(?:\2([0-9A-Fa-f]{2})){4}\s*")
_NOT_HEX = re.compile(r"[^0-9A-Fa-f]")


def normalise_mac(text: str | None) -> str | None:
    """``44-19-B6-00-00-01`` or ``4419b6000001`` as ``44:19:b6:00:00:01``; None for what names no interface."""
    if text is None or len(text) > 64 or not _MAC.fullmatch(text):
        return None
    digits = _NOT_HEX.sub("", text).lower()
    if digits in ("0" * 12, "f" * 12):
        return None
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))
