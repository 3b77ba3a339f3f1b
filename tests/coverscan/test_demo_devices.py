"""The device files: they load, they are consistent in themselves, and mistakes in them are named."""

from __future__ import annotations

import ipaddress
import json
import re
from pathlib import Path

import pytest

from coverscan.demo.emulated_device import (
    DeviceFileError,
    EmulatedDevice,
    certainties,
    load_device,
    load_devices,
    replies_of,
    texts_of,
)
from coverscan.demo.misbehaving import BEHAVIOURS

DEVICES = load_devices()
_VALID = """
name: made-up
description: a device of this test
recorded: false
source: made up
host: 7
expect: {covered: unknown, manufacturer: null}
facts: {serial: X1}
tcp:
  80:
    http:
      pages:
      - {path: /, certainty: plausible, head: ["HTTP/1.1 200 OK", "X: {serial} {port_80}"], body: "hello {address}"}
      not_found: {certainty: plausible, head: ["HTTP/1.1 404 Not Found"]}
"""


def _load(folder: Path, text: str) -> EmulatedDevice:
    path = folder / "made-up.yaml"
    path.write_text(text, "utf-8")
    return load_device(path)


def test_the_demo_network_holds_what_it_promises() -> None:
    covered = [device for device in DEVICES if device.expect.covered == "yes"]
    makers = {device.expect.manufacturer for device in DEVICES if isinstance(device.expect.manufacturer, str)}
    assert len(DEVICES) >= 18
    assert len(covered) >= 10
    assert {"Hikvision", "Dahua", "Axis", "Hanwha", "Reolink", "Uniview", "ZTE"} <= makers
    assert {"LTS", "Annke", "Amcrest", "Lorex"} <= {device.expect.brand for device in DEVICES}
    assert any(device.misbehaving for device in DEVICES)
    assert any("honeypot" in (device.expect.tags or ()) for device in DEVICES)


def test_at_least_half_of_the_devices_repeat_what_real_ones_said() -> None:
    recorded = [device for device in DEVICES if device.recorded]
    assert 2 * len(recorded) >= len(DEVICES)
    for device in recorded:
        assert "recorded" in certainties(device), device.name


def test_every_recorded_reply_names_where_it_was_seen() -> None:
    for device in DEVICES:
        for reply in replies_of(device):
            if "recorded" in (reply.certainty, reply.body_certainty):
                assert len(reply.source) > 10, (device.name, reply.head)


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
def test_no_device_file_holds_an_address_of_the_internet(device: EmulatedDevice) -> None:
    for text in texts_of(device):
        for found in re.findall(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])", text):
            try:
                address = ipaddress.ip_address(found)
            except ValueError:  # a version number
                continue
            assert not address.is_global, (device.name, found)


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
def test_serial_numbers_and_mac_addresses_are_made_up(device: EmulatedDevice) -> None:
    serial = device.facts.get("serial", "")
    mac = device.facts.get("mac", "").replace("-", ":")
    assert not serial or re.search(r"0000\d(?:WCVU)?$", serial), serial
    assert not mac or mac.endswith("00:00:01"), mac


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
def test_dhip_replies_are_json(device: EmulatedDevice) -> None:
    for service in device.udp.values():
        if service.dhip is not None:
            text = re.sub(r"\{port_\d+\}", "1", service.dhip.reply)
            info = json.loads(text)["params"]["deviceInfo"]
            assert info["DeviceType"] and info["Version"]


def test_the_words_of_the_expectations_are_those_of_the_program() -> None:
    for device in DEVICES:
        asserted = device.expect.asserted()
        assert "from_udp" not in asserted
        assert set(asserted) <= {
            "covered",
            "manufacturer",
            "brand",
            "class",
            "model",
            "firmware",
            "firmware_date",
            "tags",
        }


def test_without_discovery_less_is_asserted() -> None:
    camera = next(device for device in DEVICES if device.name == "hikvision-camera-2019")
    assert camera.expect.asserted()["model"] == "DS-2CD2385G1-I"
    less = camera.expect.without_udp().asserted()
    assert less["manufacturer"] == "Hikvision"
    assert less["covered"] == "yes"
    assert "model" not in less and "firmware" not in less


def test_null_is_asserted_and_absence_is_not() -> None:
    dvr = next(device for device in DEVICES if device.name == "xiongmai-dvr")
    asserted = dvr.expect.asserted()
    assert asserted["brand"] is None
    assert "model" not in asserted


def test_misbehaviours_named_in_devices_exist() -> None:
    for device in DEVICES:
        named = [service.misbehaves for service in device.tcp.values()]
        named += [service.misbehaves for service in device.udp.values()]
        assert {name for name in named if name} <= set(BEHAVIOURS)


def test_a_valid_file_loads(tmp_path: Path) -> None:
    device = _load(tmp_path, _VALID)
    assert device.tcp[80].http is not None
    assert device.tcp[80].kind == "http"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("{serial} {port_80}", "{seriel}", "{seriel}"),
        ("{port_80}", "{port_81}", "{port_81}"),
        ("host: 7", "host: 300", "host 300"),
        ("name: made-up", "name: other", "'other'"),
        ("covered: unknown", "covered: maybe", "covered"),
        ("recorded: false", "recorded: true", "not one of its replies"),
        ("source: made up", "source: ' '", "no source"),
        (
            'certainty: plausible, head: ["HTTP/1.1 200',
            'certainty: recorded, head: ["HTTP/1.1 200',
            "names no source",
        ),
        ('certainty: plausible, head: ["HTTP/1.1 200', 'certainty: guessed, head: ["HTTP/1.1 200', "guessed"),
        ('"X: {serial} {port_80}"', '"X: a\\nY: b"', "line break"),
        ("  80:\n    http:", "  80:\n    silent: true\n    http:", "silent"),
        ("  80:\n    http:", "  80:\n    banner: {certainty: plausible}\n    http:", "exactly one"),
        (
            "facts: {serial: X1}",
            "udp: {37020: {silent: true, misbehaves: udp-echo}}\nfacts: {serial: X1}",
            "exactly one",
        ),
        ("manufacturer: null", "manufacturer: null, from_udp: [modell]", "modell"),
        ("tcp:", "tcp: [", "made-up.yaml"),
        ("  80:", "  99999:", "99999"),
    ],
)
def test_a_mistake_in_a_file_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in _VALID
    with pytest.raises(DeviceFileError) as caught:
        _load(tmp_path, _VALID.replace(old, new))
    assert "made-up.yaml" in str(caught.value)
    assert named in str(caught.value)


def test_two_devices_cannot_have_one_host_number(tmp_path: Path) -> None:
    (tmp_path / "made-up.yaml").write_text(_VALID, "utf-8")
    (tmp_path / "second.yaml").write_text(_VALID.replace("name: made-up", "name: second"), "utf-8")
    with pytest.raises(DeviceFileError, match="host 7"):
        load_devices(tmp_path)
