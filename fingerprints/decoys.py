"""Signs over a whole address that it pretends: a honeypot, or a tarpit that answers on all ports."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from fingerprints.endpoints import SeenEndpoint
from fingerprints.observation import Observation

CAMERA_MAKERS = 3
"""So many makers of video equipment, each certain, do not share one address by forwarded ports."""

MAKERS = 5
"""The same for makers of anything: a router, a disk and a printer behind one address are ordinary."""

SAME_REPLY_PORTS = 20
OPEN_PORTS = 100
"""Of all hosts only 0.2 % have more than 100 open ports (Censys, "pseudo services", 2021-02-23)."""

_VIDEO = frozenset({"camera", "recorder", "intercom", "access-control", "encoder"})
_NO_VIDEO = frozenset({"router", "switch", "nas", "printer", "phone", "display", "radio", "other"})
_CHANGING = re.compile(r"(?im)^(?:date|expires|last-modified|set-cookie|www-authenticate):[^\r\n]*")


def pretends(endpoints: Sequence[SeenEndpoint]) -> bool:
    """Whether the endpoints of one address are too many different things, or too often the same thing."""
    classes: dict[str, set[str]] = defaultdict(set)
    for endpoint in endpoints:
        for maker in endpoint.shown_makers:
            classes[maker].add(endpoint.identification.class_)
    video = [maker for maker, seen in classes.items() if seen & _VIDEO or not seen & _NO_VIDEO]
    if len(video) >= CAMERA_MAKERS or len(classes) >= MAKERS:
        return True
    answering = [endpoint for endpoint in endpoints if any(seen.fields for seen in endpoint.observations)]
    ports = {endpoint.port for endpoint in answering if endpoint.observations[0].transport != "udp"} - {None}
    return len(ports) > OPEN_PORTS or _most_ports_alike(answering) >= SAME_REPLY_PORTS


def _most_ports_alike(endpoints: Iterable[SeenEndpoint]) -> int:
    """On how many ports the most frequent reply stands."""
    ports: dict[object, set[int | None]] = defaultdict(set)
    for endpoint in endpoints:
        for seen in endpoint.observations:
            if seen.transport != "udp":
                ports[_reply(seen)].add(endpoint.port)
    return max(map(len, ports.values()), default=0)


def _reply(observation: Observation) -> tuple[tuple[str, str], ...]:
    """The reply without what changes from one to the next."""
    return tuple(
        sorted(
            (name, _CHANGING.sub("", "\n".join(observation.texts(name))))
            for name in observation.fields
            if name not in ("http.path", "http.auth", "rtsp.auth", "http.location")
        )
    )
