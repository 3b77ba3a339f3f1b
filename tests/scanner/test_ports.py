from __future__ import annotations

import pytest

from scanner.ports import PortsError, asking_for, banner_ports, never_touched, parse_ports, ranked_ports


def test_the_ranked_list_holds_the_alternatives_and_no_port_twice() -> None:
    ports = ranked_ports()
    assert {80, 443, 554, 8080, 8443, 8554} <= set(ports)
    assert len(ports) == len(set(ports))


def test_no_ranked_port_is_one_that_must_not_be_touched() -> None:
    assert not set(ranked_ports()) & never_touched()
    assert {9100, 515, 502, 102, 9527} <= never_touched()


def test_how_a_port_is_asked() -> None:
    assert (asking_for(80), asking_for(554), asking_for(443), asking_for(12345)) == (
        "http",
        "rtsp",
        "https",
        "auto",
    )


def test_greetings_are_read_only_where_the_user_asks_for_them() -> None:
    assert set(banner_ports()) == {21, 22, 23, 2323}
    assert not set(banner_ports()) & (set(ranked_ports()) | never_touched())
    assert {asking_for(port) for port in banner_ports()} == {"banner"}


def test_lists_and_ranges_of_ports() -> None:
    assert parse_ports("80, 554,8000-8002,80") == (80, 554, 8000, 8001, 8002)


@pytest.mark.parametrize("text", ["", "http", "0", "65536", "90-80", "80,,81", "1-70000", "-"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(PortsError):
        parse_ports(text)
