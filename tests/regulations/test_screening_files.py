"""Official lists from files, in each form in which they are published, and files that are none."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from regulations import screening_files
from regulations.screening_files import ScreeningFileError, read_screening_file

EL = "Entity List (EL) - Bureau of Industry and Security"
SDN = "Specially Designated Nationals (SDN) - Treasury Department"
CMIC = "Non-SDN Chinese Military-Industrial Complex Companies List (CMIC) - Treasury Department"
DPL = "Denied Persons List (DPL) - Bureau of Industry and Security"


def write(tmp_path: Path, text: str | bytes, name: str = "list") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_the_consolidated_list_as_a_table(tmp_path: Path) -> None:
    path = tmp_path / "consolidated.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as opened:
        table = csv.writer(opened)
        table.writerow(["_id", "source", "name", "federal_register_notice", "start_date", "alt_names"])
        table.writerow(["1", EL, "Example Vision Co., Ltd.", "91 FR 1", "2026-02-03", "Example Vision; EV Tech"])
        table.writerow(["2", CMIC, "Example Holding Limited", "", "", ""])
        table.writerow(["3", DPL, "Somebody Else Inc.", "", "", ""])
        table.writerow(["4"])
    found = read_screening_file(path)
    assert found.form == "Consolidated Screening List (CSV)"
    assert found.dated is None
    assert found.lists() == ("BIS_ENTITY", "NS_CMIC")
    first, second = found.names
    assert first.names == ("Example Vision Co., Ltd.", "Example Vision", "EV Tech")
    assert (first.since, first.citation) == (date(2026, 2, 3), "91 FR 1")
    assert (second.names, second.since, second.citation) == (("Example Holding Limited",), None, None)


def test_the_consolidated_list_as_json(tmp_path: Path) -> None:
    results = [
        {"source": SDN, "name": "Example Bureau", "alt_names": ["EB"], "programs": ["GLOMAG"], "ids": []},
        {"source": EL, "name": "Example Vision", "alt_names": None, "start_date": "2026-02-03"},
        {"source": DPL, "name": "Somebody Else Inc."},
    ]
    text = json.dumps({"search_performed_at": "2026-11-20T10:00:00Z", "results": results})
    found = read_screening_file(write(tmp_path, text))
    assert found.dated == date(2026, 11, 20)
    assert [(one.list, one.names) for one in found.names] == [
        ("OFAC_SDN", ("Example Bureau", "EB")),
        ("BIS_ENTITY", ("Example Vision",)),
    ]


def ofac_xml(*entries: str) -> str:
    return (
        '<?xml version="1.0" standalone="yes"?>\n<sdnList xmlns="https://example.net/XML"><publshInformation>'
        f"<Publish_Date>11/20/2026</Publish_Date></publshInformation>{''.join(entries)}</sdnList>"
    )


def entry(program: str, name: str, *others: str, first: str = "") -> str:
    given = f"<firstName>{first}</firstName>" if first else ""
    akas = "".join(f"<aka><uid>9</uid><type>a.k.a.</type><lastName>{other}</lastName></aka>" for other in others)
    return (
        f"<sdnEntry><uid>1</uid>{given}<lastName>{name}</lastName><sdnType>Entity</sdnType>"
        f"<programList><program>{program}</program></programList><akaList>{akas}</akaList></sdnEntry>"
    )


def test_the_sdn_list_as_xml(tmp_path: Path) -> None:
    text = ofac_xml(entry("GLOMAG", "EXAMPLE BUREAU", "EB &amp; CO"), entry("SDGT", "DOE", first="Jane"))
    found = read_screening_file(write(tmp_path, text))
    assert (found.form, found.dated) == ("OFAC list (XML)", date(2026, 11, 20))
    assert [(one.list, one.names) for one in found.names] == [
        ("OFAC_SDN", ("EXAMPLE BUREAU", "EB & CO")),
        ("OFAC_SDN", ("Jane DOE",)),
    ]


def test_of_the_other_sanctions_list_only_the_ns_cmic_part_is_read(tmp_path: Path) -> None:
    text = ofac_xml(entry("CMIC-EO13959", "Example Holding"), entry("UKRAINE-EO13662", "Example Bank"))
    found = read_screening_file(write(tmp_path, text))
    assert [(one.list, one.names) for one in found.names] == [("NS_CMIC", ("Example Holding",))]


def test_the_sdn_list_as_a_table(tmp_path: Path) -> None:
    row = '7,"EXAMPLE BUREAU",-0- ,"GLOMAG",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n'
    found = read_screening_file(write(tmp_path, row + "\x1a\n"))
    assert [(one.list, one.names) for one in found.names] == [("OFAC_SDN", ("EXAMPLE BUREAU",))]
    assert found.note and "other names" in found.note


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("a,b,c\n1,2,3\n", "neither a Consolidated"),
        ("source,name\n", "holds no entry"),
        (f"source,name\n{DPL},Somebody\n", "holds no entry"),
        ('{"results": 3}', "no Consolidated"),
        ("[1, 2", "no Consolidated"),
        ("<html><body>Sign in</body></html>", "no OFAC list"),
        ("<sdnList><sdnEntry>", "cannot be read"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><sdnList/>', "refused"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><sdnList/>', "refused"),
        ("<a>" * 100, "nested too deeply"),
        ("source,name\n" + '"' + "x" * 300_000 + '",y\n', "cannot be read"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ScreeningFileError, match=reason):
        read_screening_file(write(tmp_path, text))


def test_files_are_bounded_and_named_when_they_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ScreeningFileError, match="No such file"):
        read_screening_file(tmp_path / "nothing")
    monkeypatch.setattr(screening_files, "MAX_BYTES", 3)
    with pytest.raises(ScreeningFileError, match="more than 3 bytes"):
        read_screening_file(write(tmp_path, "source,name\n"))
