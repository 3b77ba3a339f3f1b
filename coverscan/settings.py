"""Configuration: ``coverscan.toml``, then environment, then options; each value remembers where it came from.

The file is ``--config FILE``, else ``coverscan.toml`` in the working directory, else in the user's
configuration folder. Environment variables are named COVERSCAN_<KEY>, lists separated by commas.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import click

from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure


class Setting(NamedTuple):
    """One key that may be configured: where it stands in the file, its kind, and what it means."""

    key: str
    table: str
    is_list: bool
    meaning: str
    default: str | tuple[str, ...] | None = None


SETTINGS = (
    Setting("db", "", False, "inventory: a file, or a database URL"),
    Setting("profile", "scan", False, "politeness: gentle, lan or fragile", "gentle"),
    Setting("exclude", "scan", True, "targets that are never touched", ()),
    Setting("authorization", "scan", False, "file that records who allowed which public ranges"),
    Setting("name", "operator", False, "who runs the scan, as printed in the report"),
    Setting("site", "operator", False, "name of the site that is scanned"),
    Setting("operator", "operator", True, "who asks the law: federal_agency, federal_prime_contractor …", ()),
    Setting("use", "operator", False, "what the equipment is used for", "unknown"),
    Setting("state", "operator", False, "US state of the operator, such as TX"),
)
"""Everything that may stand in the configuration file."""


class Value(NamedTuple):
    """A configured value and where it came from, in words."""

    value: str | tuple[str, ...] | None
    origin: str


class Settings:
    """The configuration of one run of the program."""

    def __init__(self, values: Mapping[str, Value], file: Path | None) -> None:
        self.values = dict(values)
        self.file = file

    def text(self, key: str, option: str | None = None) -> str | None:
        """The value of ``key``: the option if given, else as configured."""
        if option is not None:
            return option
        value = self.values[key].value
        return value if isinstance(value, str) or value is None else ", ".join(value)

    def texts(self, key: str, option: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The list ``key``: the options if any are given, else as configured."""
        if option:
            return option
        value = self.values[key].value
        return (value,) if isinstance(value, str) else value or ()


def load_settings(config: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the configuration; raises ``Failure`` naming file and key where it cannot be understood."""
    file = config or next((path for path in _usual_places() if _is_there(path)), None)
    tables = _read(file) if file else {}
    values = {setting.key: _value(setting, tables, file, environment) for setting in SETTINGS}
    return Settings(values, file)


def default_inventory() -> Path:
    """``coverscan.db`` in the working directory if it is there, else in the user's data folder."""
    here = Path("coverscan.db")
    return here if here.exists() else data_folder() / "coverscan.db"


def data_folder() -> Path:
    """Where coverscan keeps what belongs to this user."""
    if sys.platform.startswith("linux"):
        return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "coverscan"
    return Path(click.get_app_dir("coverscan"))


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a home folder of somebody else's
        return False


def _usual_places() -> tuple[Path, ...]:
    return Path("coverscan.toml"), Path(click.get_app_dir("coverscan")) / "coverscan.toml"


def _read(file: Path) -> dict[str, object]:
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise Failure(f"{file}: cannot be read ({error.strerror})", ExitCode.INPUT_UNUSABLE) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Failure(f"{file}: not a TOML file ({error})", ExitCode.INPUT_UNUSABLE) from None
    known = {(setting.table, setting.key) for setting in SETTINGS}
    for name, value in tables.items():
        inner = value.items() if isinstance(value, dict) else [(None, None)]
        for key, _ in inner:
            if ((name, key) if key is not None else ("", name)) not in known:
                where = f"[{name}] {key}" if key is not None else name
                raise Failure(f"{file}: unknown key {where}", ExitCode.INPUT_UNUSABLE, "coverscan config show")
    return tables


def _value(
    setting: Setting, tables: Mapping[str, object], file: Path | None, environment: Mapping[str, str]
) -> Value:
    variable = f"COVERSCAN_{setting.key.upper()}"
    if environment.get(variable):
        raw: object = environment[variable]
        if setting.is_list:
            raw = [part.strip() for part in environment[variable].split(",")]
        return Value(_checked(setting, raw, f"environment variable {variable}"), f"environment {variable}")
    table = tables.get(setting.table, {}) if setting.table else tables
    if isinstance(table, dict) and setting.key in table:
        return Value(_checked(setting, table[setting.key], f"{file}: {setting.key}"), str(file))
    return Value(setting.default, "default")


def _checked(setting: Setting, raw: object, where: str) -> str | tuple[str, ...]:
    if isinstance(raw, str):
        return (raw,) if setting.is_list else raw
    if setting.is_list and isinstance(raw, list) and all(isinstance(item, str) for item in raw):
        return tuple(raw)
    kind = "a list of texts" if setting.is_list else "a text"
    raise Failure(f"{where}: must be {kind}", ExitCode.INPUT_UNUSABLE)
