"""The words in braces that texts of the knowledge base may use, and how they are filled in."""

from __future__ import annotations

import string
from collections.abc import Mapping

WORDS = frozenset(
    (
        "maker",
        "label",
        "relation",
        "named",
        "scope",
        "list",
        "last_seen",
        "since",
        "listed",
        "place",
        "start",
        "day",
        "as_of",
        "regime",
        "binds",
        "operator",
        "use",
        "device",
        "doubt",
    )
)
"""Every word that may stand in braces; ``rules/general.yaml`` says what each is."""


def problem_of(text: str) -> str | None:
    """What is wrong with the braces of a text, or None."""
    try:
        fields = [(name, form, how) for _, name, form, how in string.Formatter().parse(text) if name is not None]
    except ValueError as error:
        return f"the braces of the text do not fit: {error}"
    for name, form, how in fields:
        if name not in WORDS or form or how:
            return f"{{{name}}} is no word that can be filled in; known are {', '.join(sorted(WORDS))}"
    return None


def filled(text: str, words: Mapping[str, str]) -> str:
    """``text`` with its words filled in, on one line."""
    told = " ".join(text.format_map(dict(words)).split())
    return "T" + told[1:] if told.startswith("the ") else told


def one_line(text: str, limit: int = 80) -> str:
    """A text from outside, printable, on one line and not longer than ``limit``."""
    told = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 4 * limit]).split())
    return told if len(told) <= limit else told[: limit - 1] + "…"
