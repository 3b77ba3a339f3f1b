"""The ``ssl`` object of a Shodan banner as ``tls.*`` fields.

Shodan gives names as objects of OpenSSL's short keys, the serial as an integer of up to 160 bits, dates as
``YYYYMMDDhhmmssZ`` and versions with a leading ``-`` where they are not spoken. Alternative names stand only
in the escaped bytes of the extension. Where the chain is there (a minified banner lacks it), the certificate
itself is read, as the TLS probe reads it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from collections.abc import Mapping

from scanner.sources.json_access import JsonObject, object_at, text_at, texts_of

_NAME_ORDER = ("CN", "OU", "O", "L", "ST", "C")
"""Most certificates hold their name as C, ST, L, O, OU, CN, and RFC 4514 writes it from the end."""

_ATTRIBUTE_TYPES = {
    "emailAddress": "1.2.840.113549.1.9.1",
    "unstructuredName": "1.2.840.113549.1.9.2",
    "serialNumber": "2.5.4.5",
    "SN": "2.5.4.4",
    "description": "2.5.4.13",
    "businessCategory": "2.5.4.15",
    "postalCode": "2.5.4.17",
    "name": "2.5.4.41",
    "GN": "2.5.4.42",
    "dnQualifier": "2.5.4.46",
    "street": "STREET",
}
"""RFC 4514 writes attribute types without a short name of its own as object identifiers."""

_VERSIONS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_SPECIAL = re.compile(r'([,+"<>;\\])')
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_MAX_PEM_CHARS = 65_536
_MAX_EXTENSION_CHARS = 65_536
_IP_ADDRESS = 0x87
_TEXT_NAMES = (0x81, 0x82, 0x86)
"""Tags of GeneralName: mail address, host name, URI; and the address in bytes above."""


def tls_fields(ssl: JsonObject) -> dict[str, object]:
    """The ``tls.*`` fields that the ``ssl`` object of a banner holds."""
    certificate = object_at(ssl, "cert")
    sha256 = text_at(object_at(certificate, "fingerprint"), "sha256")
    told: dict[str, object] = {
        "tls.subject": distinguished_name(object_at(certificate, "subject")),
        "tls.issuer": distinguished_name(object_at(certificate, "issuer")),
        "tls.serial": serial_hex(certificate.get("serial")),
        "tls.not_before": iso_date(text_at(certificate, "issued")),
        "tls.not_after": iso_date(text_at(certificate, "expires")),
        "tls.sha256": sha256.lower() if sha256 and _SHA256.fullmatch(sha256) else None,
        "tls.version": highest_version(ssl),
        "tls.san": alternative_names(ssl) or None,
    }
    return told | dict(_read_certificate(next(iter(texts_of(ssl.get("chain"))), ""), sha256))


def _read_certificate(pem: str, sha256: str | None) -> Mapping[str, object]:
    """The fields of the certificate in ``pem``, if it is whole and the one with this fingerprint."""
    found = _PEM.search(pem[:_MAX_PEM_CHARS])
    if found is None:
        return {}
    try:
        der = base64.b64decode("".join(found[1].split()), validate=True)
    except (binascii.Error, ValueError):
        return {}
    if sha256 is not None and hashlib.sha256(der).hexdigest() != sha256.lower():
        return {}
    from scanner.probes.tls_certificate import certificate_fields  # loads cryptography: not before it is needed

    return certificate_fields(der)


def distinguished_name(name: JsonObject) -> str | None:
    """A name in RFC 4514 form, in the order most certificates have; None for an empty one."""
    keys = [key for key in name if key not in _NAME_ORDER] + [key for key in _NAME_ORDER if key in name]
    parts = [
        f"{_ATTRIBUTE_TYPES.get(key, key)}={_escaped(value)}" for key in keys for value in texts_of(name[key])
    ]
    return ",".join(parts) or None


def _escaped(value: str) -> str:
    escaped = _SPECIAL.sub(r"\\\1", value).replace("\0", "\\00")
    if escaped[:1] in ("#", " "):
        escaped = "\\" + escaped
    if escaped.endswith(" ") and not escaped.endswith("\\ "):
        escaped = escaped[:-1] + "\\ "
    return escaped


def serial_hex(serial: object) -> str | None:
    """A serial number in lower-case hex; None for a number that went through a float and lost its digits."""
    if isinstance(serial, str) and re.fullmatch(r"-?[0-9]{1,1000}", serial):
        serial = int(serial)
    if isinstance(serial, int) and not isinstance(serial, bool):
        return format(serial, "x")
    return None


def iso_date(text: str | None) -> str | None:
    """``20250331085625Z`` as ``2025-03-31T08:56:25Z``."""
    found = _DATE.fullmatch(text or "")
    return "{}-{}-{}T{}:{}:{}Z".format(*found.groups()) if found else None


def highest_version(ssl: JsonObject) -> str | None:
    """The highest protocol version that was spoken, as ``TLSv1.2``."""
    spoken = [version for version in texts_of(ssl.get("versions")) if version in _VERSIONS]
    if not spoken:
        negotiated = text_at(object_at(ssl, "cipher"), "version")
        return negotiated if negotiated in _VERSIONS else None
    return max(spoken, key=_VERSIONS.index)


def alternative_names(ssl: JsonObject) -> list[str]:
    """The subject alternative names: host names, addresses, mail addresses and URIs."""
    extensions = object_at(ssl, "cert").get("extensions")
    for extension in extensions if isinstance(extensions, list) else ():
        if isinstance(extension, dict) and extension.get("name") == "subjectAltName":
            data = extension.get("data")
            if isinstance(data, str):
                return _general_names(_unescaped(data[:_MAX_EXTENSION_CHARS]))
    return []


def _unescaped(text: str) -> bytes:
    """The bytes behind ``0\\x82\\x0bexample.com``."""

    def plain(found: re.Match[str]) -> str:
        return chr(int(found[1], 16)) if found[1] else _PLAIN_ESCAPES.get(found[2], found[2])

    return _ESCAPE.sub(plain, text).encode("latin-1", "replace")


def _general_names(der: bytes) -> list[str]:
    """The names in a DER sequence of GeneralName; reading stops where the bytes make no sense."""
    outer = _element(der, 0)
    if outer is None or outer[0] != 0x30:
        return []
    names: list[str] = []
    content, position = outer[1], 0
    while (element := _element(content, position)) is not None:
        tag, value, position = element
        if tag in _TEXT_NAMES:
            names.append(value.decode("utf-8", "replace"))
        elif tag == _IP_ADDRESS and len(value) in (4, 16):
            names.append(str(ipaddress.ip_address(value)))
    return names


def _element(der: bytes, position: int) -> tuple[int, bytes, int] | None:
    """Tag, content and end of the DER element at ``position``, or None where there is no whole one."""
    if position + 2 > len(der):
        return None
    tag, length, start = der[position], der[position + 1], position + 2
    if length >= 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4 or start + size > len(der):
            return None
        length = int.from_bytes(der[start : start + size], "big")
        start += size
    return (tag, der[start : start + length], start + length) if start + length <= len(der) else None
