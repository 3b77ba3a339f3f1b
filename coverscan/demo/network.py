"""The emulated network: every device of a plan on real sockets, from entering the block until leaving it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Protocol, Self

from coverscan.demo.banner_service import banner_handler
from coverscan.demo.device_services import TcpService, Touch, UdpService
from coverscan.demo.emulated_device import EmulatedDevice, load_devices
from coverscan.demo.http_service import Clock, http_handler
from coverscan.demo.journal import Journal
from coverscan.demo.layout import DEFAULT_NETWORK, DemoPlan, Layout, Placement, plan_layout
from coverscan.demo.misbehaving import datagram_answers, stream_listener
from coverscan.demo.placeholders import Values, fill
from coverscan.demo.rtsp_service import rtsp_handler
from coverscan.demo.tcp_listener import Endpoint, Handler, TcpListener
from coverscan.demo.tls_service import server_context
from coverscan.demo.udp_services import UdpListener, answers_of


class _Listener(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


def _utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class DemoNetwork:
    """``async with DemoNetwork(plan) as network``: starts every device, and stops them all at the end.

    ``delays`` lets the devices take their time to answer, as real ones do. ``journal`` holds what they received.
    """

    def __init__(self, plan: DemoPlan, *, delays: bool = False, clock: Clock = _utc_now) -> None:
        self.placements = plan.placements
        self.journal = Journal()
        self._delays = delays
        self._clock = clock
        self._running: list[_Listener] = []

    @staticmethod
    def plan(
        devices: Sequence[EmulatedDevice] | None = None,
        *,
        layout: Layout | None = None,
        network: str = DEFAULT_NETWORK,
        first_port: int = 21_000,
    ) -> DemoPlan:
        """Find places for ``devices`` (all that ship by default); see ``layout.plan_layout``."""
        chosen = load_devices() if devices is None else devices
        return plan_layout(chosen, layout=layout, network=network, first_port=first_port)

    async def __aenter__(self) -> Self:
        try:
            for placement in self.placements:
                await self._start_device(placement)
        except BaseException:
            await self._stop_all()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop_all()

    async def _stop_all(self) -> None:
        while self._running:
            await self._running.pop().stop()

    async def _start_device(self, placement: Placement) -> None:
        values = placement.values()
        for declared, port in placement.tcp.items():
            service = placement.device.tcp[declared]
            own_values = {**values, "port": str(port)}
            await self._start(self._tcp_listener(placement, service, port, own_values))
        for declared, port in placement.udp.items():
            await self._start(self._udp_listener(placement, placement.device.udp[declared], port, values))

    async def _start(self, listener: _Listener) -> None:
        await listener.start()
        self._running.append(listener)

    def _tcp_listener(self, placement: Placement, service: TcpService, port: int, values: Values) -> _Listener:
        device = placement.device
        endpoint = Endpoint(device.name, service.kind, service.touch, placement.address, port)
        if service.misbehaves is not None:
            return stream_listener(service.misbehaves, endpoint, self.journal)
        context = None
        if service.tls is not None:
            now = self._clock()
            issuer = None if service.tls.issuer is None else fill(service.tls.issuer, values, now)
            context = server_context(service.tls, fill(service.tls.subject, values, now), issuer)
        return TcpListener(
            endpoint,
            self.journal,
            self._handler(service, values),
            tls=context,
            limit=device.limit,
            delay_ms=device.delay_ms if self._delays else None,
        )

    def _handler(self, service: TcpService, values: Values) -> Handler:
        if service.http is not None:
            return http_handler(service.http, values, self._clock)
        if service.rtsp is not None:
            return rtsp_handler(service.rtsp, values, self._clock)
        if service.banner is not None:
            return banner_handler(service.banner, values, self._clock)
        raise ValueError("a service that is nothing")  # the loader lets none through

    def _udp_listener(self, placement: Placement, service: UdpService, port: int, values: Values) -> _Listener:
        touch: Touch = "connect-only" if service.kind == "silent" else "talk"
        endpoint = Endpoint(placement.device.name, service.kind, touch, placement.address, port)
        if service.misbehaves is not None:
            answers = datagram_answers(service.misbehaves, placement.address)
        else:
            answers = answers_of(service, values, self._clock)
        return UdpListener(endpoint, self.journal, answers)
