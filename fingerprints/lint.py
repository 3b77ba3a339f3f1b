"""What makes an entry slow, unsafe or hard to review, told with the way to mend it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from fingerprints.database_loader import DATABASE_FOLDER, Database, DatabaseYaml
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


MAX_GENERIC_WEIGHT = 0.3
_FEW_CHARS = 6
_PARTLY = ("starts_with", "ends_with", "contains", "matches")
"""Ways of looking that see a part of a text, so that another text may hold it too."""


def advice(entry: Entry, database: Database) -> list[str]:
    """What a reviewer would ask of ``entry`` beyond its being right: each says how to mend it."""
    claims = entry.means.values()
    names_maker = bool(entry.means.makers) or "manufacturer" in claims or "brand" in claims
    return [
        *_about_generic(entry, names_maker),
        *_about_look_alikes(entry, names_maker),
        *_about_examples(entry),
        *(
            f"has the same conditions as {other}: join them, or say what tells them apart"
            for other in _twins(entry, database)
        ),
    ]


def _about_generic(entry: Entry, names_maker: bool) -> Iterator[str]:
    telling = [condition for condition in entry.match if condition.how != "absent"]
    if not names_maker or len(telling) != 1 or telling[0].how in ("matches", "oui_in"):
        return
    condition = telling[0]
    if entry.weight > MAX_GENERIC_WEIGHT and all(map(is_generic, condition.texts)):
        yield (
            f"{condition.field}: {condition.texts[0]!r} is said by devices of many makers: "
            f"weigh it {MAX_GENERIC_WEIGHT} at most, or add a condition"
        )
    if condition.how == "contains" and len(condition.texts[0]) < _FEW_CHARS and entry.weight > MAX_GENERIC_WEIGHT:
        yield f"{condition.field}: {condition.texts[0]!r} is short for 'contains': anchor it (is, starts_with)"


def _about_look_alikes(entry: Entry, names_maker: bool) -> Iterator[str]:
    if names_maker and not entry.not_ and all(one.how in (*_PARTLY, "absent") for one in entry.match):
        yield "has no look-alike: who else could send nearly this? Put it under 'not', with its real name"


def _about_examples(entry: Entry) -> Iterator[str]:
    maker = entry.means.manufacturer
    if (
        isinstance(maker, str)
        and entry.examples
        and not any("manufacturer" in one.expect for one in entry.examples)
    ):
        yield f"no example expects the manufacturer: add expect: {{manufacturer: {maker}}}"


def _twins(entry: Entry, database: Database) -> list[str]:
    return [other for other in _same_conditions(database)[frozenset(entry.match)] if other != entry.id]


@lru_cache(maxsize=2)
def _same_conditions(database: Database) -> dict[frozenset[Condition], list[str]]:
    by_conditions: dict[frozenset[Condition], list[str]] = {}
    for entry in database.entries:
        by_conditions.setdefault(frozenset(entry.match), []).append(entry.id)
    return by_conditions


def is_generic(text: str) -> bool:
    """Whether a text is one of the words that many makers' devices say, whatever the version behind it."""
    return _generic_key(text) in _generic_words()


def _generic_key(text: str) -> str:
    return "".join(re.findall(r"[^\W\d_]", re.sub(r"[/ _-]?[vV]?\d[\w.]*", "", text).casefold()))


@lru_cache(maxsize=1)
def _generic_words() -> frozenset[str]:
    loaded = yaml.load((DATABASE_FOLDER / "vocabulary.yaml").read_text("utf-8"), Loader=DatabaseYaml)  # noqa: S506
    return frozenset(_generic_key(str(word)) for word in loaded.get("generic", ()))


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
