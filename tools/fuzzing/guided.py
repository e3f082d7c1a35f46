"""One reader under Atheris, which keeps inputs that reach new lines: `tools/fuzz.py --guided --reader csv`."""

import sys
import types
from pathlib import Path
from random import Random

import atheris

from fuzzing.readers import READERS
from fuzzing.trial import keep, try_files

#: Bytes of an input at most.
LARGEST = 100_000


def _instrument() -> None:
    """Has Atheris see the functions of the package: its hook for imports overlooks packages that are installed editable."""
    for name, module in sorted(sys.modules.items()):
        if name.startswith("wann.") and hasattr(module, "__file__") and not name.startswith("wann._core"):
            for function in vars(module).values():
                if isinstance(function, types.FunctionType) and function.__module__ == name:
                    atheris.instrument_func(function)


def main() -> None:
    """Runs until its time is over; files that fail are kept, and do not end it."""
    name, seconds, seed, failures, scratch = sys.argv[1:]
    reader = READERS[name]()
    (file,) = reader.seeds[0]
    corpus = Path(scratch) / "corpus"
    corpus.mkdir()
    for i, files in enumerate(reader.seeds):
        (corpus / str(i)).write_bytes(files[file])

    def read(data: bytes) -> None:
        outcome = try_files(reader, {file: data}, Path(scratch) / "files", Random(len(data)))
        if outcome.failure:
            keep({file: data}, Path(failures), name, outcome.kind, outcome.failure)

    def damaged(data: bytes, most: int, seed: int) -> bytes:
        rng = Random(seed)
        if rng.random() < 0.3:
            mutated: bytes = atheris.Mutate(data, most)
            return mutated
        return reader.damage({file: data}, rng)[file][:most]

    options = [f"-max_total_time={seconds}", f"-max_len={LARGEST}", f"-seed={int(seed) + 1}", "-print_final_stats=1"]
    _instrument()
    atheris.Setup([sys.argv[0], *options, str(corpus)], read, custom_mutator=damaged)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
