"""The compiled core: the best of the builds that this package carries and this processor runs.

Set ``WANN_INSTRUCTION_SET`` to ``v2``, ``v3`` or ``v4`` (the x86-64 levels) to choose one by hand.
"""

import importlib
import importlib.util
import os
import sys
from typing import Any

_LEVELS: dict[str, frozenset[str]] = {
    "v4": frozenset({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}),
    "v3": frozenset({"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"}),
    "v2": frozenset({"cx16", "popcnt", "sse4_1", "sse4_2", "ssse3"}),
}


def _processor_flags() -> frozenset[str]:
    """Names of the processor's instruction sets; empty where the system does not tell."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as lines:
            for line in lines:
                if line.startswith("flags"):
                    return frozenset(line.split(":", 1)[1].split())
    except OSError:
        pass
    return frozenset()


def _candidates() -> list[str]:
    """Levels that this processor has, best first, and then the build for every processor."""
    chosen = os.environ.get("WANN_INSTRUCTION_SET")
    if chosen:
        allowed = [*_LEVELS, "generic"]
        if chosen not in allowed:
            raise ImportError(f"WANN_INSTRUCTION_SET is {chosen!r}; allowed are {', '.join(allowed)}")
        return [chosen]
    flags = _processor_flags()
    needed: set[str] = set()
    levels = []
    for level, names in reversed(_LEVELS.items()):
        needed |= names
        if needed <= flags:
            levels.insert(0, level)
    # Every x86-64 processor since 2009 has v2; where the system does not tell, that is the safe choice.
    return [*(levels or ["v2"]), "generic"]


def _load() -> Any:
    candidates = _candidates()
    for level in candidates:
        try:
            return importlib.import_module(f"wann._core_{level}")
        except ModuleNotFoundError:
            continue
    # Asked by name: in an editable install the builds lie elsewhere than this file.
    built = [level for level in (*_LEVELS, "generic") if importlib.util.find_spec(f"wann._core_{level}")]
    raise ImportError(
        f"none of the core's builds runs here: looked for {', '.join(candidates)}, "
        f"found {', '.join(built) or 'none'}; reinstall wann on this machine"
    )


# The module stands in for the build that was loaded: `from wann import _core` gives the build itself.
sys.modules[__name__] = _load()
