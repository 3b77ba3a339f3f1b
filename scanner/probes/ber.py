"""The part of ASN.1's basic encoding rules that SNMP uses: written short, read with every length checked.

Sources: X.690; RFC 3416 and RFC 2578 for the types of SNMP.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

INTEGER, OCTET_STRING, NULL, OBJECT_IDENTIFIER, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30

_MAX_ARCS = 128


class Element(NamedTuple):
    """One element: its tag, its content, and where the next one begins."""

    tag: int
    content: bytes
    end: int


def element(tag: int, content: bytes) -> bytes:
    """One element in definite form."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + content


def integer(value: int) -> bytes:
    """A number that is not negative."""
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def object_identifier(text: str) -> bytes:
    """``1.3.6.1.2.1.1.1.0`` as an element."""
    first, second, *others = (int(arc) for arc in text.split("."))
    return element(OBJECT_IDENTIFIER, b"".join(map(_written_arc, (40 * first + second, *others))))


def read_element(data: bytes, at: int = 0) -> Element:
    """The element that begins at ``at``; raises ``ValueError`` where it is cut or of no definite length."""
    if at + 2 > len(data):
        raise ValueError("an element is cut")
    tag, length = data[at], data[at + 1]
    at += 2
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4 or at + size > len(data):
            raise ValueError("no length")
        length = int.from_bytes(data[at : at + size], "big")
        at += size
    if at + length > len(data):
        raise ValueError("an element is cut")
    return Element(tag, data[at : at + length], at + length)


def read_integer(content: bytes) -> int:
    """The number in the content of an INTEGER; raises ``ValueError``."""
    if not 1 <= len(content) <= 9:
        raise ValueError("no number")
    return int.from_bytes(content, "big", signed=True)


def read_object_identifier(content: bytes) -> str:
    """The content of an OBJECT IDENTIFIER as ``1.3.6…``; raises ``ValueError``."""
    arcs = list(_read_arcs(content))
    if not arcs:
        raise ValueError("an empty object identifier")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def _read_arcs(content: bytes) -> Iterable[int]:
    if len(content) > 5 * _MAX_ARCS or (content and content[-1] & 0x80):
        raise ValueError("a cut object identifier")
    arc = 0
    for byte in content:
        arc = arc << 7 | byte & 0x7F
        if arc >= 1 << 40:
            raise ValueError("an arc that is too large")
        if not byte & 0x80:
            yield arc
            arc = 0


def _written_arc(arc: int) -> bytes:
    groups = [arc & 0x7F]
    while arc := arc >> 7:
        groups.append(0x80 | arc & 0x7F)
    return bytes(reversed(groups))
