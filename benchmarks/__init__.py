"""Speed on this machine: what ``make bench`` measures.

Each group of rows is a function that gives rows one by one. Ratios compare things that are measured in turn in the same
run, because a shared machine's speed drifts from minute to minute.
"""

# Importing a module of rows registers its groups, in the order in which they are measured.
from benchmarks import swingup, start, genomes, data, walker, car  # noqa: F401, I001
from benchmarks.rows import Row, group_names, machine, measure

__all__ = ["Row", "group_names", "machine", "measure"]
