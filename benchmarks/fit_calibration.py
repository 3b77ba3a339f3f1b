"""Fits fingerprints/database/calibration.yaml on a labelled corpus, and prints how well it holds across origins.

usage: fit_calibration.py CORPUS.jsonl [--write]

The corpus is observation lines with ``expect.manufacturer`` and ``origin`` (docs/calibration.md says how it is
used). Without --write nothing but the tables is printed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from fingerprints.calibration import KEPT, published
from fingerprints.database_loader import DATABASE_FOLDER, load_database
from fingerprints.identify import identify_observation
from fingerprints.matcher import Matcher
from fingerprints.schema import CalibrationPoint
from scanner.sources.observation_lines import observation_from_line

EDGES = (KEPT, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
ONE_SIDED_95 = 1.645
DISCOUNT = 2 / 3
"""How far to go from the combined weight to what was measured: the database's authors had seen these records."""

VENDORS = ("Hikvision", "Dahua", "Huawei", "ZTE", "Hytera", "Tiandy", "Uniview", "Xiongmai", "TVT")


class Record(NamedTuple):
    """One record for which a maker was stated: combined weight, whether it is right, and where the record is from."""

    combined: float
    right: bool
    origin: str
    source: str
    families: tuple[str, ...]
    maker: str
    observed: bool


def records_of(corpus: Path) -> list[Record]:
    """The records whose maker is known and for which one is stated, with the weight before calibration."""
    database = dataclasses.replace(load_database(), calibration=())
    matcher, records = Matcher(database), []
    for line in corpus.read_bytes().splitlines():
        label = json.loads(line) if line.strip() else {}
        wanted = label.get("expect", {}).get("manufacturer")
        found = identify_observation(observation_from_line(line), matcher) if wanted else None
        if found is None or found.manufacturer is None:
            continue
        origin = label.get("origin", "")
        records.append(
            Record(
                combined=found.confidence,
                right=found.manufacturer == (database.manufacturer_name(wanted) or wanted),
                origin=re.split(r"[@: ]", origin)[0],
                source=origin.split(":")[0],
                families=tuple(dict.fromkeys(item.family for item in found.evidence)),
                maker=found.manufacturer,
                observed=label.get("origin_grade") != "constructed",
            )
        )
    return records


def fit(records: Sequence[Record]) -> tuple[CalibrationPoint, ...]:
    """The table: for each band of combined weights, two thirds of the way to what its sources prove."""
    points = [CalibrationPoint(combined=KEPT, published=KEPT)]
    for low, high in pairwise(EDGES):
        band = [record for record in records if low <= record.combined < high]
        if not band:
            continue
        mean = sum(record.combined for record in band) / len(band)
        proved = _lower_bound(band)
        raised = max(mean + DISCOUNT * (proved - mean), points[-1].published)
        if mean > points[-1].combined:
            points.append(CalibrationPoint(combined=round(mean, 3), published=round(min(raised, 0.99), 3)))
    return tuple(points)


def _lower_bound(band: Sequence[Record]) -> float:
    """Wilson's one-sided 95 % bound on the share that is right; records of one source count as one."""
    by_source: dict[str, list[bool]] = defaultdict(list)
    for record in band:
        by_source[record.source].append(record.right)
    n = len(by_source)
    share = sum(sum(of_source) / len(of_source) for of_source in by_source.values()) / n
    z2 = ONE_SIDED_95**2
    spread = ONE_SIDED_95 * math.sqrt((share * (1 - share) + z2 / (4 * n)) / n)
    return (share + z2 / (2 * n) - spread) / (1 + z2 / n)


def errors(pairs: Iterable[tuple[float, bool]]) -> tuple[float, float]:
    """Expected calibration error and over-confidence over ten bands of confidence."""
    bands: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in pairs:
        bands[min(9, int(confidence * 10))].append((confidence, right))
    gaps = [(sum(c for c, _ in band) - sum(r for _, r in band), len(band)) for band in bands.values()]
    n = sum(size for _, size in gaps)
    over = sum(max(0.0, gap) for gap, size in gaps if size >= 20)
    return sum(abs(gap) for gap, _ in gaps) / n, over / n


def cross_validated(records: Sequence[Record]) -> list[tuple[Record, float]]:
    """Each record with the confidence that a table gives which was fitted without its origin."""
    tables = {o: fit([r for r in records if r.origin != o]) for o in {r.origin for r in records}}
    return [(record, published(record.combined, tables[record.origin])) for record in records]


def report(records: Sequence[Record]) -> None:
    """Prints the tables of docs/calibration.md."""
    held_out = cross_validated(records)
    print(f"records {len(records)}, origins {len({r.origin for r in records})}")
    before = errors((record.combined, record.right) for record in records)
    after = errors((confidence, record.right) for record, confidence in held_out)
    print(f"combined weights as they are: error {before[0]:.3f}, over-confidence {before[1]:.3f}")
    print(f"calibrated, held-out origins: error {after[0]:.3f}, over-confidence {after[1]:.3f}\n")
    print("| family | records | right | mean confidence, held out |\n|---|---|---|---|")
    families = sorted({family for record in records for family in record.families})
    for family in families:
        told = [(record, confidence) for record, confidence in held_out if family in record.families]
        right = sum(record.right for record, _ in told)
        mean = sum(confidence for _, confidence in told) / len(told)
        print(f"| {family} | {len(told)} | {right} | {mean:.2f} |")
    print("\n| vendor | records observed on devices | constructed from documents | right |\n|---|---|---|---|")
    for vendor in VENDORS:
        own = [record for record in records if record.maker == vendor]
        seen = sum(record.observed for record in own)
        print(f"| {vendor} | {seen} | {len(own) - seen} | {sum(record.right for record in own)} |")


def write(points: Sequence[CalibrationPoint], records: Sequence[Record]) -> None:
    """Writes the database's table; the date is left to the person who commits it."""
    path = DATABASE_FOLDER / "calibration.yaml"
    old = path.read_text("utf-8")
    rows = "".join(f"- {{combined: {p.combined:.3f}, published: {p.published:.3f}}}\n" for p in points)
    head, _, tail = old.partition("calibration:\n")
    rest = re.sub(r"\A(?:- .*\n)*", "", tail)
    rest = re.sub(r"\d+ labelled records", f"{len(records)} labelled records", rest)
    path.write_text(f"{head}calibration:\n{rows}{rest}", "utf-8")


def main() -> None:
    """Fit, print, and write where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    records = records_of(chosen.corpus)
    report(records)
    points = fit(records)
    print("\n" + "\n".join(f"combined {p.combined:.3f} -> published {p.published:.3f}" for p in points))
    if chosen.write:
        write(points, records)


if __name__ == "__main__":
    main()
