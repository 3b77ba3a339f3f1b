from __future__ import annotations

import datetime as dt
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.authorization import Authorization
from scanner.scope import Scope, ScopeRefused, decide_scope, is_private, merge
from scanner.targets import AddressRange, parse_targets

TODAY = dt.date(2026, 11, 24)
AUTHORIZATION = Authorization(
    who="Jane Doe, CISO", ranges=("203.0.113.0/24",), valid_from="2026-11-01", valid_to="2026-11-30"
)


def scope(*targets: str, exclude: tuple[str, ...] = (), authorization: Authorization | None = None) -> Scope:
    return decide_scope(parse_targets(targets), parse_targets(exclude), authorization, today=TODAY)


@pytest.mark.parametrize(
    "ip",
    [
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "::1",
        "fd00::1",
        "fe80::1",
    ],
)
def test_private_addresses_need_no_authorization(ip: str) -> None:
    assert is_private(ip)
    assert scope(ip).permits(ip)


@pytest.mark.parametrize(
    "ip",
    # Python's is_private says yes to most of these.
    [
        "8.8.8.8",
        "172.32.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "100.64.0.1",
        "192.169.0.1",
        "203.0.113.5",
        "2001:db8::1",
        "2606::1",
    ],
)
def test_everything_else_is_refused_without_authorization(ip: str) -> None:
    assert not is_private(ip)
    with pytest.raises(ScopeRefused, match=ip):
        scope(ip)


def test_one_public_address_refuses_the_whole_run() -> None:
    with pytest.raises(ScopeRefused) as refusal:
        scope("192.168.1.0/24", "10.0.0.0-11.0.0.5")
    assert refusal.value.reasons == ("10.0.0.0-11.0.0.5: 11.0.0.0-11.0.0.5 is not private and not authorized",)


def test_public_ranges_with_a_valid_authorization() -> None:
    assert scope("203.0.113.0/28", authorization=AUTHORIZATION).permits("203.0.113.9")
    with pytest.raises(ScopeRefused, match=r"203\.0\.114\.0"):
        scope("203.0.113.0-203.0.114.0", authorization=AUTHORIZATION)


@pytest.mark.parametrize(
    ("day", "valid"), [("2026-10-31", False), ("2026-11-01", True), ("2026-11-30", True), ("2026-12-01", False)]
)
def test_an_authorization_holds_from_its_first_to_its_last_day(day: str, valid: bool) -> None:
    targets = parse_targets(["203.0.113.1"])
    if valid:
        assert decide_scope(targets, (), AUTHORIZATION, today=dt.date.fromisoformat(day))
    else:
        with pytest.raises(ScopeRefused, match="Jane Doe"):
            decide_scope(targets, (), AUTHORIZATION, today=dt.date.fromisoformat(day))


def test_an_exclusion_of_the_public_part_makes_a_range_private() -> None:
    mixed = scope("10.255.255.0-11.0.0.255", exclude=("11.0.0.0/8", "11.0.0.0"))
    assert mixed.permits("10.255.255.255")
    assert not mixed.permits("11.0.0.1")


def test_exclusions_are_never_permitted_and_never_swept() -> None:
    mine = scope("192.168.1.0/29", exclude=("192.168.1.3-4",))
    assert sorted(mine.addresses(1)) == ["192.168.1.1", "192.168.1.2", "192.168.1.5", "192.168.1.6"]
    assert not mine.permits("192.168.1.3")
    assert not mine.permits("192.168.2.1")
    assert not mine.permits("not an address")


@pytest.mark.parametrize("target", ["224.0.0.1", "255.255.255.255", "0.0.0.0", "ff02::1"])
def test_groups_are_no_hosts(target: str) -> None:
    with pytest.raises(ScopeRefused):
        scope(target)


def test_single_devices_are_not_swept_and_can_be_excluded() -> None:
    mine = scope("127.0.0.1:8081,8082", "127.0.0.2:81", exclude=("127.0.0.2",))
    assert [target.text for target in mine.single_devices] == ["127.0.0.1:8081,8082"]
    assert mine.size() == 0
    assert mine.permits("127.0.0.1")


def test_overlapping_targets_are_swept_once() -> None:
    mine = scope("192.168.1.0/28", "192.168.1.4", "192.168.1.2-9")
    found = list(mine.addresses(7))
    assert len(found) == len(set(found)) == mine.size() == 14


def test_the_same_seed_gives_the_same_order_and_another_one_another() -> None:
    mine = scope("10.0.0.0/24")
    assert list(mine.addresses(3)) == list(mine.addresses(3))
    assert list(mine.addresses(3)) != list(mine.addresses(4))


spans = st.builds(
    lambda first, size: AddressRange(4, first, first + size), st.integers(0, 400), st.integers(0, 60)
)


@given(st.lists(spans, max_size=8), st.lists(spans, max_size=8), st.integers(0, 9))
def test_every_allowed_address_exactly_once_and_no_other(
    wanted: list[AddressRange], holes: list[AddressRange], seed: int
) -> None:
    from scanner.targets import Target

    mine = Scope((Target("wanted", tuple(wanted)),), (Target("holes", tuple(holes)),))
    expected = {n for span in wanted for n in range(span.first, span.last + 1)}
    expected -= {n for span in holes for n in range(span.first, span.last + 1)}
    found = [int(ipaddress.ip_address(text)) for text in mine.addresses(seed)]
    assert sorted(found) == sorted(expected)
    assert all(mine.permits(str(ipaddress.IPv4Address(number))) == (number in expected) for number in range(470))


@given(st.lists(spans, max_size=8))
def test_merging_keeps_the_addresses(ranges: list[AddressRange]) -> None:
    def numbers(spans: tuple[AddressRange, ...]) -> list[int]:
        return [n for span in spans for n in range(span.first, span.last + 1)]

    assert numbers(merge(ranges)) == sorted(set(numbers(tuple(ranges))))
