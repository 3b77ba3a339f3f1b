"""Scores ``coverscan identify`` on a labelled corpus, beside Recog and nmap where their databases are at hand.

usage: score_identify.py CORPUS.jsonl SCORER.py [--recog FOLDER] [--nmap FILE]

SCORER is called as ``SCORER.py CORPUS PREDICTIONS --json`` and prints, by measure, ``{"right", "of", "share"}``.
For the peers, whether a maker is covered is looked up in coverscan's own list, for they know nothing of it.
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from peer_databases import Said, nmap_says, read_nmap, read_recog, recog_says

from fingerprints.database_loader import load_database
from fingerprints.observation import Observation
from regulations.covered import covered_answer
from regulations.knowledge import load_knowledge
from scanner.sources.observation_lines import observation_from_line

PEER_CONFIDENCE = 0.9
CLASSES: Mapping[str, str] = {
    "web cam": "camera",
    "ip camera": "camera",
    "webcam": "camera",
    "dvr": "recorder",
    "media device": "recorder",
    "broadband router": "router",
    "router": "router",
    "wap": "router",
    "firewall": "router",
    "switch": "switch",
    "printer": "printer",
    "print server": "printer",
    "storage-misc": "nas",
    "nas": "nas",
    "voip phone": "phone",
    "voip adapter": "phone",
    "pbx": "phone",
}
"""The peers' words for kinds of devices."""


def coverscan_lines(corpus: Path) -> bytes:
    """What ``coverscan identify --json`` prints for the corpus."""
    command = [sys.executable, "-m", "coverscan", "identify", "--json", str(corpus)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def peer_lines(corpus: Path, says: Callable[[Observation], Said]) -> bytes:
    """A peer's answers in the form of identification lines."""
    names, law = load_database(), load_knowledge()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    lines = []
    for line in corpus.read_bytes().splitlines():
        if not line.strip():
            continue
        observation = observation_from_line(line)
        said = says(observation)
        maker = said.manufacturer and (names.manufacturer_name(said.manufacturer) or said.manufacturer)
        answer = {
            "id": observation.id,
            "manufacturer": maker,
            "model": said.model,
            "class": CLASSES.get((said.device or "").lower(), "unknown"),
            "confidence": PEER_CONFIDENCE if maker else 0.0,
            "covered": covered_answer(law, maker, (), today) if maker else "unknown",
        }
        lines.append(json.dumps(answer))
    return "\n".join(lines).encode() + b"\n"


def score(corpus: Path, scorer: Path, lines: bytes) -> dict[str, Any]:
    """The scorer's measures for these identification lines."""
    with tempfile.TemporaryDirectory() as folder:
        predictions = Path(folder) / "predictions.jsonl"
        predictions.write_bytes(lines)
        command = [sys.executable, str(scorer), str(corpus), str(predictions), "--json"]
        measures: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        return measures


def main() -> None:
    """Score everybody and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("scorer", type=Path)
    parser.add_argument("--recog", type=Path, help="a checkout of rapid7/recog")
    parser.add_argument("--nmap", type=Path, help="nmap-service-probes")
    chosen = parser.parse_args()
    columns = {"coverscan": score(chosen.corpus, chosen.scorer, coverscan_lines(chosen.corpus))}
    if chosen.recog:
        recog = read_recog(chosen.recog)
        print(f"Recog: {sum(map(len, recog.patterns.values()))} patterns, {recog.left_out} not readable here")
        lines = peer_lines(chosen.corpus, lambda seen: recog_says(recog, seen))
        columns["Recog"] = score(chosen.corpus, chosen.scorer, lines)
    if chosen.nmap:
        nmap = read_nmap(chosen.nmap)
        print(f"nmap: {sum(map(len, nmap.patterns.values()))} patterns, {nmap.left_out} not readable here")
        lines = peer_lines(chosen.corpus, lambda seen: nmap_says(nmap, seen))
        columns["nmap"] = score(chosen.corpus, chosen.scorer, lines)
    print(f"| measure | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for measure in columns["coverscan"]:
        cells = [_cell(measures.get(measure, {})) for measures in columns.values()]
        print(f"| {measure} | {' | '.join(cells)} |")


def _cell(measure: Mapping[str, Any]) -> str:
    share = measure.get("share")
    if share is None:
        return "–"
    return f"{share:.4f}" if "right" not in measure else f"{share:.1%} of {measure['of']}"


if __name__ == "__main__":
    main()
