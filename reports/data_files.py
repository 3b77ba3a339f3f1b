"""The one loader of this package's own YAML files, into typed values."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
import yaml

T = TypeVar("T")


def read_data_file(path: Path, form: type[T]) -> T:
    """Read the YAML file ``path`` as a ``form``; raises ``ValueError`` naming the file and the place."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # Both loaders are safe ones: they make plain values only.
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
        return msgspec.convert(raw, form)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ValueError(f"{path.name}: {error}") from error
