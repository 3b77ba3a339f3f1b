"""Where the Shodan API key comes from, and how it is kept from being shown.

In this order: the environment variable ``SHODAN_API_KEY``; the keyring (service ``coverscan``, name ``shodan``)
where the keyring package is installed; the key file of the ``shodan`` package, which is read and never written.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

ENVIRONMENT_VARIABLE = "SHODAN_API_KEY"
KEYRING_SERVICE, KEYRING_NAME = "coverscan", "shodan"
_MAX_KEY_FILE_BYTES = 4_096


class ApiKey:
    """A key that shows itself to nobody who does not ask for it; ``origin`` says where it was found."""

    __slots__ = ("_value", "origin")

    def __init__(self, value: str, origin: str) -> None:
        self._value = value
        self.origin = origin

    def reveal(self) -> str:
        """The key itself: for the request that needs it only."""
        return self._value

    def redact(self, text: str) -> str:
        """``text`` without the key, should a server or a library have put it there."""
        return text.replace(self._value, "[key]")

    def __repr__(self) -> str:
        return f"<Shodan key from {self.origin}>"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a key is not to be stored")


def find_key(environment: Mapping[str, str], home: Path) -> ApiKey | None:
    """The first key found, or None. ``home`` is the user's home folder."""
    value = environment.get(ENVIRONMENT_VARIABLE, "").strip()
    if _is_key(value):
        return ApiKey(value, f"the environment variable {ENVIRONMENT_VARIABLE}")
    value = _from_keyring()
    if _is_key(value):
        return ApiKey(value, "the keyring")
    file = key_file(home)
    value = _from_file(file)
    if _is_key(value):
        return ApiKey(value, str(file))
    return None


def key_file(home: Path) -> Path:
    """Where the ``shodan`` package keeps its key: the older folder where that exists, else the newer one."""
    folder = home / ".shodan"
    return (folder if folder.is_dir() else home / ".config" / "shodan") / "api_key"


def _is_key(value: str) -> bool:
    return 8 <= len(value) <= 256 and value.isascii() and value.isalnum()


def _from_keyring() -> str:
    try:
        keyring = importlib.import_module("keyring")
        errors = importlib.import_module("keyring.errors")
    except ImportError:
        return ""
    try:
        return str(keyring.get_password(KEYRING_SERVICE, KEYRING_NAME) or "").strip()
    except errors.KeyringError:
        return ""


def _from_file(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(_MAX_KEY_FILE_BYTES).decode("utf-8", "replace").strip()
    except OSError:
        return ""
