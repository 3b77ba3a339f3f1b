"""A device that is emulated: one declarative YAML file under ``devices/``, loaded and checked here.

The files hold only what a device says on the wire and what a scan must conclude from it. They are no source
for fingerprints: what is marked ``plausible`` was never seen to come from a device.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml
from msgspec import UNSET, UnsetType, field

from coverscan.demo.device_services import Certainty, Limit, Reply, Strict, TcpService, UdpService
from coverscan.demo.placeholders import unknown_placeholders

DEVICES_FOLDER = Path(__file__).parent / "devices"

Covered = Literal["yes", "possible", "no", "unknown"]
DeviceClass = Literal[
    "camera",
    "recorder",
    "intercom",
    "access-control",
    "encoder",
    "alarm",
    "switch",
    "display",
    "radio",
    "router",
    "nas",
    "printer",
    "phone",
    "other",
    "unknown",
]
Text = str | None | UnsetType

_SAFE_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NAME = re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")


class DeviceFileError(ValueError):
    """A device file cannot be used; the message names the file and the place in it."""


class Expect(Strict, frozen=True, kw_only=True):
    """What a scan must conclude. A key that is absent is not asserted; null means that it must stay unknown.

    ``from_udp`` names the keys that only a UDP discovery reply tells: where those services cannot run, the
    keys are not asserted (``without_udp``).
    """

    covered: Covered
    manufacturer: Text = UNSET
    brand: Text = UNSET
    class_: DeviceClass | UnsetType = field(default=UNSET, name="class")
    model: Text = UNSET
    firmware: Text = UNSET
    firmware_date: Text = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    from_udp: tuple[str, ...] = ()

    def without_udp(self) -> Expect:
        """The part of the expectation that TCP services alone can tell."""
        cleared = {("class_" if key == "class" else key): UNSET for key in self.from_udp}
        return msgspec.structs.replace(self, **cleared, from_udp=())

    def asserted(self) -> dict[str, object]:
        """The keys that are asserted, under the names of an identification line."""
        raw: dict[str, object] = msgspec.to_builtins(self)
        raw.pop("from_udp", None)
        return raw


class EmulatedDevice(Strict, frozen=True, kw_only=True):
    """One emulated device.

    ``recorded``: the replies that tell maker and kind were received from real devices. ``source`` says from
    where. ``host`` is the suggested last number of its loopback address. ``facts`` are texts that the replies
    use as placeholders. ``delay_ms`` is how long it takes to answer, applied on demand.
    """

    name: str
    description: str
    recorded: bool
    source: str
    host: int
    expect: Expect
    facts: dict[str, str] = field(default_factory=dict)
    limit: Limit | None = None
    delay_ms: tuple[int, int] = (20, 200)
    tcp: dict[int, TcpService] = field(default_factory=dict)
    udp: dict[int, UdpService] = field(default_factory=dict)
    misbehaving: bool = False


@cache
def load_devices(folder: Path = DEVICES_FOLDER) -> tuple[EmulatedDevice, ...]:
    """All devices of ``folder``, ordered by host number; raises ``DeviceFileError``."""
    devices = sorted((load_device(path) for path in sorted(folder.glob("*.yaml"))), key=lambda found: found.host)
    seen: dict[int, str] = {}
    for device in devices:
        if device.host in seen:
            raise DeviceFileError(f"{device.name}: host {device.host} is already taken by {seen[device.host]}")
        seen[device.host] = device.name
    return tuple(devices)


def load_device(path: Path) -> EmulatedDevice:
    """One device file; raises ``DeviceFileError`` naming the file and what is wrong with it."""
    try:
        raw = yaml.load(path.read_text("utf-8"), Loader=_SAFE_LOADER)  # noqa: S506 - a safe loader
        device = msgspec.convert(raw, EmulatedDevice)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise DeviceFileError(f"{path.name}: {error}") from None
    if device.name != path.stem:
        raise DeviceFileError(f"{path.name}: the name {device.name!r} is not the file's")
    for problem in problems_of(device):
        raise DeviceFileError(f"{path.name}: {problem}")
    return device


def problems_of(device: EmulatedDevice) -> Iterator[str]:
    """What makes a well-formed device unusable, one sentence each."""
    if not _NAME.match(device.name):
        yield f"{device.name!r} is not a lower-case name with hyphens"
    if not 2 <= device.host <= 254:
        yield f"host {device.host} is not between 2 and 254"
    if not device.source.strip():
        yield "no source is given"
    if not device.tcp and not device.udp:
        yield "no service is given"
    for port in [*device.tcp, *device.udp]:
        if not 1 <= port <= 65535:
            yield f"{port} is not a port"
    for key in device.expect.from_udp:
        if ("class_" if key == "class" else key) not in msgspec.structs.asdict(device.expect):
            yield f"expect.from_udp names {key!r}, which is no key of expect"
    yield from _service_problems(device)
    if device.recorded and not any(certainty == "recorded" for certainty in certainties(device)):
        yield "marked recorded, but not one of its replies is"


def _service_problems(device: EmulatedDevice) -> Iterator[str]:
    for port, tcp in device.tcp.items():
        if sum(part is not None for part in (tcp.http, tcp.rtsp, tcp.banner, tcp.misbehaves)) != 1:
            yield f"tcp {port}: give exactly one of http, rtsp, banner, misbehaves"
    for port, udp in device.udp.items():
        parts = (udp.sadp, udp.dhip, udp.dvrip_search, udp.ws_discovery, udp.ssdp, udp.misbehaves)
        if sum(part is not None for part in parts) + udp.silent != 1:
            known = "sadp, dhip, dvrip_search, ws_discovery, ssdp, silent, misbehaves"
            yield f"udp {port}: give exactly one of {known}"
    ports = frozenset(device.tcp) | frozenset(device.udp)
    for text in texts_of({"tcp": device.tcp, "udp": device.udp, "facts": device.facts}):
        for name in unknown_placeholders(text, device.facts, ports):
            yield f"{{{name}}} is no placeholder, no fact and no declared port of this device"
    for reply in replies_of(device):
        if any("\r" in line or "\n" in line for line in reply.head):
            yield "a head line holds a line break: give one list item a line"
        if "recorded" in (reply.certainty, reply.body_certainty) and not reply.source:
            yield f"the recorded reply {reply.head[:1]} names no source"


def texts_of(part: object) -> Iterator[str]:
    """Every text inside a device or a part of it."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, msgspec.Struct):
        yield from texts_of(msgspec.structs.asdict(part))
    elif isinstance(part, dict):
        for value in part.values():
            yield from texts_of(value)
    elif isinstance(part, (tuple, list)):
        for value in part:
            yield from texts_of(value)


def replies_of(device: EmulatedDevice) -> Iterator[Reply]:
    """Every HTTP and RTSP reply of a device."""
    for service in device.tcp.values():
        if service.http is not None:
            yield from service.http.pages
            yield service.http.not_found
            if service.http.bad_request is not None:
                yield service.http.bad_request
        if service.rtsp is not None:
            yield from service.rtsp.replies.values()
            if service.rtsp.otherwise is not None:
                yield service.rtsp.otherwise


def certainties(device: EmulatedDevice) -> Iterator[Certainty]:
    """How certain each reply of a device is."""
    for reply in replies_of(device):
        yield reply.certainty
        if reply.body_certainty is not None:
            yield reply.body_certainty
    for service in device.tcp.values():
        if service.banner is not None:
            yield service.banner.certainty
        if service.tls is not None:
            yield service.tls.certainty
    for udp in device.udp.values():
        for part in (udp.sadp, udp.dhip, udp.dvrip_search, udp.ws_discovery, udp.ssdp):
            if part is not None:
                yield part.certainty
