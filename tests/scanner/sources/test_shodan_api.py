from __future__ import annotations

import copy
import logging
import time
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from scanner.sources.shodan_api import Problem, ShodanApi, ShodanError, banner_key
from scanner.sources.shodan_key import ApiKey

KEY = "K3yOfNobody0123456789abcdefABCDEF"
QUERY = "Server"


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def api(service: Any, waits: list[float]) -> ShodanApi:
    return ShodanApi(
        ApiKey(KEY, "a test"), base_url=service.url, per_second=0, timeouts=(2, 1, 2), sleep=waits.append
    )


def addresses(pages: Any) -> list[str]:
    return [banner["ip_str"] for page in pages for banner in page.banners]


def test_a_search_brings_every_banner_once_with_its_observations(service: Any, api: ShodanApi) -> None:
    pages = list(api.search(QUERY))
    assert [page.page for page in pages] == [1, 2, 3]
    assert sorted(addresses(pages)) == sorted(banner["ip_str"] for banner in service.banners)
    first = pages[0].observations[0]
    assert (first.source, first.ip, first.fields["http.server"]) == ("shodan-api", "2001:db8::1", "s0")
    assert first.fields["http.body"] == "<p>page</p>", "banners are asked for whole, not minified"


def test_resuming_by_page_buys_no_page_twice(service: Any, api: ShodanApi) -> None:
    first = next(iter(api.search("product:Camera", max_pages=1)))
    rest = list(api.search("product:Camera", first_page=2, seen=map(banner_key, first.banners)))
    assert len(set(addresses([first, *rest]))) == 125
    assert [name for name, _ in service.ledger] == ["search page 1", "search page 2"]


def test_banners_that_slide_to_a_later_page_are_dropped(service: Any, api: ShodanApi) -> None:
    service.drift = 7
    pages = list(api.search(QUERY))
    assert len(addresses(pages)) == len(set(addresses(pages))) == 250
    assert sum(page.duplicates for page in pages) > 0


def test_short_pages_do_not_end_a_search(service: Any, api: ShodanApi) -> None:
    service.short_pages = 3
    service.total_offset = 12
    assert len(addresses(api.search(QUERY))) == 250


def test_an_empty_page_ends_a_search(service: Any, api: ShodanApi) -> None:
    service.shrink_after = 2
    assert len(addresses(api.search(QUERY))) == 100
    assert len(service.log) == 2


def test_results_that_grow_are_followed(service: Any, api: ShodanApi) -> None:
    service.grow_to = [
        {**service.banners[0], "ip_str": f"192.0.2.{number}", "_shodan": {"id": f"new-{number}"}}
        for number in range(60)
    ]
    assert len(addresses(api.search(QUERY))) == 310


def test_max_pages_is_kept(api: ShodanApi) -> None:
    assert len(list(api.search(QUERY, first_page=2, max_pages=1))) == 1


def test_the_preflight_figure_is_what_a_search_costs(service: Any, api: ShodanApi) -> None:
    for query in (QUERY, "product:Camera", '"product:Camera" Server', "Server -product:Router"):
        told = api.preflight(query)
        assert service.ledger == []
        list(api.search(query))
        assert sum(cost for _, cost in service.ledger) == told.credits_needed, query
        assert told.affordable
        service.ledger.clear()


def test_credits_that_do_not_suffice_are_told_before(service: Any, api: ShodanApi) -> None:
    service.credits = 1
    told = api.preflight(QUERY)
    assert (told.total, told.pages, told.credits_needed, told.credits_left, told.affordable) == (
        250,
        3,
        2,
        1,
        False,
    )


def test_unlimited_credits(service: Any, api: ShodanApi) -> None:
    service.credits = -1
    assert api.account().query_credits is None
    assert api.preflight(QUERY).affordable


def test_count_and_facets_cost_nothing(service: Any, api: ShodanApi) -> None:
    found = api.count(QUERY, [("product", 1), ("country", 5), ("nothing", 5)])
    assert found.total == 250
    assert found.facets == {"product": (("Camera", 125),), "country": (("US", 250),), "nothing": ()}
    assert service.ledger == []
    assert service.credits == 100


def test_a_host_is_read_whole(service: Any, api: ShodanApi) -> None:
    service.banners.append(
        {**service.banners[0], "port": 554, "data": "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", "http": {}}
    )
    found = api.host("2001:db8::1")
    assert [(one.port, one.service, one.location and one.location.country) for one in found] == [
        (80, "http", "US"),
        (554, "rtsp", "US"),
    ]


def test_an_unknown_host_is_no_error(api: ShodanApi) -> None:
    assert api.host("192.0.2.200") == ()


@pytest.mark.parametrize(
    ("failure", "problem"),
    [
        ("bad_key_html", Problem.BAD_KEY),
        ("plain_401", Problem.BAD_KEY),
        ("no_credits_json", Problem.NO_CREDITS),
        ("old_no_plan", Problem.NO_PLAN),
        ("need_membership", Problem.NO_PLAN),
        ("redirect", Problem.BAD_ANSWER),
    ],
)
def test_what_will_not_pass_ends_at_once(service: Any, api: ShodanApi, failure: str, problem: Problem) -> None:
    attempts = 2 if problem is Problem.BAD_ANSWER else 1
    service.fail(*[failure] * attempts)
    with pytest.raises(ShodanError) as caught:
        list(api.search(QUERY))
    assert caught.value.problem is problem
    assert len(service.log) == attempts


@pytest.mark.parametrize(
    "failure",
    [
        "rate_json", "rate_html", "timeout_or_invalid", "timeout_or_invalid_200", "h500", "h502", "h503", "h504",
        "h524", "captcha_200", "empty_200", "null_200", "list_200", "error_null", "cut_content_length",
        "cut_chunk", "cut_close", "reset", "slow_drip", "gzip_bomb", "deep_nesting",
    ],
)  # fmt: skip
def test_what_may_pass_is_tried_again(service: Any, api: ShodanApi, waits: list[float], failure: str) -> None:
    service.fail(failure)
    assert len(addresses(api.search(QUERY, max_pages=1))) == 100
    assert waits == [1.0]


@pytest.mark.parametrize("failure", ["no_total", "total_nan", "matches_null"])
def test_an_answer_without_sense_is_an_error_of_its_own(service: Any, api: ShodanApi, failure: str) -> None:
    service.fail(failure, failure)
    with pytest.raises(ShodanError) as caught:
        list(api.search(QUERY))
    assert caught.value.problem is Problem.BAD_ANSWER


@pytest.mark.parametrize("failure", ["bad_utf8", "bom"])
def test_odd_bytes_in_an_answer_are_read(service: Any, api: ShodanApi, failure: str) -> None:
    service.fail(failure)
    assert addresses(api.search(QUERY, max_pages=1)) == ["192.0.2.1"]


def test_patience_ends(service: Any, api: ShodanApi, waits: list[float]) -> None:
    service.fail(*["rate_json"] * 9)
    with pytest.raises(ShodanError) as caught:
        list(api.search(QUERY))
    assert caught.value.problem is Problem.RATE_LIMITED
    assert waits == [1.0, 2.0, 4.0, 8.0]
    assert len(service.log) == 5


def test_the_server_says_when_to_come_again(service: Any, api: ShodanApi, waits: list[float]) -> None:
    service.fail("rate_retry_after")
    next(iter(api.search(QUERY)))
    assert waits == [7.0]


def test_pages_had_before_a_failure_are_kept(service: Any, api: ShodanApi) -> None:
    service.credits = 1
    pages = []
    with pytest.raises(ShodanError) as caught:
        for page in api.search(QUERY):
            pages.append(page)
    assert caught.value.problem is Problem.NO_CREDITS
    assert len(addresses(pages)) == 200


def test_a_bad_query_is_told_from_a_time_out(service: Any, api: ShodanApi) -> None:
    with pytest.raises(ShodanError, match="Invalid filter: colour") as caught:
        list(api.search("colour:red"))
    assert caught.value.problem is Problem.BAD_QUERY


def test_an_invalid_address_is_told(api: ShodanApi) -> None:
    with pytest.raises(ShodanError, match="Invalid IP") as caught:
        api.host("not-an-address")
    assert caught.value.problem is Problem.BAD_QUERY


def test_nobody_at_home(waits: list[float]) -> None:
    lonely = ShodanApi(ApiKey(KEY, "a test"), base_url="http://127.0.0.1:9", per_second=0, sleep=waits.append)
    with pytest.raises(ShodanError) as caught:
        lonely.account()
    assert caught.value.problem is Problem.UNREACHABLE


def test_one_request_a_second_also_after_failures(service: Any) -> None:
    service.min_interval = 0.19
    service.fail("h503", path="/api-info")
    paced = ShodanApi(ApiKey(KEY, "a test"), base_url=service.url, per_second=5, sleep=time.sleep)
    started = time.monotonic()
    for _ in range(4):
        paced.account()
    assert time.monotonic() - started >= 4 * 0.2
    assert len(service.log) == 5, "the service refused none of them"


def test_the_key_shows_nowhere(service: Any, api: ShodanApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    texts = [repr(ApiKey(KEY, "x")), str(ApiKey(KEY, "x")), f"{ApiKey(KEY, 'x')}", repr(vars(api))]
    actions: list[Callable[[], object]] = [
        lambda: list(api.search(QUERY)),
        api.account,
        lambda: api.host("192.0.2.1"),
    ]
    for failure in ("bad_key_html", "reset", "cut_chunk", "h503"):
        for action in actions:
            service.fail(*[failure] * 5)
            try:
                action()
            except ShodanError as error:
                texts += [str(error), "".join(traceback.format_exception(error)), repr(error.__context__)]
            service.failures.clear()
    texts.append(caplog.text)
    assert "127.0.0.1" in caplog.text, "the HTTP library does log"
    assert not [text for text in texts if KEY in text]
    with pytest.raises(TypeError):
        copy.copy(ApiKey(KEY, "x"))


def test_the_key_is_taken_out_of_what_the_server_says(service: Any, api: ShodanApi) -> None:
    service.fail("echo_key")
    with pytest.raises(ShodanError, match=r"no such thing: \[key\]"):
        list(api.search(QUERY))
