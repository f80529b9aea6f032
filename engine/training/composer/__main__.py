"""Write a training set: `python -m engine.training.composer --out DIR --clips N`."""

import argparse
from pathlib import Path

from engine.training.composer.shards import write_shards


def main() -> None:
    """Read the arguments and write the shards."""
    parser = argparse.ArgumentParser(prog="engine.training.composer", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the shards")
    parser.add_argument("--clips", type=int, required=True, help="number of clips")
    parser.add_argument("--seed", type=int, default=0, help="seed of the set")
    parser.add_argument("--start", type=int, default=0, help="index of the first clip")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--length", type=float, default=10.24, help="seconds of a clip")
    parser.add_argument("--soundfont", type=Path, help="a soundfont; searched for if absent")
    options = parser.parse_args()
    write_shards(
        options.out, seed=options.seed, start=options.start, clips=options.clips,
        workers=options.workers, length_s=options.length, soundfont=options.soundfont,
    )  # fmt: skip


if __name__ == "__main__":
    main()
