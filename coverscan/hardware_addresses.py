"""The hardware addresses of hosts on attached networks, asked before a scan where this machine may."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from coverscan.scan_plan import ScanPlan
from fingerprints.observation import Observation
from inventory.store import utc_now

_MOST_ADDRESSES = 65_536
"""An attached network is hardly ever larger, and larger targets lie behind routers, where ARP does not reach."""


async def hardware_addresses(
    plan: ScanPlan, done: frozenset[str], say: Callable[[str], None]
) -> Mapping[str, Sequence[Observation]]:
    """An observation with the MAC address of each host that answered ARP, by address.

    Needs root on Linux; ``say`` is told what evidence is lost where that is not so.
    """
    if not _may_be_attached(plan):
        return {}
    from scanner.sweep.arp import ArpState, arp_sweep  # loads scapy, which takes its time

    addresses = [ip for ip in plan.scope.addresses(plan.manifest.seed) if ip not in done]
    sweep = await arp_sweep(addresses, per_second=plan.profile.packets_per_second, now=utc_now)
    if sweep.state is not ArpState.DONE and sweep.state is not ArpState.NOT_ATTACHED:
        say(f"No hardware addresses, so no makers by them: {sweep.detail}.")
    found: dict[str, list[Observation]] = {}
    for observation in sweep.observations:
        found.setdefault(observation.ip or "", []).append(observation)
    return found


def _may_be_attached(plan: ScanPlan) -> bool:
    spans = [span for span in plan.scope.swept if span.version == 4 and not span.address(0).startswith("127.")]
    return plan.profile.udp and bool(spans) and plan.scope.size() <= _MOST_ADDRESSES
