from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.targets import AddressRange, TargetError, parse_target, parse_targets


def addresses(text: str, **names: list[str]) -> list[str]:
    target = parse_target(text, lambda name: names.get(name, []))
    return [span.address(index) for span in target.ranges for index in range(span.size)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.7", ["192.0.2.7"]),
        ("192.0.2.0/30", ["192.0.2.1", "192.0.2.2"]),
        ("192.0.2.0/31", ["192.0.2.0", "192.0.2.1"]),
        ("192.0.2.9/32", ["192.0.2.9"]),
        ("192.0.2.254-255", ["192.0.2.254", "192.0.2.255"]),
        ("192.0.2.255-192.0.3.0", ["192.0.2.255", "192.0.3.0"]),
        ("2001:db8::1", ["2001:db8::1"]),
        ("2001:db8::/127", ["2001:db8::", "2001:db8::1"]),
        ("2001:db8::fe-2001:db8::ff", ["2001:db8::fe", "2001:db8::ff"]),
    ],
)
def test_every_form_of_address(text: str, expected: list[str]) -> None:
    assert addresses(text) == expected


def test_a_host_name_stands_for_all_its_addresses() -> None:
    found = addresses("camera.example", **{"camera.example": ["192.0.2.4", "2001:db8::4"]})
    assert found == ["192.0.2.4", "2001:db8::4"]


@pytest.mark.parametrize(
    ("text", "ip", "ports"),
    [
        ("192.0.2.7:8081", "192.0.2.7", (8081,)),
        ("192.0.2.7:8081,8554,8081", "192.0.2.7", (8081, 8554)),
        ("[2001:db8::7]:80", "2001:db8::7", (80,)),
    ],
)
def test_a_target_may_name_the_ports_of_one_device(text: str, ip: str, ports: tuple[int, ...]) -> None:
    target = parse_target(text)
    assert target.ports == ports
    assert target.ranges == (AddressRange(ipaddress.ip_address(ip).version, *[int(ipaddress.ip_address(ip))] * 2),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "192.0.2.300",
        "192.0.2",
        "192.0.2.9-5",
        "192.0.2.1-2001:db8::1",
        "nonsense name",
        "192.0.2.1/33",
        "192.0.2.1:0",
        "192.0.2.1:70000",
        "2001:db8::/32",
        "::/0",
        "a/b/c",
        "1.2.3.4.5",
        "-",
        "http://192.0.2.1/",
    ],
)
def test_what_is_no_target_is_refused_by_name(text: str) -> None:
    with pytest.raises(TargetError) as refusal:
        parse_target(text, lambda _: [])
    assert text.split("/")[0] in str(refusal.value) or not text


def test_an_unknown_host_is_refused() -> None:
    with pytest.raises(TargetError, match=r"camera\.example: no such host"):
        parse_target("camera.example", lambda _: [])


def test_a_comma_separates_targets_but_not_the_ports_of_one() -> None:
    parsed = parse_targets(["192.0.2.1,192.0.2.8/30", "192.0.2.3:80,81"])
    assert [target.text for target in parsed] == ["192.0.2.1", "192.0.2.8/30", "192.0.2.3:80,81"]


def test_a_file_of_targets_with_comments(tmp_path: Path) -> None:
    file = tmp_path / "sites.txt"
    file.write_text("# two sites\n192.0.2.0/30  # north\n\n192.0.2.9 192.0.2.11\n", "utf-8")
    for name in (f"@{file}", str(file)):
        assert [target.text for target in parse_targets([name])] == ["192.0.2.0/30", "192.0.2.9", "192.0.2.11"]


def test_an_error_in_a_file_names_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "sites.txt"
    file.write_text("192.0.2.1\n192.0.2.999\n", "utf-8")
    with pytest.raises(TargetError, match=r"sites\.txt, line 2: 192\.0\.2\.999"):
        parse_targets([f"@{file}"])


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(TargetError, match=r"missing\.txt"):
        parse_targets(["@missing.txt"])


def test_a_network_stays_a_network_beside_a_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "192.0.2.0").mkdir()
    (tmp_path / "192.0.2.0" / "30").write_text("198.51.100.1", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert [target.text for target in parse_targets(["192.0.2.0/30"])] == ["192.0.2.0/30"]


@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        target = parse_target(text, lambda _: ["192.0.2.1"])
    except TargetError:
        return
    assert target.ranges
