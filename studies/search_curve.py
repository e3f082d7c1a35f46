"""Writes a run's curve for docs/: its configuration, a CSV with every n-th generation, and a picture.

python studies/search_curve.py runs/mnist docs/findings/mnist-search --picture docs/images/mnist-search.png
"""

import argparse
import csv
import json
from pathlib import Path

from wann.show.pictures.curves import draw_curves

FIELDS = (
    "generation",
    "best_mean_reward",
    "champion_mean_reward",
    "champion_best_reward",
    "champion_connections",
    "champion_nodes",
    "environment_steps",
)


def main() -> None:
    """Reads the run and writes OUT.csv, OUT.json and the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("out", type=Path, help="name of the files, without an ending")
    parser.add_argument("--every", type=int, default=20, help="generations from one row to the next")
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    rows = [json.loads(line) for line in (options.run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    kept = [row for row in rows if row["generation"] % options.every == 0 or row is rows[-1]]
    with open(options.out.with_suffix(".csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {name: f"{row[name]:.7g}" if isinstance(row[name], float) else row[name] for name in FIELDS} for row in kept
        )
    config = json.loads((options.run / "config.json").read_text(encoding="utf-8"))
    options.out.with_suffix(".json").write_text(json.dumps(config) + "\n", encoding="utf-8")
    if options.picture:
        draw_curves(rows, options.picture)


if __name__ == "__main__":
    main()
