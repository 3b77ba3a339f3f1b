"""Services that speak first or stay silent: log-in prompts, file transfer, the makers' own control ports."""

from __future__ import annotations

import asyncio

from coverscan.demo.device_services import Banner
from coverscan.demo.http_service import Clock
from coverscan.demo.placeholders import Values, fill
from coverscan.demo.tcp_listener import Handler

_HELD_OPEN_SECONDS = 120.0
_MAX_BYTES_TAKEN = 65_536


def banner_handler(banner: Banner, values: Values, clock: Clock) -> Handler:
    """The handler of such a service. It sends its greeting, then waits for bytes or for silence."""
    idle, on_data = bytes.fromhex(banner.idle_hex), bytes.fromhex(banner.data_hex)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if banner.greeting:
            writer.write(fill(banner.greeting, values, clock()).encode("utf-8"))
            await writer.drain()
        taken = 0
        while taken < _MAX_BYTES_TAKEN:
            try:
                async with asyncio.timeout(banner.idle_seconds if idle and not taken else _HELD_OPEN_SECONDS):
                    data = await reader.read(4_096)
            except TimeoutError:
                writer.write(idle)
                break
            taken += len(data)
            if not data:
                break
            if on_data and taken >= banner.data_bytes:
                writer.write(on_data)
                break
        await writer.drain()

    return serve
