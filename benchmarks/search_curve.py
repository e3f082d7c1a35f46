"""Writes a run's curve for docs/: a CSV with every n-th generation, a picture, and the configuration.

python benchmarks/search_curve.py runs/mnist docs/mnist-search docs/images/mnist-search.png
"""

import csv
import json
import sys
from pathlib import Path

from wann.draw.curves import draw_curves

FIELDS = ("generation", "best_mean_reward", "champion_mean_reward", "champion_connections", "champion_nodes")


def main(run: Path, out: Path, picture: Path, every: int = 20) -> None:
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    kept = [row for row in rows if row["generation"] % every == 0 or row is rows[-1]]
    with open(out.with_suffix(".csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    out.with_suffix(".json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    draw_curves(rows, picture)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
