"""The fields of an X.509 certificate in DER, device-made or hostile: whatever can be read, never an exception.

``cryptography`` reads it where it can. It refuses some that devices really bear (negative serials, broken
names or times); those are walked through by hand, down to the SHA-256, which always can be told.
Source: RFC 5280 for the structure, RFC 4514 for the written form of names.
"""

from __future__ import annotations

import hashlib
import ipaddress
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from fingerprints.observation import FieldValue, bounded_fields

_REFUSALS = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
_MAX_CHILDREN = 256
_MAX_NAMES = 64
_SHORT_NAMES = {
    "550403": "CN",
    "550406": "C",
    "550407": "L",
    "550408": "ST",
    "550409": "STREET",
    "55040a": "O",
    "55040b": "OU",
    "0992268993f22c640101": "UID",
    "0992268993f22c640119": "DC",
}
_WIDE_STRINGS = {28: "utf-32-be", 30: "utf-16-be"}
_BYTE_STRINGS = (12, 18, 19, 20, 22, 26)  # UTF-8, Numeric, Printable, Teletex, IA5, Visible
_SAN_EXTENSION = "551d11"


def certificate_fields(der: bytes) -> dict[str, FieldValue]:
    """The ``tls.*`` fields of a certificate (all but ``tls.version``); at least ``tls.sha256``."""
    try:
        found = _read_by_library(der)
    except _REFUSALS:
        found = _read_by_hand(der)
    found["tls.sha256"] = hashlib.sha256(der).hexdigest()
    return bounded_fields(found)


def _read_by_library(der: bytes) -> dict[str, object]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks on over-long names and zero serials: we only look
        certificate = x509.load_der_x509_certificate(der)
        if certificate.serial_number < 0:
            raise ValueError("negative serial")
        return {
            "tls.subject": certificate.subject.rfc4514_string(),
            "tls.issuer": certificate.issuer.rfc4514_string(),
            "tls.serial": format(certificate.serial_number, "x"),
            "tls.not_before": _iso(certificate.not_valid_before_utc),
            "tls.not_after": _iso(certificate.not_valid_after_utc),
            "tls.san": _san_by_library(certificate) or None,
        }


def _san_by_library(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    plain = (x509.DNSName, x509.IPAddress, x509.RFC822Name, x509.UniformResourceIdentifier)
    return tuple(str(name.value) for name in list(names)[:_MAX_NAMES] if isinstance(name, plain))


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Element(NamedTuple):
    """One DER element: its tag byte and its content."""

    tag: int
    content: bytes


def _children(content: bytes) -> Iterator[_Element]:
    """The elements in ``content``; ends at the first that is none."""
    at = 0
    for _ in range(_MAX_CHILDREN):
        if at + 2 > len(content):
            return
        tag, length = content[at], content[at + 1]
        at += 2
        if length & 0x80:
            octets = length & 0x7F
            if not 1 <= octets <= 4:
                return
            length = int.from_bytes(content[at : at + octets], "big")
            at += octets
        yield _Element(tag, content[at : at + length])
        at += length


def _read_by_hand(der: bytes) -> dict[str, object]:
    certificate = next(_children(der), None)
    signed = next(_children(certificate.content), None) if certificate else None
    parts = list(_children(signed.content)) if signed else []
    if parts and parts[0].tag == 0xA0:  # the version, absent in version 1
        parts = parts[1:]
    # serial, signature algorithm, issuer, validity, subject, key, extensions
    found: dict[str, object] = {}
    if parts and parts[0].content:
        found["tls.serial"] = format(int.from_bytes(parts[0].content, "big"), "x")
    for at, name in ((2, "tls.issuer"), (4, "tls.subject")):
        if len(parts) > at:
            found[name] = _name(parts[at].content)
    if len(parts) > 3:
        times = [_time(element) for element in _children(parts[3].content)]
        found |= dict(zip(("tls.not_before", "tls.not_after"), times, strict=False))
    found["tls.san"] = tuple(_san(parts[5:])) or None
    return found


def _name(content: bytes) -> str:
    """A name as RFC 4514 writes it: the last part first."""
    parts = []
    for group in _children(content):
        values = []
        for attribute in _children(group.content):
            pair = list(_children(attribute.content))[:2]
            if len(pair) == 2:
                values.append(f"{_attribute_type(pair[0].content)}={_attribute_value(pair[1])}")
        if values:
            parts.append("+".join(values))
    return ",".join(reversed(parts))


def _attribute_type(oid: bytes) -> str:
    return _SHORT_NAMES.get(oid.hex()) or _dotted(oid)


def _dotted(oid: bytes) -> str:
    numbers: list[int] = []
    value = 0
    for octet in oid[:64]:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            if not numbers:
                first = min(value // 40, 2)
                numbers += [first, value - 40 * first]
            else:
                numbers.append(value)
            value = 0
    return ".".join(map(str, numbers))


def _attribute_value(element: _Element) -> str:
    content = element.content[:1_024]
    if element.tag in _WIDE_STRINGS:
        text = content.decode(_WIDE_STRINGS[element.tag], "replace")
    elif element.tag in _BYTE_STRINGS:
        text = _text(content)
    else:
        return "#" + content[:128].hex()
    escaped = "".join("\\" + char if char in '\\"+,;<>' else "\\00" if char == "\0" else char for char in text)
    if escaped.startswith(("#", " ")):
        escaped = "\\" + escaped
    return escaped[:-1] + "\\ " if text.endswith(" ") and len(text) > 1 else escaped


def _text(content: bytes) -> str:
    """UTF-8 whatever the string type says, else Latin-1, which old Teletex strings hold."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _time(element: _Element) -> str | None:
    """UTCTime or GeneralizedTime in ISO form; None for what is no time."""
    text = element.content[:20].decode("ascii", "replace").rstrip("Z")
    if element.tag == 23 and len(text) == 12:
        text = ("20" if text < "50" else "19") + text
    try:
        return _iso(datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC))
    except ValueError:
        return None


def _san(after_subject: list[_Element]) -> Iterator[str]:
    for block in after_subject:
        extensions = next(_children(block.content), None) if block.tag == 0xA3 else None
        for extension in _children(extensions.content) if extensions else ():
            parts = list(_children(extension.content))
            if parts and parts[0].content.hex() == _SAN_EXTENSION:
                names = next(_children(parts[-1].content), None)
                yield from _general_names(names.content if names else b"")


def _general_names(content: bytes) -> Iterator[str]:
    for element in list(_children(content))[:_MAX_NAMES]:
        if element.tag in (0x81, 0x82, 0x86):  # mail, DNS, URI
            yield element.content.decode("utf-8", "replace")
        elif element.tag == 0x87 and len(element.content) in (4, 16):
            yield str(ipaddress.ip_address(element.content))
