"""Runs the examples that stand in the model-number grammars, and finds patterns that hostile text could slow down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fingerprints.lint import duplicate_keys
from fingerprints.model_decode import cleaned, part_pattern, read_by_rule, read_number, rule_pattern
from fingerprints.model_grammar import GRAMMAR_FOLDER, MAX_MODEL, Facts, Grammar, Grammars, Rule, read_grammars
from fingerprints.pattern_timing import slow_pattern
from fingerprints.schema import Problem


def check_grammars(folder: Path = GRAMMAR_FOLDER) -> list[Problem]:
    """Every problem of every grammar in ``folder``; empty when they are sound."""
    grammars, problems = read_grammars(folder)
    for path in sorted(folder.glob("*.yaml")):
        problems += [Problem(f"grammars/{path.name}", "", reason) for reason in duplicate_keys(path)]
    for file, grammar in grammars.files.items():
        found = [*example_problems(grammar, grammars), *_slow(grammar)]
        problems += [Problem(f"grammars/{file}", rule, reason) for rule, reason in found]
    return problems


def example_problems(grammar: Grammar, grammars: Grammars) -> list[tuple[str, str]]:
    """Where an example of a rule of ``grammar`` is not read as it says: the rule's name and the reason."""
    return [(rule.rule, reason) for rule in grammar.rules for reason in _example_problems(rule, grammar, grammars)]


def _example_problems(rule: Rule, grammar: Grammar, grammars: Grammars) -> Iterator[str]:
    for model, expected in rule.examples.items():
        reading = read_number(model, grammar)
        if reading is None or reading.rule is not rule:
            yield f"{model} is read by {reading.rule.rule if reading else 'no rule'}"
            continue
        for reason in _differences(grammars.completed(reading.facts), expected):
            yield f"{model}: {reason}"
    for model, what in rule.not_.items():
        if read_by_rule(cleaned(model, grammar), rule) is not None:
            yield f"{model} is read, but is {what}"


def _differences(facts: dict[str, Any], expected: Facts) -> list[str]:
    return [
        f"{name.rstrip('_')} should be {value}, is {facts.get(name)}"
        for name, value in expected.stated().items()
        if facts.get(name) != value
    ]


def _slow(grammar: Grammar) -> Iterator[tuple[str, str]]:
    for cleaning in grammar.clean:
        if reason := slow_pattern(cleaning.replace, MAX_MODEL):
            yield "clean", f"{cleaning.replace!r}: {reason}"
    for rule in grammar.rules:
        for pattern in (rule_pattern(rule), *map(part_pattern, rule.anywhere)):
            if reason := slow_pattern(pattern, MAX_MODEL):
                yield rule.rule, f"{pattern!r}: {reason}"
