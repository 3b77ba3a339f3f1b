"""Lints files of entries: what is wrong, what a reviewer would ask, and what is not in the canonical layout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from fingerprints.database_loader import DATABASE_FOLDER, DatabaseYaml, read_database
from fingerprints.database_tests import shown_name
from fingerprints.entry_layout import Layout, canonical_text
from fingerprints.lint import advice, duplicate_keys, entry_lint
from fingerprints.new_entry import PLACEHOLDER_MAKER
from fingerprints.schema import Problem

NOT_ENTRIES = ("vocabulary.yaml", "manufacturers.yaml", "brands.yaml")


class FileLayout(NamedTuple):
    """A file and its canonical layout."""

    path: Path
    layout: Layout


class LintRun(NamedTuple):
    """``problems`` must be mended; ``advice`` is a reviewer's; ``layouts`` are of the files that differ from theirs."""

    entries: int
    problems: tuple[Problem, ...]
    advice: tuple[Problem, ...]
    layouts: tuple[FileLayout, ...]


def lint_files(files: Sequence[Path], folder: Path = DATABASE_FOLDER) -> LintRun:
    """Lint ``files`` together with the database in ``folder``, or all of it where none is named."""
    database, problems = read_database(folder, extra=files)
    chosen = list(files) or [path for path in sorted(folder.glob("*.yaml")) if path.name not in NOT_ENTRIES]
    names = {shown_name(path) for path in chosen}
    problems = [problem for problem in problems if problem.file in names]
    asked = []
    layouts = []
    entries = [entry for entry in database.entries if database.files[entry.id] in names]
    for entry in entries:
        file = database.files[entry.id]
        problems += [Problem(file, entry.id, reason) for reason in entry_lint(entry)]
        asked += [Problem(file, entry.id, reason) for reason in advice(entry, database)]
    for path in chosen:
        problems += [Problem(shown_name(path), "", reason) for reason in duplicate_keys(path)]
        text = _text(path)
        if text is None:
            continue
        if _holds_placeholder(text):
            reason = f"still holds the placeholder {PLACEHOLDER_MAKER!r}: write the maker's short name instead"
            problems = [one for one in problems if f"'{PLACEHOLDER_MAKER}'" not in one.reason]
            problems.append(Problem(shown_name(path), "", reason))
        layout = canonical_text(text)
        if layout.changed or layout.left:
            layouts.append(FileLayout(path, layout))
    return LintRun(len(entries), tuple(problems), tuple(asked), tuple(layouts))


def _text(path: Path) -> str | None:
    """The file's text, where it is YAML at all (the loader tells why it is not)."""
    try:
        text = path.read_text("utf-8")
        yaml.compose(text, Loader=DatabaseYaml)
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        return None
    return text


def _holds_placeholder(text: str) -> bool:
    def found(value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(found, value.values()))
        return any(map(found, value)) if isinstance(value, list) else value == PLACEHOLDER_MAKER

    return PLACEHOLDER_MAKER in text and found(yaml.load(text, Loader=DatabaseYaml))  # noqa: S506 - a safe loader
