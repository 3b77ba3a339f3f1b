from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from coverscan.commands.models import MAX_ECHO, command

CONTRACT = [
    *("vendor", "model", "class", "form_factor", "resolution_mp"),
    *("channels", "poe_ports", "ptz", "thermal"),
]


def run(*arguments: str, stdin: str | bytes = "") -> Result:
    result = CliRunner().invoke(command, ["decode", *arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_line_of_standard_input_gives_one_line_in_order() -> None:
    result = run("--json", "-", stdin="Hikvision\tDS-7608NI-K2/8P\n\nDahua\tIPC-HFW2849S-S-IL\r\nno tab\n")
    assert result.exit_code == 0
    recorder, empty, camera, nothing = answers(result)
    assert list(recorder)[: len(CONTRACT)] == CONTRACT
    assert [recorder[key] for key in CONTRACT] == [
        *("Hikvision", "DS-7608NI-K2/8P", "nvr", "recorder", None),
        *(8, 8, False, False),
    ]
    assert [empty[key] for key in CONTRACT] == [None, "", *[None] * 7]
    assert (camera["model"], camera["resolution_mp"]) == ("IPC-HFW2849S-S-IL", 8.0)
    assert (nothing["vendor"], nothing["class"]) == (None, None)


def test_the_table_shows_what_is_said_and_a_dash_for_what_is_not() -> None:
    result = run("--vendor", "Hikvision", "DS-2DE4425IW-DE", "DS-7608NI-I2")
    heading, camera, recorder = result.stdout.splitlines()
    assert heading.split() == ["model", "class", "form", "MP", "channels", "PoE", "PTZ", "thermal", "more"]
    assert camera.split() == ["DS-2DE4425IW-DE", "camera", "ptz", "4", "1", "0", "yes", "no", "zoom", "25×"]
    assert recorder.split()[:5] == ["DS-7608NI-I2", "nvr", "recorder", "–", "8"]


def test_an_unknown_vendor_gives_nulls_and_one_note_on_stderr() -> None:
    result = run("--json", "-", stdin="Nobody\tX1\nNobody\tX2\n")
    assert result.exit_code == 0
    assert [answer["class"] for answer in answers(result)] == [None, None]
    assert result.stderr.count("Nobody") == 1
    assert run("--json", "--quiet", "-", stdin="Nobody\tX1\n").stderr == ""


@pytest.mark.parametrize("vendor", ["Zhejiang Dahua Technology Co., Ltd.", "dahua", "Montavue"])
def test_other_names_of_a_maker_and_labels_lead_to_the_makers_numbers(vendor: str) -> None:
    (answer,) = answers(run("--json", "--vendor", vendor, "IPC-HDW5442TM-ASE"))
    assert (answer["vendor"], answer["form_factor"]) == (vendor, "turret")


def test_hostile_input_is_bounded_and_escaped() -> None:
    long = b"Hikvision\tDS-2CD2143G2-I" + b"9" * 100_000 + b"\n\xff\xfe\tDS\x1b[31m\nHikvision\tDS-7608NI-I2\n"
    first, _, last = answers(run("--json", "-", stdin=long))
    assert len(first["model"]) == MAX_ECHO
    assert last["channels"] == 8
    table = run("-", stdin=b"Evil\x1b]0;\x07\tDS\x1b[31m\n")
    assert "\x1b" not in table.stdout + table.stderr


def test_help_has_examples_and_a_name_is_needed() -> None:
    assert "coverscan models decode DS-2CD2143G2-I" in run("--help").output
    assert run().exit_code == 2
