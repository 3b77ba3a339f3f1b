"""Asks the Shodan API through the official ``shodan`` package: search, host, count. Read-only; no scan is ever
ordered there.

Around the package: time-outs, one request a second, patience with passing faults, a closed list of errors, pages
that can be resumed, and no key in any text. What a query costs is told before it is paid.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from fingerprints.observation import Observation
from scanner.sources.json_access import JsonObject, object_at, text_at, text_of, whole_number
from scanner.sources.shodan_file import banners_in
from scanner.sources.shodan_key import ApiKey
from scanner.sources.shodan_record import observations_from_record

SOURCE = "shodan-api"
PAGE_SIZE = 100
MAX_ATTEMPTS = 5
MAX_WAIT = 60.0
"""Seconds, also where the server asks for more."""

_FILTER = re.compile(r'"[^"]*"|(?:^|(?<=\s))-?[a-z][a-z0-9_.]*:(?=\S)', re.I)
_AMBIGUOUS = "your query was invalid"


class Problem(StrEnum):
    """Why Shodan gave nothing: the closed list."""

    NOT_INSTALLED = "not-installed"
    BAD_KEY = "bad-key"
    NO_PLAN = "no-plan"
    NO_CREDITS = "no-credits"
    BAD_QUERY = "bad-query"
    RATE_LIMITED = "rate-limited"
    UNREACHABLE = "unreachable"
    BAD_ANSWER = "bad-answer"


_MEANING = {
    Problem.NOT_INSTALLED: "the shodan package is not installed: pip install shodan",
    Problem.BAD_KEY: "Shodan does not accept the API key",
    Problem.NO_PLAN: "the plan of this Shodan key does not allow this request",
    Problem.NO_CREDITS: "the query credits of this Shodan key are used up",
    Problem.BAD_QUERY: "Shodan does not understand the query",
    Problem.RATE_LIMITED: "Shodan keeps refusing: too many requests with this key",
    Problem.UNREACHABLE: "Shodan cannot be reached",
    Problem.BAD_ANSWER: "Shodan gave an answer that makes no sense",
}


class ShodanError(Exception):
    """A request failed for good; ``problem`` says which way, the message what to tell the user."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(f"{_MEANING[problem]} ({detail})" if detail else _MEANING[problem])
        self.problem = problem


class Account(msgspec.Struct, frozen=True):
    """The plan's name and the query credits left, None for unlimited."""

    plan: str
    query_credits: int | None


class Count(msgspec.Struct, frozen=True):
    """How many banners match (not addresses, not devices), and the facets asked for as (value, count)."""

    total: int
    facets: Mapping[str, tuple[tuple[str, int], ...]] = {}


class Preflight(msgspec.Struct, frozen=True):
    """What a search would bring and cost, found out without paying."""

    total: int
    pages: int
    credits_needed: int
    credits_left: int | None

    @property
    def affordable(self) -> bool:
        """Whether the credits suffice."""
        return self.credits_left is None or self.credits_needed <= self.credits_left


class SearchPage(msgspec.Struct, frozen=True):
    """One page, bought once: ``banners`` as received less ``duplicates`` of earlier pages, and what they hold."""

    page: int
    total: int
    banners: tuple[JsonObject, ...]
    observations: tuple[Observation, ...]
    duplicates: int


class ShodanApi:
    """The requests that coverscan makes, each of which may raise ``ShodanError``.

    ``base_url`` is for tests and gateways; without it the package's own (or ``SHODAN_API_URL``) is used.
    """

    def __init__(
        self,
        key: ApiKey,
        *,
        base_url: str | None = None,
        per_second: float = 1.0,
        timeouts: tuple[float, float, float] = (10.0, 60.0, 120.0),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises ``ShodanError`` (not installed). ``timeouts``: connecting, between pieces, in all; seconds."""
        try:
            import shodan  # loads an HTTP client: not before it is needed

            from scanner.sources.shodan_transport import PatientSession, Timeouts
        except ImportError:
            raise ShodanError(Problem.NOT_INSTALLED) from None
        self._error: type[Exception] = shodan.APIError
        self._client = shodan.Shodan(key.reveal())
        if base_url is not None:
            self._client.base_url = base_url
        self._client.api_rate_limit = 0  # the session keeps the rate, also after failures
        self._session = PatientSession(Timeouts(*timeouts), per_second, sleep=sleep)
        self._client._session = self._session
        self._key = key
        self._sleep = sleep

    def account(self) -> Account:
        """The key's plan and credits. Free."""
        info = self._ask(lambda: self._client.info())
        credits = whole_number(info.get("query_credits"))
        return Account(text_at(info, "plan") or "unknown", credits if credits is None or credits >= 0 else None)

    def count(self, query: str, facets: Iterable[tuple[str, int]] = ()) -> Count:
        """How many banners match, with the top values of each (facet, how many). Free."""
        wanted = list(facets)
        answer = self._ask(lambda: self._client.count(query, facets=wanted), query)
        found = object_at(answer, "facets")
        return Count(_total(answer), {name: _facet(found.get(name)) for name, _ in wanted})

    def preflight(self, query: str, max_pages: int | None = None) -> Preflight:
        """What a search from its first page would bring and cost. Free."""
        total = self.count(query).total
        pages = math.ceil(total / PAGE_SIZE)
        if max_pages is not None:
            pages = min(pages, max_pages)
        return Preflight(total, pages, _cost(query, pages), self.account().query_credits)

    def search(
        self, query: str, *, first_page: int = 1, max_pages: int | None = None, seen: Iterable[str] = ()
    ) -> Iterator[SearchPage]:
        """The pages of a search from ``first_page`` on, newest banners first; each costs a credit.

        Results move while one pages: a short page does not end the search, an empty one does, and a banner that
        slid to a later page is dropped by its key. To resume, give the next page and the ``banner_key`` of each
        banner had before.
        """
        known = set(seen)
        page, last = first_page, first_page
        while page <= last and (max_pages is None or page < first_page + max_pages):
            answer = self._page(query, page)
            matches = _matches(answer)
            if not matches:
                return
            total = _total(answer)
            fresh = [banner for banner in matches if not _repeated(banner_key(banner), known)]
            observations = [found for banner in fresh for found in observations_from_record(banner, SOURCE)]
            yield SearchPage(page, total, tuple(fresh), tuple(observations), len(matches) - len(fresh))
            page, last = page + 1, max(last, math.ceil(total / PAGE_SIZE))

    def _page(self, query: str, page: int) -> JsonObject:
        return self._ask(lambda: self._client.search(query, page=page, minify=False), query)

    def host(self, ip: str) -> tuple[Observation, ...]:
        """What Shodan holds about one address; empty where it knows nothing. Free."""
        answer = self._ask(lambda: self._client.host(ip), missing_is_empty=True)
        try:
            banners = banners_in(answer) if answer else []
        except ValueError as error:
            raise ShodanError(Problem.BAD_ANSWER, str(error)) from None
        return tuple(found for banner in banners for found in observations_from_record(banner, SOURCE))

    def _ask(
        self, request: Callable[[], Any], query: str | None = None, *, missing_is_empty: bool = False
    ) -> JsonObject:
        """The answer to one request, repeated while the fault may pass."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            value = self._try(request)
            if isinstance(value, dict) and "error" not in value:
                return value
            status, text, retry_after = self._outcome()
            if status == 404 and missing_is_empty:
                return {}
            problem = _problem(status, text)
            ambiguous = query is not None and _AMBIGUOUS in text and attempt == 1
            if ambiguous and (complaint := self._complaint(query or "")):
                raise ShodanError(Problem.BAD_QUERY, complaint)
            attempts = 2 if problem is Problem.BAD_ANSWER else MAX_ATTEMPTS
            if problem not in _PASSING or attempt >= attempts:
                raise ShodanError(problem, self._key.redact(text))
            self._sleep(min(MAX_WAIT, retry_after if retry_after is not None else 2.0 ** (attempt - 1)))
        raise AssertionError("the last attempt returns or raises")

    def _try(self, request: Callable[[], Any]) -> Any:
        """What the client made of the answer; None where it raised. Its exceptions hold the key: dropped here."""
        self._session.last = None
        try:
            return request()
        except (self._error, TypeError, ValueError, RecursionError):
            return None

    def _outcome(self) -> tuple[int | None, str, float | None]:
        """Status of the last answer (None: there was none), what it says in short, and when to come again."""
        last = self._session.last
        if last is None or isinstance(last, str):
            return None, last or "", None
        try:
            said = text_at(last.json(), "error") if last.body.lstrip().startswith(b"{") else None
        except ValueError:
            said = None
        return last.status_code, " ".join((said or "").split())[:200], last.retry_after

    def _complaint(self, query: str) -> str | None:
        """What is wrong with a query by Shodan's own parser (free); None if nothing is, or it does not tell."""
        answer = self._try(lambda: self._client.search_tokens(query))
        errors = answer.get("errors") if isinstance(answer, dict) else None
        return "; ".join(filter(None, map(text_of, errors)))[:200] if isinstance(errors, list) and errors else None


_PASSING = (Problem.RATE_LIMITED, Problem.UNREACHABLE, Problem.BAD_ANSWER)


def _problem(status: int | None, text: str) -> Problem:
    """What a failed request means. Status 401 is shared by a bad key and used-up credits: the text decides."""
    said = text.lower()
    if status is None or status >= 500 or _AMBIGUOUS in said:
        return Problem.UNREACHABLE
    if "credit" in said and status in (401, 402, 403):
        return Problem.NO_CREDITS
    if status == 403 or (status == 401 and ("upgrade" in said or "membership" in said)):
        return Problem.NO_PLAN
    known = {401: Problem.BAD_KEY, 400: Problem.BAD_QUERY, 429: Problem.RATE_LIMITED}
    return known.get(status, Problem.BAD_ANSWER)


def banner_key(banner: JsonObject) -> str:
    """What makes a banner the same one on two pages: Shodan's id, else endpoint, time and host name asked for."""
    shodan = object_at(banner, "_shodan")
    if (identifier := text_at(shodan, "id")) is not None:
        return identifier
    parts = [text_at(banner, name) or "" for name in ("ip_str", "ip", "port", "transport", "timestamp")]
    return "|".join([*parts, text_at(object_at(shodan, "options"), "hostname") or ""])


def _repeated(key: str, known: set[str]) -> bool:
    if key in known:
        return True
    known.add(key)
    return False


def _cost(query: str, pages: int) -> int:
    """Query credits of the first ``pages``: each costs one, but the first of a query without filters."""
    filtered = any(not match[0].startswith('"') for match in _FILTER.finditer(query))
    return pages if filtered else max(0, pages - 1)


def _total(answer: JsonObject) -> int:
    total = whole_number(answer.get("total"))
    if total is None:
        raise ShodanError(Problem.BAD_ANSWER, "no total")
    return total


def _matches(answer: JsonObject) -> list[JsonObject]:
    matches = answer.get("matches")
    if not isinstance(matches, list):
        raise ShodanError(Problem.BAD_ANSWER, "no list of matches")
    return [match for match in matches if isinstance(match, dict)]


def _facet(values: object) -> tuple[tuple[str, int], ...]:
    pairs = [
        (text_at(entry, "value"), whole_number(entry.get("count")))
        for entry in (values if isinstance(values, list) else ())
        if isinstance(entry, dict)
    ]
    return tuple((value, count) for value, count in pairs if value is not None and count is not None)
