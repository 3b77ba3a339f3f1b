"""The HTTP session that the official Shodan client is given: bounded in time and size, and it remembers.

The client itself sets no time-outs, reads answers of any size, follows redirects with the key in the query, and
throws status codes away. It needs nothing of its session but ``get``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import requests
import urllib3

from scanner.sources.json_access import decode_json

MAX_ANSWER_BYTES = 64 * 1_048_576
_READ_BYTES = 65_536


class Timeouts(NamedTuple):
    """Seconds for connecting, between two pieces of an answer, and for the whole of it."""

    connect: float = 10.0
    read: float = 60.0
    total: float = 120.0


class Answer:
    """What the client reads of an answer: ``status_code``, ``text`` and ``json()``."""

    def __init__(self, status: int, body: bytes, retry_after: float | None) -> None:
        self.status_code = status
        self.body = body
        self.retry_after = retry_after

    @property
    def text(self) -> str:
        """The body as text, whatever its bytes."""
        return self.body.decode("utf-8-sig", "replace")

    def json(self) -> Any:
        """The body as JSON; raises ``ValueError``."""
        return decode_json(self.body)


class Failure(Exception):
    """No whole answer came; the message says why and holds no address and no key."""


def _without_key(record: logging.LogRecord) -> bool:
    return "key=" not in record.getMessage()


# urllib3 logs whole request lines, and Shodan wants the key in them.
logging.getLogger("urllib3.connectionpool").addFilter(_without_key)


class PatientSession:
    """One request at a time, never more than ``per_second``; ``last`` is the last answer or failure."""

    def __init__(
        self,
        timeouts: Timeouts,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._session = requests.Session()
        self._timeouts = timeouts
        self._interval = 1.0 / per_second if per_second > 0 else 0.0
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0
        self.last: Answer | str | None = None
        self.requests = 0

    def get(self, url: str, params: Mapping[str, Any]) -> Answer:
        """Fetch ``url``; raises ``Failure``. Redirects are answers, not followed."""
        wait = self._next - self._clock()
        if wait > 0:
            self._sleep(wait)
        self._next = self._clock() + self._interval
        self.requests += 1
        try:
            self.last = self._fetch(url, params)
            return self.last
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            self.last = "no answer in time"
        except requests.exceptions.SSLError:
            self.last = "its TLS certificate could not be verified"
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            self.last = f"the connection failed ({type(error).__name__})"
        except Failure as failure:
            self.last = str(failure)
        raise Failure(self.last)

    def _fetch(self, url: str, params: Mapping[str, Any]) -> Answer:
        deadline = time.monotonic() + self._timeouts.total
        limits = (self._timeouts.connect, self._timeouts.read)
        with self._session.get(url, params=params, timeout=limits, stream=True, allow_redirects=False) as response:
            read = getattr(response.raw, "read1", response.raw.read)
            body = bytearray()
            while piece := read(_READ_BYTES, decode_content=True):
                body += piece
                if len(body) > MAX_ANSWER_BYTES:
                    raise Failure(f"the answer is larger than {MAX_ANSWER_BYTES // 1_048_576} MiB")
                if time.monotonic() > deadline:
                    raise Failure(f"the answer was not complete within {self._timeouts.total:.0f} s")
            return Answer(response.status_code, bytes(body), _seconds(response.headers.get("Retry-After")))


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 6 else None
