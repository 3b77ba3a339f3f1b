from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from reports.data_files import read_data_file


class _Form(msgspec.Struct):
    name: str
    number: int = 0


def test_a_file_becomes_a_typed_value(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("name: x\nnumber: 3\n")
    assert read_data_file(path, _Form) == _Form(name="x", number=3)


@pytest.mark.parametrize("text", ["name: [", "name: 3", "number: 1", "!!python/object/apply:os.system ['true']"])
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"wrong\.yaml"):
        read_data_file(path, _Form)
