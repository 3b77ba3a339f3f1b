from __future__ import annotations

from pathlib import Path

import pytest

from fingerprints.hardware_block_files import merged_blocks, read_block_file, write_blocks
from fingerprints.hardware_blocks import BlocksError, read_blocks

CSV = """Registry,Assignment,Organization Name,Organization Address
MA-L,4419B6,"Hangzhou Hikvision Digital Technology Co.,Ltd.","No. 555
Hangzhou CN 310052"
MA-L,080030,CERN,Geneva
MA-L,080030,NETWORK RESEARCH CORPORATION,Oxnard
"""
MAM = "Registry,Assignment,Organization Name,Organization Address\nMA-M,A4DA222,Wyze Labs Inc,Kirkland\n"
MAS = "Registry,Assignment,Organization Name,Organization Address\nMA-S,70B3D5987,  Axis\tCorporation ,Tokyo\n"
TEXT = """OUI/MA-L                                                    Organization
company_id                                                  Organization

44-19-B6   (hex)\t\tHangzhou Hikvision
4419B6     (base 16)\t\tHangzhou Hikvision
\t\t\t\tHangzhou
\t\t\t\tCN

A4-DA-22   (hex)\t\tWyze Labs Inc
200000-2FFFFF     (base 16)\t\tWyze Labs Inc

70-B3-D5   (hex)\t\tAxis Corporation
987000-987FFF     (base 16)\t\tAxis Corporation
"""
MANUF = (
    "# by TShark\n00:00:00\t00:00:00\tOfficially Xerox\n44:19:B6\tHangzhouHikv\tHangzhou Hikvision\n"
    "70:B3:D5:98:70:00/36\tAxis\tAxis Corporation\n"
)


def _file(folder: Path, text: str, name: str = "oui.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        (CSV, {"4419B6": "Hangzhou Hikvision Digital Technology Co.,Ltd.", "080030": "CERN"}),
        ("\ufeff" + MAM.replace("\n", "\r\n"), {"A4DA222": "Wyze Labs Inc"}),
        (MAS, {"70B3D5987": "Axis Corporation"}),
        (TEXT, {"4419B6": "Hangzhou Hikvision", "A4DA222": "Wyze Labs Inc", "70B3D5987": "Axis Corporation"}),
        (MANUF, {"4419B6": "Hangzhou Hikvision", "70B3D5987": "Axis Corporation"}),
    ],
)
def test_each_form(tmp_path: Path, text: str, blocks: dict[str, str]) -> None:
    assert merged_blocks([read_block_file(_file(tmp_path, text))], {}) == blocks


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (CSV + "MA-L,4419B\n", "line 6: 2 columns instead of 4"),
        (CSV + "MA-L,44_9B6,Somebody,There\n", "line 6: '44_9B6' is not 6 hexadecimal digits"),
        (CSV + "MA-L,4419B77,Somebody,There\n", "line 6: '4419B77' is not 6"),
        (CSV + "MA-L,4419B7, ,There\n", "line 6: block 4419B7 has no organisation"),
        (CSV + "CID,4A19B7,Somebody,There\n", "line 6: registry 'CID' .* in no hardware address"),
        (CSV + 'MA-L,4419B7,"Somebody,There\n', "not CSV"),
        ("Registry,Assignment\n", "line 1: columns are not"),
        ("Registry,Assignment,Organization Name,Organization Address\n", "holds no block"),
        (TEXT + "44-19-B7   (hex)\t\tSomebody\n", "ends before"),
        (TEXT + "4419B8     (base 16)\t\tSomebody\n", r"line 14: no \(hex\) line"),
        (TEXT + "44-19-XX   (hex)\t\tSomebody\n", "line 14: not of the form"),
        (MANUF + "44:19\tx\ty\n", "line 5: not of the form"),
        ("<!DOCTYPE html><html>404</html>", "line 1: none of the known files"),
        ("", "line 1: none of the known files"),
        (CSV + "MA-L,4419B7,X," + "y" * 5_000 + "\n", "line 6: longer than"),
    ],
)
def test_a_bad_line_refuses_the_file_and_is_named(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(BlocksError, match=rf"oui\.csv: .*{reason}"):
        read_block_file(_file(tmp_path, text))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "oui.csv"
    path.write_bytes(CSV.encode() + b"MA-L,4419B7,\xff,x\n")
    with pytest.raises(BlocksError, match="line 6: not UTF-8"):
        read_block_file(path)


def test_a_file_of_one_registry_leaves_the_others(tmp_path: Path) -> None:
    known = {"4419B6": "Old Name", "A4DA222": "Wyze Labs Inc"}
    merged = merged_blocks([read_block_file(_file(tmp_path, CSV))], known)
    assert merged["4419B6"].startswith("Hangzhou")
    assert merged["A4DA222"] == "Wyze Labs Inc"


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "blocks.txt"
    write_blocks(path, {"4419B6": "Hikvision – 海康", "4419B6000": "B", "0050C2": "A"}, "2026-11-20", "a\ttest")
    registry = read_blocks(path)
    assert registry.dated == "2026-11-20"
    assert registry.block("44:19:b6:ff:00:01") == ("4419B6", "Hikvision – 海康")
    assert registry.block("44:19:b6:00:00:01") == ("4419B6000", "B")
    assert [item.name for item in path.parent.iterdir()] == ["blocks.txt"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(BlocksError, match="cannot be written"):
        write_blocks(tmp_path / "file" / "blocks.txt", {}, "2026-11-20", "test")
