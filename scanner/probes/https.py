"""HTTPS: the start page over TLS, and the certificate that came with it.

Ports: 443, 8443 and others. Sent: the requests of ``http``, inside TLS as old as 1.0. Where no handshake
succeeds, the certificate is read from a handshake in clear (``tls_hello``), which costs one connection more.
Never sent: as for ``http``, and no client certificate.
Sources: RFC 9110; RFC 5246 and RFC 8446.
"""

from __future__ import annotations

from collections.abc import Collection

from scanner.outcome import ProbeOutcome, Status
from scanner.probes import http, tls
from scanner.probes.description import ProbeDescription
from scanner.probes.http_targets import Hop
from scanner.wire import Network

PROBE = ProbeDescription(name="https", ports=(443, 8443), transport="tcp", connections=8, packets=8)


async def ask(
    network: Network, ip: str, port: int, *, skip_ports: Collection[int] = ()
) -> tuple[ProbeOutcome, ...]:
    """The pages of ``http.ask`` with ``tls.*`` fields; the certificate alone where no page could be had."""
    outcomes = await http.visit(network, ip, Hop(port, True, "/"), skip_ports=skip_ports)
    first = outcomes[0]
    if first.fields or first.status not in tls.WORTH_ANOTHER_HANDSHAKE:
        return outcomes
    in_clear = await tls.read_in_clear(network, ip, port)
    if in_clear.status is Status.OTHER_PROTOCOL:
        return (in_clear,)
    return (in_clear, *outcomes) if in_clear.status.useful else outcomes
