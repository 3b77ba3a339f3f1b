"""Runs the emulated network in a thread of its own, so that the scan beside it stands alone as a real one does."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType

from coverscan.demo.layout import DemoPlan
from coverscan.demo.network import DemoNetwork


class BackgroundNetwork:
    """``with BackgroundNetwork(plan) as network``: the devices answer until the block is left."""

    def __init__(self, plan: DemoPlan) -> None:
        self.network = DemoNetwork(plan)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="demo-network", daemon=True)

    def __enter__(self) -> DemoNetwork:
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self.network.__aenter__(), self._loop).result()
        except BaseException:
            self._stop()
            raise
        return self.network

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            asyncio.run_coroutine_threadsafe(self.network.__aexit__(kind, error, trace), self._loop).result()
        finally:
            self._stop()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
