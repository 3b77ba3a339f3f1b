"""SNMP: what the agent of a device says of its system, with a community that the user gave.

Port: 161/udp. Sent: one SNMPv2c GetRequest for sysDescr.0, sysObjectID.0 and sysName.0; where sysObjectID is
Hikvision's or Dahua's, one more for the maker's own objects (model, name, firmware, serial number). Never sent:
anything without a community from the user (there is none built in, and trying some would be guessing passwords),
another community, SetRequest, a walk.
Silence may mean a wrong community, another version, or no agent. The community is not kept in what is recorded.
Sources: RFC 3416; public integrations with Hikvision's and Dahua's private MIBs (seen on V5.2.2 to V5.10.0).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from fingerprints.observation import bounded_fields
from scanner.outcome import ProbeOutcome
from scanner.probes import ber
from scanner.probes.datagram_exchange import Question, Told, exchange, other_protocol, outcome_of
from scanner.probes.description import ProbeDescription
from scanner.wire import Network

PROBE = ProbeDescription(name="snmp", ports=(161,), transport="udp", connections=0, packets=2)

SYSTEM = {
    "1.3.6.1.2.1.1.1.0": "snmp.sysdescr",
    "1.3.6.1.2.1.1.2.0": "snmp.sysobjectid",
    "1.3.6.1.2.1.1.5.0": "snmp.sysname",
}
_ENTERPRISES = "1.3.6.1.4.1."
_OWN_OBJECTS = {
    "39165": tuple(f"39165.1.{number}.0" for number in (1, 2, 3, 4, 6)),
    "50001": tuple(f"50001.1.{number}.0" for number in (2, 3, 240)),
    "1004849": tuple(f"1004849.2.1.{tail}" for tail in ("1.1.0", "1.2.0", "2.1.0")),
}
"""By enterprise number: Hikvision (cameras, recorders), Dahua."""

_VERSION_2C = 1
_GET_REQUEST, _RESPONSE = 0xA0, 0xA2
_IP_ADDRESS, _UNSIGNED = 0x40, (ber.INTEGER, 0x41, 0x42, 0x43, 0x46)
_MAX_VALUES = 32


def request(community: str, objects: Sequence[str], number: int) -> bytes:
    """A GetRequest; ``number`` (31 bits) comes back in the response."""
    bindings = b"".join(
        ber.element(ber.SEQUENCE, ber.object_identifier(name) + ber.element(ber.NULL, b"")) for name in objects
    )
    head = ber.integer(number & 0x7FFFFFFF) + ber.integer(0) + ber.integer(0)
    message = (
        ber.integer(_VERSION_2C)
        + ber.element(ber.OCTET_STRING, community.encode("utf-8"))
        + ber.element(_GET_REQUEST, head + ber.element(ber.SEQUENCE, bindings))
    )
    return ber.element(ber.SEQUENCE, message)


def values(data: bytes) -> dict[str, str] | None:
    """The objects of a GetResponse with their values as text; None where the bytes are none. Total."""
    try:
        message = ber.read_element(data).content
        version = ber.read_element(message)
        community = ber.read_element(message, version.end)
        pdu = ber.read_element(message, community.end)
        if pdu.tag != _RESPONSE:
            return None
        number = ber.read_element(pdu.content)
        error = ber.read_element(pdu.content, number.end)
        index = ber.read_element(pdu.content, error.end)
        return _bindings(ber.read_element(pdu.content, index.end).content)
    except ValueError:
        return None


def parse(data: bytes) -> Told | None:
    """The ``snmp.*`` fields, or the maker's own objects as lines of ``banner.raw``. Total."""
    found = values(data)
    if found is None:
        return None
    own = "".join(f"{name} = {value}\n" for name, value in found.items() if name not in SYSTEM)
    fields: dict[str, object] = {SYSTEM[name]: value for name, value in found.items() if name in SYSTEM and value}
    return Told(bounded_fields({**fields, "banner.raw": own or None}))


def _new_number() -> int:
    return secrets.randbits(31)


async def ask(
    network: Network,
    ip: str,
    port: int = 161,
    *,
    community: str | None = None,
    wait: float = 2.0,
    new_number: Callable[[], int] = _new_number,
) -> tuple[ProbeOutcome, ...]:
    """The system's description, and the maker's own objects where they are known; nothing without a community."""
    if not community:
        return ()
    replies = await exchange(
        network, ip, port, PROBE, Question((request(community, tuple(SYSTEM), new_number()),), wait)
    )
    if isinstance(replies, ProbeOutcome):
        return (replies,)
    told = parse(replies[0].data)
    if told is None:
        return (other_protocol(PROBE, port, replies[0]),)
    own = _own_objects(str(told.fields.get("snmp.sysobjectid", "")))
    if own:
        more = await exchange(network, ip, port, PROBE, Question((request(community, own, new_number()),), wait))
        extra = None if isinstance(more, ProbeOutcome) else parse(more[0].data)
        if extra is not None:
            told = Told(extra.fields | told.fields)
    return (outcome_of(PROBE, port, replies[0], told),)


def _own_objects(system_object: str) -> tuple[str, ...]:
    enterprise = system_object.removeprefix(f".{_ENTERPRISES}").partition(".")[0]
    return tuple(_ENTERPRISES + name for name in _OWN_OBJECTS.get(enterprise, ()))


def _bindings(data: bytes) -> dict[str, str]:
    """Object and value of each binding; what is missing at the agent has no value and is left out."""
    found: dict[str, str] = {}
    at = 0
    while at < len(data) and len(found) < _MAX_VALUES:
        binding = ber.read_element(data, at)
        at = binding.end
        name = ber.read_element(binding.content)
        value = ber.read_element(binding.content, name.end)
        text = _text(value)
        if name.tag == ber.OBJECT_IDENTIFIER and text is not None:
            found.setdefault(ber.read_object_identifier(name.content), text)
    return found


def _text(value: ber.Element) -> str | None:
    if value.tag == ber.OCTET_STRING:
        return value.content.decode("utf-8", "replace").rstrip("\0")
    if value.tag == ber.OBJECT_IDENTIFIER:
        return f".{ber.read_object_identifier(value.content)}"
    if value.tag in _UNSIGNED:
        return str(ber.read_integer(value.content))
    if value.tag == _IP_ADDRESS:
        return ".".join(map(str, value.content[:4]))
    return None
