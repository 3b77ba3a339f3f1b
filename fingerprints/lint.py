"""What makes an entry slow, unsafe or hard to review, told with the way to mend it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from fingerprints.database_loader import Database, DatabaseYaml
from fingerprints.observation import ENDPOINT_NAMES, FIELDS
from fingerprints.pattern_timing import slow_pattern
from fingerprints.schema import Condition, Entry, ModelRule

_PLAIN = r"(?:[^\\.^$*+?{}\[\]|()]|\\[^\w\s])"
_HUMBLER = (
    (re.compile(rf"\^{_PLAIN}+\$"), "is"),
    (re.compile(rf"\^{_PLAIN}+"), "starts_with"),
    (re.compile(rf"{_PLAIN}+\$"), "ends_with"),
    (re.compile(rf"{_PLAIN}+"), "contains"),
)


def entry_lint(entry: Entry) -> list[str]:
    """Reasons why ``entry`` should be written differently; each says how."""
    reasons = []
    if entry.description.rstrip().endswith("."):
        reasons.append('description ends with a full stop; it is read after "because" in a sentence')
    if entry.description[:1].isupper() and not entry.description.split()[0].isupper():
        first = entry.description.split()[0]
        if first in ("The", "A", "An", "It", "This", "Its"):
            reasons.append(f'description starts with {first!r}; write it small, it is read after "because"')
    for condition in entry.match:
        reasons += [f"{condition.field}: {reason}" for reason in condition_lint(condition)]
    return reasons


def condition_lint(condition: Condition) -> list[str]:
    """Reasons why a condition should be written differently."""
    if condition.how != "matches":
        return []
    pattern = condition.texts[0]
    humbler = next((how for form, how in _HUMBLER if form.fullmatch(pattern)), None)
    if humbler:
        return [f"could this be {humbler!r}? The pattern {pattern!r} captures nothing and varies nothing"]
    slow = slow_pattern(pattern)
    return [f"pattern {pattern!r} {slow}"] if slow else []


def model_lint(rule: ModelRule) -> list[str]:
    """Reasons why a model rule is wrong: its examples, or a pattern that can be made slow."""
    reasons = [
        f"does not match its example {text!r}" for text in rule.examples if not re.search(rule.matches, text)
    ]
    slow = slow_pattern(rule.matches, window=128)
    return [*reasons, slow] if slow else reasons


def duplicate_keys(path: Path) -> list[str]:
    """Keys that a mapping of the file states twice, of which YAML silently keeps the last."""
    try:
        tree = yaml.compose(path.read_text("utf-8"), Loader=DatabaseYaml)
    except (OSError, ValueError, yaml.YAMLError):
        return []  # the loader tells that
    return list(_duplicates(tree)) if tree is not None else []


def _duplicates(node: yaml.Node) -> Iterator[str]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _duplicates(item)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                yield f"line {key.start_mark.line + 1}: the key {key.value!r} is stated twice"
            seen.add(key.value)
            yield from _duplicates(value)


def filled_schema(schema: dict[str, Any], database: Database) -> dict[str, Any]:
    """``schema.json`` with the words of the vocabularies as the only allowed ones."""
    filled = copy.deepcopy(schema)
    words = {
        "family": list(database.families),
        "class": list(database.classes),
        "tag": list(database.tags),
        "field": [*FIELDS, *ENDPOINT_NAMES],
        "manufacturer": list(database.manufacturers),
    }
    for name, known in words.items():
        if known:
            filled["$defs"][name]["enum"] = known
    return filled
