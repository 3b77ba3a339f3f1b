"""Questions in the form in which people and files ask them: keys with words, some of them with several."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

import msgspec

from regulations.determination import NOT_LEGAL_ADVICE, Determination, Question
from regulations.determine import determine
from regulations.knowledge_base import Knowledge
from regulations.question_check import QuestionError, check_question
from regulations.yaml_files import did_you_mean

SEVERAL = ("operator", "vendor", "as_of")
"""The keys that may name several words; each row of the answer then says which of them it is about."""

NAMES = {"evidence": "inferred_from"}
"""Keys whose field of ``Question`` bears another name."""

KEYS = (*(name for name in Question.__struct_fields__ if name != "inferred_from"), "evidence", "act")
"""Every key that a question may have. ``act`` is what the asker has most in mind; all acts are answered."""

MAX_COMBINATIONS = 5_000
"""How many combinations of operator, vendor and day one question may ask about."""


class AnswerRow(Determination, frozen=True, kw_only=True, omit_defaults=False):
    """A determination with those of ``SEVERAL`` of which its question names several, else null, and what it is not."""

    vendor: str | None = None
    as_of: str | None = None
    notice: str = NOT_LEGAL_ADVICE


def answer(knowledge: Knowledge, ask: Mapping[str, object], today: str) -> tuple[AnswerRow, ...]:
    """The rows of the answer to one question, for every combination of the words that it names.

    ``ask`` maps keys to a word or a list of words, all of them texts. QuestionError names a key or word that is not
    known; where ``as_of`` is not given, ``today`` is meant.
    """
    questions = list(asked(knowledge, ask, today))
    several = {key for key in SEVERAL if isinstance(ask.get(key), list)}
    rows: list[AnswerRow] = []
    for question in questions:
        more = {key: getattr(question, key) for key in ("vendor", "as_of") if key in several}
        for row in determine(knowledge, question):
            told = {name: getattr(row, name) for name in Determination.__struct_fields__}
            rows.append(AnswerRow(**told, **more))
    return tuple(rows)


def asked(knowledge: Knowledge, ask: Mapping[str, object], today: str) -> Iterator[Question]:
    """The questions that ``ask`` stands for, checked; QuestionError for the first that cannot be answered."""
    for key in ask:
        if key not in KEYS:
            raise QuestionError(str(key)[:80], f"unknown key{did_you_mean(str(key)[:80], KEYS)}")
    if "operator" not in ask:
        raise QuestionError("operator", "who asks is missing, and it decides most answers")
    _check_act(knowledge, ask.get("act"))
    fields: dict[str, object] = {"as_of": today}
    for key, value in ask.items():
        if key != "act":
            fields[NAMES.get(key, key)] = _evidence(value) if key == "evidence" else _words(key, value)
    several = {key: value for key, value in fields.items() if isinstance(value, list)}
    if math.prod(len(words) for words in several.values()) > MAX_COMBINATIONS:
        raise QuestionError(
            next(iter(several)), f"more than {MAX_COMBINATIONS} combinations are asked about at once"
        )
    for words in itertools.product(*several.values()):
        question = _question({**fields, **dict(zip(several, words, strict=True))})
        check_question(knowledge, question)
        yield question


def _check_act(knowledge: Knowledge, act: object) -> None:
    if act is not None and act not in knowledge.vocabulary.acts:
        word = str(act)[:80]
        raise QuestionError("act", f"unknown word {word!r}{did_you_mean(word, knowledge.vocabulary.acts)}")


def _words(key: str, value: object) -> object:
    """A text, or for some keys a list of texts without repetition."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise QuestionError(key, "should be a word" + (" or a list of words" if key in SEVERAL else ""))
    if key not in SEVERAL:
        raise QuestionError(key, "takes one word, not a list")
    if not value or not all(isinstance(word, str) for word in value):
        raise QuestionError(key, "the list should hold words")
    return list(dict.fromkeys(value))


def _evidence(value: object) -> tuple[str, ...]:
    signs = [value] if isinstance(value, str) else value
    if not isinstance(signs, list) or not all(isinstance(sign, str) for sign in signs):
        raise QuestionError("evidence", "should be a list of signs")
    return tuple(signs)


def _question(fields: Mapping[str, object]) -> Question:
    try:
        return msgspec.convert(dict(fields), Question)
    except msgspec.ValidationError as error:
        raise QuestionError("question", str(error)) from error
