"""Distinguished names in the forms other tools write, as RFC 4514 writes them: the most particular part first."""

from __future__ import annotations

import re

_PART = re.compile(r"\s*([A-Za-z][A-Za-z0-9.-]{0,40}|[0-9.]{3,60})\s*=\s*((?:\\.|[^\\,])*)", re.S)
_BROADEST = ("C", "ST", "DC")
_EMAIL = {"emailaddress": "1.2.840.113549.1.9.1"}


def rfc4514(name: str | None) -> str | None:
    """``C=CN, O=Maker, CN=device`` as ``CN=device,O=Maker,C=CN``; None for what is no name."""
    text = (name or "").strip()[:4_096]
    if text.startswith("/"):  # OpenSSL's oldest form
        text = ", ".join(part.replace(",", "\\,") for part in text[1:].split("/"))
    parts: list[tuple[str, str]] = []
    at = 0
    while (found := _PART.match(text, at)) is not None:
        key = _EMAIL.get(found[1].lower(), found[1] if found[1][0].isdigit() else found[1].upper())
        parts.append((key, found[2].strip()))
        at = found.end() + 1
        if at > len(text) or text[found.end()] != ",":
            break
    if not parts:
        return None
    first, last = parts[0][0], parts[-1][0]
    if (first in _BROADEST and last not in _BROADEST) or (last == "CN" and first != "CN"):
        parts.reverse()
    return ",".join(f"{key}={value}" for key, value in parts)
