"""Measures how well model numbers are decoded, with a scoring script and labelled models of the user's.

    python benchmarks/score_models.py SCORER.py MODELS.jsonl [-- SCORER-OPTION…]

MODELS.jsonl holds a JSON object a line with "vendor" and "model" and the labels; SCORER.py is called with it, with
the file of answers, and with the further options. Its output is shown as it is, then the speed of decoding.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    """Decode every model of the file through the command line, and run the scoring script on the answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scorer", type=Path)
    parser.add_argument("models", type=Path)
    parser.add_argument("options", nargs="*", help="for the scoring script, after --")
    given = parser.parse_args()
    records = [json.loads(line) for line in given.models.read_text(encoding="utf-8").splitlines() if line.strip()]
    questions = "".join(f"{record['vendor']}\t{record['model']}\n" for record in records)
    with tempfile.TemporaryDirectory() as folder:
        answers = Path(folder) / "decoded.jsonl"
        start = time.perf_counter()
        command = [sys.executable, "-m", "coverscan", "models", "decode", "--json", "-"]
        with answers.open("wb") as out:
            subprocess.run(command, input=questions.encode(), stdout=out, check=True)
        seconds = time.perf_counter() - start
        scored = subprocess.run(
            [sys.executable, str(given.scorer), str(given.models), str(answers), *given.options], check=False
        )
    print(f"{len(records)} models in {seconds:.2f} s, start included")
    return scored.returncode


if __name__ == "__main__":
    sys.exit(main())
