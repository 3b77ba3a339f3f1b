"""The contributor guide's road from a pasted banner to a tested fingerprint, walked as it is written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "CONTRIBUTING.md"


def _section() -> str:
    text = GUIDE.read_text("utf-8")
    found = re.search(r"^## Add a fingerprint in ten minutes\n(.+?)^## ", text, re.DOTALL | re.MULTILINE)
    assert found, "the section has another name"
    return found[1]


def _commands() -> list[str]:
    return [
        textwrap.dedent(block)
        for block in re.findall(r"^ *```sh\n(.+?)^ *```", _section(), re.DOTALL | re.MULTILINE)
    ]


def test_the_commands_work_in_their_order(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "coverscan"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m coverscan "$@"\n', "utf-8")
    program.chmod(0o755)
    script = "set -eu\n" + "\necho =====\n".join(_commands())
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path / "data"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    drafted, edited, checked, fixed, identified = done.stdout.split("=====\n")
    assert "Written: my-camera.yaml (2 entries)" in drafted
    assert edited == ""
    assert "2 entries: no problems" in checked
    assert "2 entries, 2 examples, 0 look-alikes: no problems" in checked
    assert "no problems" in fixed
    assert identified.startswith("Vivotek, ")
    assert "[my-camera-http-server" in identified
    assert "00123456789" not in (tmp_path / "my-camera.yaml").read_text("utf-8")


def test_the_guide_names_no_command_that_is_not_run() -> None:
    inline = set(re.findall(r"`(coverscan fingerprints [a-z-]+)", _section()))
    assert not {command for command in inline if not any(command in block for block in _commands())}
