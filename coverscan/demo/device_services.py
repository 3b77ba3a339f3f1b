"""What the services of an emulated device say: the part of its file under ``tcp`` and ``udp``."""

from __future__ import annotations

from typing import Literal

import msgspec

Certainty = Literal["recorded", "plausible"]
"""``recorded``: received from a real device. Changed are only addresses, times, nonces and the tails of serial
numbers; where the source kept only the values, the protocol's frame around them is filled in.
``plausible``: the shape is known, the text is filled in."""

Touch = Literal["talk", "connect-only", "never"]
"""What a scan may do at a port: speak its protocol; connect and listen without sending; nothing at all."""


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a device file: unknown keys are mistakes."""


class Reply(Strict, frozen=True, kw_only=True):
    """One answer: ``head`` line by line, verbatim, each ended by CRLF; then ``body``.

    ``bom`` puts the bytes EF BB BF before the body, ``body_line_end`` says how its lines end on the wire.
    ``icon`` sends a small generated picture instead. ``body_certainty`` is set where head and body differ.
    """

    head: tuple[str, ...]
    body: str = ""
    body_line_end: Literal["lf", "crlf"] = "lf"
    bom: bool = False
    icon: bool = False
    certainty: Certainty
    body_certainty: Certainty | None = None
    source: str = ""


class Page(Reply, frozen=True, kw_only=True):
    """An HTTP reply and the request that gets it: a path (its query ignored unless given here) and a method.

    ``contains`` is a text that must stand in the request's body, such as the name of an ONVIF operation.
    """

    path: str
    method: str = "GET"
    contains: str | None = None


class Http(Strict, frozen=True, kw_only=True):
    """A web server: its pages, the answer to every other path, and its habits.

    ``bad_request`` is the answer to what is no HTTP. ``needs_crlf``: lines that end in a bare LF get no answer.
    """

    pages: tuple[Page, ...]
    not_found: Reply
    bad_request: Reply | None = None
    needs_crlf: bool = False


class Rtsp(Strict, frozen=True, kw_only=True):
    """An RTSP server: a reply for each method, and one for all others (none: the connection is closed)."""

    replies: dict[str, Reply]
    otherwise: Reply | None = None


class Banner(Strict, frozen=True, kw_only=True):
    """A service that speaks first, or not at all.

    ``greeting`` is sent on connect; ``idle_hex`` after ``idle_seconds`` without a byte; ``data_hex`` once at
    least ``data_bytes`` arrived. With either of the last two the connection is closed after it.
    """

    greeting: str = ""
    idle_hex: str = ""
    idle_seconds: float = 2.0
    data_hex: str = ""
    data_bytes: int = 4
    touch: Touch = "connect-only"
    certainty: Certainty
    source: str = ""


class Tls(Strict, frozen=True, kw_only=True):
    """The certificate (names in RFC 4514 form) and the TLS versions of a service; self-signed without issuer."""

    subject: str
    issuer: str | None = None
    serial_hex: str | None = None
    not_before: str = "2020-01-01"
    not_after: str = "2035-12-31"
    names: tuple[str, ...] = ()
    minimum_version: Literal["1.0", "1.1", "1.2", "1.3"] = "1.2"
    maximum_version: Literal["1.0", "1.1", "1.2", "1.3"] = "1.3"
    certainty: Certainty
    source: str = ""


class TcpService(Strict, frozen=True, kw_only=True):
    """What listens at one TCP port: exactly one of the four, within TLS where ``tls`` is given."""

    http: Http | None = None
    rtsp: Rtsp | None = None
    banner: Banner | None = None
    misbehaves: str | None = None
    tls: Tls | None = None

    @property
    def kind(self) -> str:
        """Name of the service for the journal."""
        if self.http is not None:
            return "https" if self.tls else "http"
        if self.rtsp is not None:
            return "rtsp"
        return "banner" if self.banner is not None else "misbehaving"

    @property
    def touch(self) -> Touch:
        """What a scan may do at this port."""
        return self.banner.touch if self.banner is not None else "talk"


class Sadp(Strict, frozen=True, kw_only=True):
    """Hikvision discovery (UDP 37020): the XML reply, and which inquiries are answered."""

    reply: str
    types: tuple[Literal["inquiry", "inquiry_v32"], ...] = ("inquiry", "inquiry_v32")
    certainty: Certainty
    source: str = ""


class Dhip(Strict, frozen=True, kw_only=True):
    """Dahua discovery (UDP 37810): the JSON reply without its header, and what follows it in the datagram."""

    reply: str
    tail: str = "\n\0"
    answers_any_byte: bool = False
    certainty: Certainty
    source: str = ""


class DvripSearch(Strict, frozen=True, kw_only=True):
    """Dahua's older discovery (UDP 5050): the facts from which the binary reply is packed."""

    host_name: str
    model: str
    mac: str
    serial: str
    http_port: int = 80
    tcp_port: int = 37777
    certainty: Certainty
    source: str = ""


class WsDiscovery(Strict, frozen=True, kw_only=True):
    """ONVIF discovery (UDP 3702): the SOAP reply to a Probe whose types are among ``types``, or without types.

    ``one_line_only``: a probe that holds a line break is ignored, as real firmware did.
    """

    reply: str
    types: tuple[str, ...] = ("NetworkVideoTransmitter", "Device")
    one_line_only: bool = False
    certainty: Certainty
    source: str = ""


class Ssdp(Strict, frozen=True, kw_only=True):
    """UPnP discovery (UDP 1900): the head of the reply to an M-SEARCH for one of ``targets`` or ssdp:all."""

    head: tuple[str, ...]
    targets: tuple[str, ...] = ("upnp:rootdevice",)
    certainty: Certainty
    source: str = ""


class UdpService(Strict, frozen=True, kw_only=True):
    """What listens at one UDP port: exactly one."""

    sadp: Sadp | None = None
    dhip: Dhip | None = None
    dvrip_search: DvripSearch | None = None
    ws_discovery: WsDiscovery | None = None
    ssdp: Ssdp | None = None
    silent: bool = False
    misbehaves: str | None = None

    @property
    def kind(self) -> str:
        """Name of the service for the journal."""
        named = ("sadp", "dhip", "dvrip_search", "ws_discovery", "ssdp", "misbehaves")
        return next((name.replace("_", "-") for name in named if getattr(self, name)), "silent")


class Limit(Strict, frozen=True, kw_only=True):
    """How many TCP connections the device bears at once, and what becomes of the next one."""

    connections: int
    then: Literal["reset", "hang"] = "reset"
