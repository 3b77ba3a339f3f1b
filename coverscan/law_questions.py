"""Reads files with questions to the law: YAML or JSON, a list of ``{id, ask}``, also under the key ``questions``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure

MAX_BYTES = 8_000_000
MAX_QUESTIONS = 20_000

# Every scalar stays the text that it is, so that no day, NO (Norway) or number changes its shape.
_TextLoader: type[Any] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class AskedQuestion(NamedTuple):
    """One question of a file: its ``id``, and what it asks, each key with a text or a list of texts."""

    id: str
    ask: dict[str, object]


def read_questions(file: Path) -> tuple[AskedQuestion, ...]:
    """The questions of a file in their order; ``Failure`` names the file, the question and what is wrong."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise Failure(f"{file}: more than {MAX_BYTES} bytes", ExitCode.INPUT_UNUSABLE)
        loaded = yaml.load(file.read_text("utf-8"), Loader=_TextLoader)  # noqa: S506 - makes nothing but texts
    except OSError as error:
        raise Failure(f"{file}: cannot be read ({error.strerror})", ExitCode.INPUT_UNUSABLE) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise Failure(f"{file}: neither YAML nor JSON ({_one_line(error)})", ExitCode.INPUT_UNUSABLE) from None
    questions = loaded.get("questions") if isinstance(loaded, dict) else loaded
    if not isinstance(questions, list):
        raise Failure(f"{file}: should be a list of questions, each with id and ask", ExitCode.INPUT_UNUSABLE)
    if len(questions) > MAX_QUESTIONS:
        raise Failure(f"{file}: more than {MAX_QUESTIONS} questions", ExitCode.INPUT_UNUSABLE)
    return tuple(_question(file, number, one) for number, one in enumerate(questions, start=1))


def _question(file: Path, number: int, one: object) -> AskedQuestion:
    ask = one.get("ask") if isinstance(one, dict) else None
    if not isinstance(one, dict) or not isinstance(ask, dict):
        raise Failure(f"{file}: question {number}: needs 'ask' with keys and words", ExitCode.INPUT_UNUSABLE)
    return AskedQuestion(
        str(one.get("id", number)), {str(key): word for key, word in ask.items() if not _absent(word)}
    )


def _absent(word: object) -> bool:
    return word in ("", "~", "null") or word == []


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
