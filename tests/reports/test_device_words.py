from __future__ import annotations

import pytest

from reports.device_words import (
    address_order,
    device_text,
    is_public,
    maker_text,
    most_urgent_first,
    place_text,
    shared_addresses,
)
from reports.document import DeviceReport, ReportDocument


@pytest.mark.parametrize(
    ("device", "text"),
    [
        (DeviceReport(manufacturer="Axis", brand="Axis", class_="camera", model="P3265"), "Axis P3265 camera"),
        (
            DeviceReport(manufacturer="Hikvision", brand="LTS", class_="camera", model="CMIP8242"),
            "LTS CMIP8242 camera, made by Hikvision",
        ),
        (
            DeviceReport(manufacturer_candidates=("Dahua", "Uniview"), brand="Honeywell", class_="recorder"),
            "Honeywell recorder, perhaps made by Dahua or Uniview",
        ),
        (DeviceReport(manufacturer="ZTE"), "ZTE device"),
        (DeviceReport(), "device"),
    ],
)
def test_a_device_is_named_by_label_model_class_and_maker(device: DeviceReport, text: str) -> None:
    assert device_text(device) == text


def test_an_unknown_maker_is_called_unknown() -> None:
    assert maker_text(DeviceReport()) == "unknown"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("10.1.2.3", False),
        ("172.31.0.1", False),
        ("192.168.1.1", False),
        ("127.0.0.5", False),
        ("169.254.1.1", False),
        ("100.64.0.1", False),
        ("fd00::1", False),
        ("fe80::1%eth0", False),
        ("::1", False),
        ("::ffff:10.0.0.1", False),
        ("239.255.255.250", False),
        ("198.51.100.7", True),
        ("172.32.0.1", True),
        ("2001:db8::1", True),
        ("::ffff:198.51.100.7", True),
        ("not an address", False),
        ("", False),
        (None, False),
    ],
)
def test_public_is_what_no_private_range_holds(address: str | None, public: bool) -> None:
    assert is_public(address) is public


def test_addresses_are_ordered_as_numbers() -> None:
    given = [None, "2001:db8::1", "10.0.0.10", "unknown", "10.0.0.9"]
    assert sorted(given, key=address_order) == ["10.0.0.9", "10.0.0.10", "2001:db8::1", "unknown", None]


def test_the_urgent_come_first(document: ReportDocument) -> None:
    ordered = most_urgent_first(document.devices, document.replacements)
    assert {device.address for device in ordered} == {device.address for device in document.devices}
    assert [device.covered for device in ordered] == ["yes"] * 7 + ["possible"] * 2 + ["unknown"] + ["no"] * 4
    assert ordered[0].address == "10.20.0.5"


def test_devices_at_one_address_are_told_apart_by_port() -> None:
    devices = [DeviceReport(address="127.0.0.1", ports=(port,)) for port in (8081, 8082)]
    shared = shared_addresses([*devices, DeviceReport(address="127.0.0.2"), DeviceReport()])
    assert shared == {"127.0.0.1"}
    assert place_text("127.0.0.1", (8081, 8554), shared) == "127.0.0.1:8081"
    assert place_text("127.0.0.2", (80,), shared) == "127.0.0.2"
    assert place_text("::1", (80,), {"::1"}) == "[::1]:80"
    assert place_text(None, (80,), shared) == "no address"
