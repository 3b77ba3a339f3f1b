"""Reads one YAML file of the knowledge base into typed entries, and says which entry is wrong and why."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

T = TypeVar("T")


class KnowledgeError(ValueError):
    """The knowledge base cannot be used: which ``file``, which ``entry`` of it, and the ``reason``."""

    def __init__(self, file: str, entry: str, reason: str) -> None:
        self.file = file
        self.entry = entry
        self.reason = reason
        super().__init__(f"{file}: {entry}: {reason}")


_SafeLoader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _OneKeyOnceLoader(_SafeLoader):  # type: ignore[misc]
    """A safe loader that refuses a key given twice, where YAML would silently keep the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands here twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def read_sections(path: Path, sections: Iterable[str]) -> dict[str, Any]:
    """The top-level sections of a file; KnowledgeError where it is no YAML, or has others than ``sections``."""
    try:
        loaded = yaml.load(path.read_text("utf-8"), Loader=_OneKeyOnceLoader)  # noqa: S506 - a safe loader
    except OSError as error:
        raise KnowledgeError(path.name, "the file", f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise KnowledgeError(path.name, _line_of(error), _reason_of(error)) from error
    if not isinstance(loaded, dict):
        raise KnowledgeError(path.name, "the file", "holds no sections")
    wanted = tuple(sections)
    for name in loaded:
        if name not in wanted:
            raise KnowledgeError(path.name, str(name), f"no such section{did_you_mean(str(name), wanted)}")
    for name in wanted:
        if name not in loaded:
            raise KnowledgeError(path.name, name, "this section is missing")
    return loaded


def keyed_entries(file: str, section: Any, shape: type[T]) -> dict[str, T]:
    """A section that is a mapping: each value as ``shape``, with its key in the field ``key``."""
    if not isinstance(section, dict):
        raise KnowledgeError(file, "section", "should map names to entries")
    return {str(key): _entry(file, str(key), value, shape, key=str(key)) for key, value in section.items()}


def listed_entries(file: str, section: Any, shape: type[T]) -> tuple[T, ...]:
    """A section that is a list of entries, named in errors by number and by the words that tell them apart."""
    if not isinstance(section, list):
        raise KnowledgeError(file, "section", "should be a list of entries")
    return tuple(
        _entry(file, f"entry {number} ({_describe(value)})", value, shape)
        for number, value in enumerate(section, start=1)
    )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A tail for an error message: the nearest known word, or those that exist where there are few."""
    words = sorted(set(known))
    alike = {one.casefold(): one for one in words}
    close = difflib.get_close_matches(word.casefold(), alike, n=1)
    if close:
        return f"; did you mean {alike[close[0]]!r}?"
    return f"; known are {', '.join(words)}" if 0 < len(words) <= 12 else ""


def _entry(file: str, name: str, value: Any, shape: type[T], **more: str) -> T:
    if not isinstance(value, Mapping):
        raise KnowledgeError(file, name, "should hold fields with values")
    for field in more:
        if field in value:
            raise KnowledgeError(file, name, f"{field!r} is the name of the entry and may not be given in it")
    try:
        return msgspec.convert(dict(value) | more, shape)
    except msgspec.ValidationError as error:
        raise KnowledgeError(file, name, str(error)) from error


def _describe(value: Any) -> str:
    if not isinstance(value, Mapping):
        return "no entry"
    told = [str(value[key]) for key in ("id", "entity", "component", "list") if key in value]
    return " on ".join(told) or "unnamed"


def _line_of(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return f"line {mark.line + 1}" if mark else "the file"


def _reason_of(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error)
