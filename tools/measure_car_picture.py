"""Measures how close the pictures of car races come to Gymnasium's, frame by frame.

Needs ``gymnasium[box2d]``. ``python tools/measure_car_picture.py 10 320`` takes 10 tracks of 320 frames, about a minute.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import car_frames


def colour_errors(drive: car_frames.Frames) -> np.ndarray:
    """Of all parts of the pixels above the indicators."""
    ours = drive.pictures.rgb(drive.poses, drive.touched)
    return np.abs(ours[:, :84].astype(int) - drive.theirs[:, :84])


def main() -> None:
    """Prints a line for the pictures in colour, and for each size of the network's view."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tracks", type=int)
    parser.add_argument("frames", type=int)
    arguments = parser.parse_args()
    drives = [car_frames.drive(seed, arguments.frames - 1, 1) for seed in range(arguments.tracks)]
    errors = np.concatenate([colour_errors(d) for d in drives])
    zooming = np.concatenate([d.zooming for d in drives])
    for name, chosen in (("all", zooming | True), ("first second", zooming), ("later", ~zooming)):
        part = errors[chosen]
        off = (part.max(-1) > 16).mean()
        print(f"colour, {name}: {len(part)} frames, mean error {part.mean():.4f}, {off:.4%} of pixels off by more than 16")
    for block in (3, 2):
        differences = [255 * (d.pictures.view(d.poses, d.touched, block) - d.their_view(block)) for d in drives]
        changes = [255 * np.abs(np.diff(d.their_view(block), axis=0)) for d in drives]
        for name in ("all", "first second", "later"):
            error, change = [], []
            for d, difference, step in zip(drives, differences, changes, strict=True):
                chosen = {"all": d.zooming | True, "first second": d.zooming, "later": ~d.zooming}[name]
                error.append(difference[chosen])
                change.append(step[chosen[1:]])
            bias, mean = np.concatenate(error).mean(), np.abs(np.concatenate(error)).mean()
            n, moves = len(np.concatenate(error)), np.concatenate(change).mean()
            print(
                f"view, blocks of {block}, {name}: {n} frames, mean error {mean:.3f} ({bias:+.3f}), "
                f"change of a frame {moves:.2f}, ratio {mean / moves:.3f}"
            )


if __name__ == "__main__":
    main()
