from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from coverscan.exit_codes import ExitCode

Run = Callable[..., "object"]

SEEN = {
    "v": 1,
    "source": "me",
    "ip": "192.168.7.8",
    "port": 80,
    "fields": {"http.server": "Lumivue-Httpd/2.1.7", "http.title": "Lumivue Dome", "http.path": "/"},
}


@pytest.fixture
def observation(tmp_path: Path) -> Path:
    path = tmp_path / "observation.jsonl"
    path.write_text(json.dumps(SEEN) + "\n", "utf-8")
    return path


def test_from_an_observation_line_to_an_identification(coverscan, tmp_path: Path, observation: Path) -> None:  # type: ignore[no-untyped-def]
    made = coverscan("fingerprints", "new", "my-camera.yaml", "--from", "observation.jsonl")
    assert made.returncode == ExitCode.DONE, made.stderr
    file = tmp_path / "my-camera.yaml"
    linted = coverscan("fingerprints", "lint", "my-camera.yaml")
    assert linted.returncode == ExitCode.FAILED
    assert "placeholder 'name-of-the-maker'" in linted.stdout
    refused = coverscan("identify", "--extra", "my-camera.yaml", stdin=json.dumps(SEEN))
    assert refused.returncode == ExitCode.INPUT_UNUSABLE
    assert "my-camera.yaml" in refused.stderr

    lines = file.read_text("utf-8").splitlines(keepends=True)
    lines[1] = lines[1].replace("name-of-the-maker", "Vivotek")
    file.write_text("".join(lines), "utf-8")

    other = {"v": 1, "source": "t", "port": 80, "fields": {"http.server": "DNVRS-Webs"}}
    (tmp_path / "ordinary.jsonl").write_text(f"{json.dumps(SEEN)}\n{json.dumps(other)}\n{{broken\n", "utf-8")
    tested = coverscan("fingerprints", "test", "my-camera.yaml", "--against", "ordinary.jsonl")
    assert tested.returncode == ExitCode.DONE, tested.stdout
    assert "2 entries, 2 examples, 0 look-alikes: no problems" in tested.stdout
    assert "my-camera-http-server: 1 of 2 (50.00%); the other entries name: nobody 1" in tested.stdout
    assert "ordinary.jsonl, line 3" in tested.stderr
    assert coverscan("fingerprints", "lint", "my-camera.yaml").returncode == ExitCode.DONE
    before = json.loads(coverscan("identify", "--json", stdin=json.dumps(SEEN)).stdout)
    after = json.loads(coverscan("identify", "--json", "--extra", "my-camera.yaml", stdin=json.dumps(SEEN)).stdout)
    assert (before["manufacturer"], after["manufacturer"]) == (None, "Vivotek")


def test_with_a_maker_nothing_is_left_to_write(coverscan, observation: Path) -> None:  # type: ignore[no-untyped-def]
    made = coverscan("fingerprints", "new", "my-camera.yaml", "--maker", "vivotek inc", stdin=json.dumps(SEEN))
    assert made.returncode == ExitCode.DONE, made.stderr
    assert "name-of-the-maker" not in made.stdout
    assert coverscan("fingerprints", "test", "my-camera.yaml").returncode == ExitCode.DONE


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "part"),
    [
        (("My Camera.yaml",), "", ExitCode.WRONG_USAGE, "lower-case words"),
        (("my-camera.json",), "", ExitCode.WRONG_USAGE, "must end in .yaml"),
        (("my-camera.yaml", "--maker", "Vivotec"), "", ExitCode.WRONG_USAGE, "did you mean 'Vivotek'"),
        (("my-camera.yaml",), "", ExitCode.INPUT_UNUSABLE, "empty"),
        (("my-camera.yaml",), "{broken", ExitCode.INPUT_UNUSABLE, "line 1"),
        (("my-camera.yaml",), "HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n", ExitCode.INPUT_UNUSABLE, "many makers"),
        (("missing/my-camera.yaml",), json.dumps(SEEN), ExitCode.FAILED, "cannot be written"),
    ],
)
def test_what_cannot_be_drafted(arguments, stdin, code, part, coverscan) -> None:  # type: ignore[no-untyped-def]
    result = coverscan("fingerprints", "new", *arguments, stdin=stdin)
    assert result.returncode == code, result.stderr
    assert part in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("pasted", "field"),
    [
        ("RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: Lumivue Rtspd 1.0\r\n\r\n", "rtsp-server"),
        ("HTTP/1.1 200 OK\nServer: Lumivue-Httpd\n\n<title>Lumivue</title>", "http-title"),
        ("HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:1\r\nServer: Lumivue UPnP\r\n\r\n", "ssdp-server"),
        ("220 Lumivue FTP ready", "banner-raw"),
    ],
)
def test_a_pasted_reply_is_read_as_what_it_is(pasted: str, field: str, coverscan, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    made = coverscan("fingerprints", "new", "my-camera.yaml", "--maker", "Vivotek", stdin=pasted)
    assert made.returncode == ExitCode.DONE, made.stderr
    assert f"- id: my-camera-{field}\n" in (tmp_path / "my-camera.yaml").read_text("utf-8")
    assert coverscan("fingerprints", "test", "my-camera.yaml").returncode == ExitCode.DONE


def test_a_file_is_never_overwritten(coverscan, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "my-camera.yaml").write_text("mine", "utf-8")
    result = coverscan("fingerprints", "new", "my-camera.yaml", stdin=json.dumps(SEEN))
    assert result.returncode == ExitCode.WRONG_USAGE
    assert (tmp_path / "my-camera.yaml").read_text("utf-8") == "mine"


def test_fix_writes_the_layout_and_nothing_else(coverscan, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "my-camera.yaml"
    coverscan("fingerprints", "new", "my-camera.yaml", "--maker", "Vivotek", stdin=json.dumps(SEEN))
    tidy = file.read_text("utf-8")
    file.write_text(tidy.replace('is: "Lumivue Dome"', "is: 'Lumivue Dome'"), "utf-8")
    told = coverscan("fingerprints", "lint", "my-camera.yaml")
    assert "1 entries not in the canonical layout (my-camera-http-title)" in told.stdout
    assert coverscan("fingerprints", "lint", "--fix", "my-camera.yaml").returncode == ExitCode.DONE
    assert file.read_text("utf-8") == tidy
    assert coverscan("fingerprints", "lint", "--fix").returncode == ExitCode.WRONG_USAGE


def test_update_blocks_is_used_from_then_on(coverscan, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    line = json.dumps({"v": 1, "source": "arp", "mac": "fc:fd:f0:00:00:01", "fields": {}})
    heading = "Registry,Assignment,Organization Name,Organization Address\n"
    (tmp_path / "oui.csv").write_text(f'{heading}MA-L,FCFDF0,"VIVOTEK, INC.",Taipei\n', "utf-8")
    before = json.loads(coverscan("identify", "--json", stdin=line).stdout)
    done = coverscan("fingerprints", "update-blocks", "oui.csv")
    assert done.returncode == ExitCode.DONE, done.stderr
    assert "1 of them new" in done.stdout
    after = json.loads(coverscan("identify", "--json", stdin=line).stdout)
    assert (before["manufacturer"], after["manufacturer"]) == (None, "Vivotek")
    assert after["evidence"][0]["family"] == "oui"
    assert "VIVOTEK, INC." in after["evidence"][0]["description"]


def test_update_blocks_refuses_a_bad_file_and_keeps_nothing(coverscan, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "oui.csv").write_text("Registry,Assignment\n", "utf-8")
    result = coverscan("fingerprints", "update-blocks", "oui.csv")
    assert result.returncode == ExitCode.INPUT_UNUSABLE
    assert "oui.csv: line 1: columns are not" in result.stderr
    assert not (tmp_path / "data").exists()
    assert (
        coverscan("fingerprints", "update-blocks", "oui.csv", "--dated", "2090-01-01").returncode != ExitCode.DONE
    )
