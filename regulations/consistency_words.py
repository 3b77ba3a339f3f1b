"""What the checks of a knowledge base share: what a problem is, and whether words are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from regulations.yaml_files import did_you_mean

Problems = Iterator[tuple[str, str]]
"""Pairs of an entry's name and what is wrong with it."""


def given(word: str | None) -> tuple[str, ...]:
    """The word, if there is one."""
    return () if word is None else (word,)


def unknown_words(words: Iterable[str], known: Iterable[str], what: str) -> Iterator[str]:
    """What to say of each word that is not known."""
    known_words = list(known)
    for word in words:
        if word not in known_words:
            yield f"unknown {what} {word!r}{did_you_mean(word, known_words)}"
