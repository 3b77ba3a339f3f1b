"""The words of ``wording.yaml``: what reports call the values of the closed vocabularies."""

from __future__ import annotations

import functools
from pathlib import Path

import msgspec

from reports.data_files import read_data_file

_FILE = Path(__file__).parent / "wording.yaml"

COVERED_ORDER = ("yes", "possible", "unknown", "no")
"""The values of ``covered``, most urgent first."""


class DeterminationWord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one determination is called alone and after an act, in which tone it is shown, and what it means."""

    word: str
    short: str
    sentence: str
    tone: str
    says: str


class CoveredWord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one value of ``covered`` is called, alone and after a number, and what it means."""

    label: str
    plural: str
    says: str


class Wording(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file; ``determinations`` stand worst first."""

    determinations: tuple[DeterminationWord, ...]
    covered: dict[str, CoveredWord]
    owner_acts: tuple[str, ...]
    acts: dict[str, str]
    doing: dict[str, str]
    components: dict[str, str]
    operators: dict[str, str]
    classes: dict[str, str]
    tags: dict[str, str]
    run_kinds: dict[str, str]
    run_statuses: dict[str, str]
    grades: dict[str, str]
    state_operator: str

    def act(self, word: str) -> str:
        """An act as a verb: ``own and use``."""
        return self.acts.get(word) or plain(word)

    def operator(self, word: str) -> str:
        """A kind of operator as a noun: ``Federal prime contractor``."""
        return self.operators.get(word) or plain(word).capitalize()

    def device_class(self, word: str) -> str:
        """A class of product as a noun: ``network switch``."""
        return self.classes.get(word) or plain(word)

    def covered_word(self, word: str) -> CoveredWord:
        """The word for a value of ``covered``; a value that nobody knows counts as unknown."""
        return self.covered[word if word in self.covered else "unknown"]

    def determination(self, word: str) -> DeterminationWord:
        """The word for a determination; one that is not known here is shown as it is, in the tone of open."""
        for known in self.determinations:
            if known.word == word:
                return known
        return DeterminationWord(word=word, short=plain(word), sentence=f"is {plain(word)}", tone="open", says="")

    def severity(self, word: str) -> int:
        """How bad a determination is: 0 is the worst; one that is not known here counts as open."""
        words = [known.word for known in self.determinations]
        return words.index(word) if word in words else words.index("indeterminate")


def plain(word: str) -> str:
    """A vocabulary word in letters and blanks, for words that have no wording of their own."""
    return word.replace("_", " ").strip()


@functools.cache
def wording() -> Wording:
    """The wording in English, read once from its file."""
    return read_data_file(_FILE, Wording)
