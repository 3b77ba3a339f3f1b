"""The shipped knowledge base, a way to ask it, and a copy of it that a test may spoil."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from regulations.determination import Determination, Question
from regulations.determine import determine
from regulations.knowledge import FOLDER, load_knowledge
from regulations.knowledge_base import Knowledge

Rows = dict[str, Determination]
Ask = Callable[..., Rows]


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load_knowledge()


@pytest.fixture(scope="session")
def ask(knowledge: Knowledge) -> Ask:
    """Rows by ``REGIME act``, with `` + component`` for the rows about a part that may be inside."""

    def answer(**words: object) -> Rows:
        given = {"as_of": "2026-11-24", "operator": "private_no_federal_nexus"} | words
        rows: Rows = {}
        for row in determine(knowledge, Question(**given)):  # type: ignore[arg-type]
            key = f"{row.regime} {row.act}" + (f" + {row.component}" if row.component else "")
            assert key not in rows, f"{key} was answered twice"
            rows[key] = row
        return rows

    return answer


@pytest.fixture
def spoiled(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """A copy of the knowledge base in which one text of one file is replaced by another."""

    def spoil(file: str, old: str, new: str) -> Path:
        folder = tmp_path / "knowledge"
        if not folder.exists():
            for part in ("lists", "rules"):
                shutil.copytree(FOLDER / part, folder / part)
        path = folder / file
        text = path.read_text("utf-8")
        assert old in text, f"{file} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1), "utf-8")
        return folder

    return spoil
