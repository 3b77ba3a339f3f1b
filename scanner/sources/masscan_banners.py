"""What a banner record of masscan says; masscan takes titles, Server headers and certificates out for themselves.

Source: ``masscan_app_to_string`` in masscan's source.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from scanner.sources.banner import banner_fields

_SERVICES = {"http.server": "http", "title": "http", "html": "http", "nbtstat": "netbios"}
_WEB_FIELDS = {"title": "http.title", "http.server": "http.server"}
_MAX_CERTIFICATE = 65_536


def masscan_banner(name: str | None, banner: bytes, transport: str) -> tuple[str | None, Mapping[str, object]]:
    """The service that a banner of the kind ``name`` belongs to, and its fields."""
    if name in _WEB_FIELDS:
        return "http", {_WEB_FIELDS[name]: " ".join(banner.decode("utf-8", "replace").split())}
    if name == "html":
        return "http", {"http.body": banner}
    if name == "X509":
        try:
            der = base64.b64decode(b"".join(banner[:_MAX_CERTIFICATE].split()), validate=True)
        except (binascii.Error, ValueError):
            return None, {}
        from scanner.probes.tls_certificate import certificate_fields  # loads cryptography

        return None, certificate_fields(der)
    return banner_fields(banner, service=_SERVICES.get(name or "", name), transport=transport)
