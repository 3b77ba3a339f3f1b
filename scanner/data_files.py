"""Reads the scanner's own declarative files (``ports.yaml``, ``profiles.yaml``) into their typed form."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
import yaml

T = TypeVar("T")


def read_data_file(name: str, form: type[T]) -> T:
    """The shipped file ``name`` as ``form``; raises ``msgspec.ValidationError`` naming the entry that does not fit."""
    text = (Path(__file__).parent / name).read_text("utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return msgspec.convert(yaml.load(text, Loader=loader), form)  # noqa: S506 - both loaders are safe
