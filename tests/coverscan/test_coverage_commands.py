"""``coverscan coverage``: questions from files and options, lists for people, bundles and refreshed lists."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from coverscan.exit_codes import ExitCode
from regulations.knowledge import FOLDER

Run = Callable[..., "CompletedProcess[str]"]

QUESTIONS = """
questions:
- id: Q1
  title: A shop
  ask: {operator: private_no_federal_nexus, vendor: hikvision, device: ip_camera, acquired: 2020-05-01, as_of: 2026-11-24}
- id: Q2
  ask: {operator: [dod, uk_central_government], vendor: [dahua, tvt], as_of: [2026-06-29, 2026-06-30]}
- id: Q3
  ask: {operator: local_government, country: NO, vendor: zte, purchase: null}
"""


def test_questions_from_a_file_are_answered_in_full(coverscan: Run, tmp_path: Path) -> None:
    (tmp_path / "q.yaml").write_text(QUESTIONS, "utf-8")
    result = coverscan("coverage", "ask", "--file", "q.yaml", "--json")
    assert result.returncode == ExitCode.DONE, result.stderr
    first, second, third = json.loads(result.stdout)
    assert [one["id"] for one in (first, second, third)] == ["Q1", "Q2", "Q3"]
    rows = {(row["regime"], row["act"]): row for row in first["answers"]}
    assert rows["FCC_EA", "own_use"]["determination"] == "not_prohibited"
    for row in rows.values():
        assert row["cite"] and row["rule"] and row["last_verified"] and row["grade"]
        assert "not legal advice" in row["notice"]
        assert {"from", "to", "why", "must_say"} <= set(row)
    combinations = {(row["operator"], row["vendor"], row["as_of"]) for row in second["answers"]}
    assert len(combinations) == 8
    assert {row["regime"] for row in third["answers"]} >= {"ALLIED_OTHER"}


def test_questions_may_be_json_and_a_bare_list(coverscan: Run, tmp_path: Path) -> None:
    asked = [{"id": 7, "ask": {"operator": "dod", "vendor": "dahua", "as_of": "2026-11-24"}}]
    (tmp_path / "q.json").write_text(json.dumps(asked), "utf-8")
    result = coverscan("coverage", "ask", "--file", "q.json")
    assert result.returncode == ExitCode.DONE
    assert "== 7" in result.stdout
    assert "DOD_805 / buy: prohibited_conditional from 2026-06-30" in result.stdout
    assert "not legal advice" in result.stdout


def test_a_refused_question_is_named_and_the_others_are_answered(coverscan: Run, tmp_path: Path) -> None:
    (tmp_path / "q.yaml").write_text(QUESTIONS.replace("vendor: zte", "vendr: zte"), "utf-8")
    result = coverscan("coverage", "ask", "--file", "q.yaml", "--json")
    assert result.returncode == ExitCode.INCOMPLETE
    assert "Q3: vendr: unknown key; did you mean 'vendor'?" in result.stderr
    answered = json.loads(result.stdout)
    assert [bool(one["answers"]) for one in answered] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("questions: 3\n", "should be a list"),
        ("- {id: A}\n", "question 1: needs 'ask'"),
        ("- [\n", "neither YAML nor JSON"),
        ("- {id: A, ask: {operator: dood}}\n", "did you mean 'dod'"),
    ],
)
def test_files_that_hold_no_questions_are_refused(coverscan: Run, tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "q.yaml").write_text(text, "utf-8")
    result = coverscan("coverage", "ask", "--file", "q.yaml", "--json")
    assert result.returncode == ExitCode.INPUT_UNUSABLE
    assert reason in result.stderr
    assert "Traceback" not in result.stderr


def test_one_question_by_options(coverscan: Run) -> None:
    words = ["--vendor", "unknown", "--brand", "Lorex", "--purchase", "2021-03-01", "--use", "public_safety"]
    result = coverscan("coverage", "ask", *words, "--operator", "federal_prime_contractor", "--json")
    rows = {(row["regime"], row["act"]): row for row in json.loads(result.stdout)}
    assert rows["S889_B", "own_use"]["determination"] == "prohibited"
    inferred = coverscan(
        "coverage", "ask", *words, "--operator", "federal_prime_contractor", "--evidence", "dhip", "--json"
    )
    rows = {(row["regime"], row["act"]): row for row in json.loads(inferred.stdout)}
    assert rows["S889_B", "own_use"]["determination"] == "prohibited_conditional"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["hikvision", "--operator", "federal_agancy"], "did you mean 'federal_agency'"),
        (["hikvision", "--state", "XX"], "state: unknown word"),
        (["hikvision", "--vendor", "dahua"], "either MAKER or --vendor"),
        ([], "which MAKER"),
        (["hikvision", "--file", "q.yaml"], "--file takes no other words"),
    ],
)
def test_words_that_nobody_knows_are_refused(coverscan: Run, arguments: list[str], reason: str) -> None:
    result = coverscan("coverage", "ask", *arguments)
    assert result.returncode == ExitCode.WRONG_USAGE
    assert reason in result.stderr


def test_lists_and_entities_for_people(coverscan: Run) -> None:
    assert "Uniview" in coverscan("coverage", "list", "--list", "BIS_ENTITY").stdout
    assert "Hikvision" not in coverscan("coverage", "list", "--list", "OFAC_SDN").stdout
    shown = coverscan("coverage", "show", "UNV").stdout
    assert "BIS_ENTITY" in shown and "2024-12-11" in shown and "https://" in shown
    assert "coverage list" in coverscan("coverage", "show", "Hikvisoin").stderr
    told = json.loads(coverscan("coverage", "show", "lorex", "--json").stdout)
    assert told["entity"]["part_of"][0]["to"] == "2022-11-23"


def test_the_timeline_knows_only_what_was_known(coverscan: Run) -> None:
    days = [
        one["date"]
        for one in json.loads(coverscan("coverage", "timeline", "--as-of", "2019-08-12", "--json").stdout)
    ]
    assert days == sorted(days)
    assert "2020-08-13" in days and "2019-10-09" not in days
    assert "(ahead)" in coverscan("coverage", "timeline", "--as-of", "2019-08-12").stdout
    assert coverscan("coverage", "timeline", "--as-of", "then").returncode == ExitCode.WRONG_USAGE


def test_sources_say_how_old_they_are(coverscan: Run) -> None:
    result = coverscan("coverage", "sources", "--json")
    told = json.loads(result.stdout)
    old = [one["key"] for one in told["facts"] if one["old"]]
    assert all(one["days"] > 90 for one in told["facts"] if one["old"])
    assert bool(old) == ("Warning" in result.stderr)
    assert len(told["sources"]) > 40


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A knowledge base that was reviewed a day later and has Tiandy no longer on the Entity List."""
    folder = tmp_path / "newer"
    for part in ("lists", "rules"):
        shutil.copytree(FOLDER / part, folder / part)
    sources, listings = folder / "lists" / "sources.yaml", folder / "lists" / "listings.yaml"
    reviewed = yaml.safe_load(sources.read_text("utf-8"))["reviewed"]
    sources.write_text(
        sources.read_text("utf-8").replace(f"reviewed: {reviewed}", "reviewed: 2099-01-01"), "utf-8"
    )
    text = listings.read_text("utf-8")
    listings.write_text(
        text.replace("entity: tiandy\n  list: BIS_ENTITY", "entity: tvt\n  list: BIS_ENTITY"), "utf-8"
    )
    return folder


def bis_of(coverscan: Run, vendor: str) -> str:
    rows = json.loads(coverscan("coverage", "ask", vendor, "--operator", "exporter", "--json").stdout)
    return str(next(row["determination"] for row in rows if (row["regime"], row["act"]) == ("BIS_ENTITY", "buy")))


def test_a_bundle_is_used_only_with_a_trusted_signature(coverscan: Run, newer: Path, tmp_path: Path) -> None:
    assert coverscan("coverage", "bundle", "key", "own.pem").returncode == ExitCode.DONE
    assert (tmp_path / "own.pem").stat().st_mode & 0o077 == 0
    made = coverscan("coverage", "bundle", "make", "law.zip", "--key", "own.pem", "--from", str(newer))
    assert made.returncode == ExitCode.DONE, made.stderr
    for verb in ("verify", "diff", "use"):
        refused = coverscan("coverage", "bundle", verb, "law.zip")
        assert refused.returncode == ExitCode.INPUT_UNUSABLE
        assert "none of the keys that are trusted" in refused.stderr
    assert bis_of(coverscan, "tiandy") == "listed_no_effect_on_owner"
    trust = ("--trust", "own.pub.pem")
    seen = coverscan("coverage", "bundle", "diff", "law.zip", *trust)
    assert "removed  listings: tiandy on BIS_ENTITY" in seen.stdout
    assert bis_of(coverscan, "tiandy") == "listed_no_effect_on_owner"
    used = coverscan("coverage", "bundle", "use", "law.zip", *trust)
    assert used.returncode == ExitCode.DONE, used.stderr
    assert (bis_of(coverscan, "tiandy"), bis_of(coverscan, "tvt")) == ("not_listed", "listed_no_effect_on_owner")
    kept = tmp_path / "data" / "coverscan" / "law" / "bundle" / "lists" / "listings.yaml"
    kept.write_text(kept.read_text("utf-8") + "\n", "utf-8")
    damaged = coverscan("coverage", "ask", "tvt", "--operator", "exporter")
    assert damaged.returncode == ExitCode.FAILED
    assert "not the file that was signed" in damaged.stderr
    assert coverscan("coverage", "bundle", "remove").returncode == ExitCode.DONE
    assert bis_of(coverscan, "tiandy") == "listed_no_effect_on_owner"


def test_a_bundle_tells_what_it_changes_for_the_inventory(coverscan: Run, newer: Path, tmp_path: Path) -> None:
    banner = {
        "ip_str": "192.168.7.9",
        "port": 80,
        "timestamp": "2026-11-01T00:00:00.000000",
        "data": "HTTP/1.1 200 OK\r\nServer: TVT\r\n\r\n",
        "http": {"title": "TVT", "server": "TVT", "html": "<title>NVR TVT</title>"},
    }
    (tmp_path / "d.json").write_text(json.dumps(banner) + "\n", "utf-8")
    coverscan("import", "d.json", "--db", "my.db")
    coverscan("coverage", "bundle", "key", "own.pem")
    coverscan("coverage", "bundle", "make", "law.zip", "--key", "own.pem", "--from", str(newer))
    seen = coverscan("coverage", "bundle", "diff", "law.zip", "--trust", "own.pub.pem", "--db", "my.db")
    assert seen.returncode == ExitCode.DONE, seen.stderr
    assert "answers change for the devices of scan" in seen.stdout


def test_a_list_is_refreshed_from_a_file(coverscan: Run, tmp_path: Path) -> None:
    law = json.loads(coverscan("coverage", "list", "--list", "OFAC_SDN", "--json").stdout)
    assert law
    names = [
        "Xinjiang Public Security Bureau",
        "Xinjiang Production and Construction Corps",
        "Shenzhen TVT Digital Technology",
    ]
    entries = "".join(f"<sdnEntry><uid>1</uid><lastName>{name}</lastName></sdnEntry>" for name in names)
    day = "<publshInformation><Publish_Date>11/20/2026</Publish_Date></publshInformation>"
    (tmp_path / "sdn.xml").write_text(f"<sdnList>{day}{entries}</sdnList>", "utf-8")

    def answer() -> tuple[str, str]:
        rows = json.loads(
            coverscan(
                "coverage", "ask", "tvt", "--operator", "us_person", "--as-of", "2026-11-24", "--json"
            ).stdout
        )
        row = next(row for row in rows if row["regime"] == "OFAC_SDN")
        return row["determination"], row["last_verified"]

    before = answer()
    dry = coverscan("coverage", "refresh", "sdn.xml", "--dry-run")
    assert "NEW           TVT" in dry.stdout
    assert answer() == before == ("not_listed", before[1])
    kept = coverscan("coverage", "refresh", "sdn.xml")
    assert kept.returncode == ExitCode.DONE, kept.stderr
    assert answer() == ("prohibited", "2026-11-20")
    assert coverscan("coverage", "refresh", "--forget").stdout == "Forgotten.\n"
    assert answer() == before


@pytest.mark.parametrize(
    ("text", "arguments", "reason"),
    [
        ("<html>", ["list"], "cannot be read"),
        ("source,name\n", ["list"], "holds no entry"),
        ("source,name\nx (SDN) - y,Nobody Known\n", ["list"], "does not state its day"),
        ("source,name\nx (SDN) - y,Nobody Known\n", ["list", "--dated", "2999-01-01"], "lies ahead"),
        ("source,name\nx (EL) - y,Nobody Known\n", ["list", "--dated", "2026-11-20"], "is it the whole list?"),
        ("", [], "give a FILE"),
    ],
)
def test_what_is_no_whole_list_is_refused(
    coverscan: Run, tmp_path: Path, text: str, arguments: list[str], reason: str
) -> None:
    (tmp_path / "list").write_text(text, "utf-8")
    result = coverscan("coverage", "refresh", *arguments)
    assert result.returncode in (ExitCode.INPUT_UNUSABLE, ExitCode.WRONG_USAGE)
    assert reason in result.stderr
    assert not (tmp_path / "data").exists()


def test_a_slip_of_the_pen_is_not_taken_for_a_maker_on_no_list(coverscan) -> None:  # type: ignore[no-untyped-def]
    result = coverscan("coverage", "ask", "hikvison", "--operator", "federal_agency")
    assert "hikvison is no name of this knowledge base" in result.stderr
    assert "Did you mean Hikvision?" in result.stderr
    assert coverscan("coverage", "ask", "Hikvision", "--operator", "federal_agency").stderr.count("no name") == 0
