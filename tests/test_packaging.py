"""What is handed out: the wheel holds exactly the product, and the files that it needs at run time."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {"coverscan", "scanner", "fingerprints", "regulations", "inventory", "measurement", "reports"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    return zipfile.ZipFile(file)


@pytest.mark.full
def test_the_wheel_holds_the_seven_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    top = {name.split("/", 1)[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == PACKAGES


@pytest.mark.full
def test_every_data_file_of_the_packages_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    tracked = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True)
    missing = set(tracked.stdout.split()) - set(wheel.namelist())
    assert missing == set()


def test_the_version_is_the_same_everywhere() -> None:
    import tomllib

    from coverscan import __version__

    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == __version__
    assert f"## {__version__} (" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_package_says_in_a_sentence_what_it_is_for() -> None:
    for init in ROOT.glob("*/__init__.py"):
        first = init.read_text("utf-8").splitlines()[0]
        assert first.startswith('"""') and first.rstrip('"').endswith("."), init
