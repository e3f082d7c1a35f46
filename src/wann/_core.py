"""The compiled core: the best of the builds that this package carries and this processor runs.

Set ``WANN_INSTRUCTION_SET`` to ``v2``, ``v3`` or ``v4`` (the x86-64 levels) to choose one by hand.
"""

import ctypes
import importlib
import importlib.util
import os
import platform
import sys
from typing import Any

_LEVELS: dict[str, frozenset[str]] = {
    "v4": frozenset({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}),
    "v3": frozenset({"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"}),
    "v2": frozenset({"cx16", "popcnt", "sse4_1", "sse4_2", "ssse3"}),
}
#: For every processor that is no x86-64.
_GENERIC = "generic"
_X86_64 = ("x86_64", "AMD64")
#: Windows' numbers of AVX2 and AVX-512F; all processors with them that Windows runs on have the rest of their level, too.
_WINDOWS_LEVELS = {"v3": 40, "v4": 41}


def _linux_flags() -> frozenset[str]:
    """Names of the processor's instruction sets."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as lines:
        for line in lines:
            if line.startswith("flags"):
                return frozenset(line.split(":", 1)[1].split())
    return frozenset()


def _mac_flags() -> frozenset[str]:
    """The same of an Intel processor, by the names that Linux has for them."""
    system = ctypes.CDLL(None)
    words = ""
    for name in (b"machdep.cpu.features", b"machdep.cpu.leaf7_features"):
        text, size = ctypes.create_string_buffer(4096), ctypes.c_size_t(4096)
        if system.sysctlbyname(name, text, ctypes.byref(size), None, ctypes.c_size_t(0)) == 0:
            words += " " + text.value.decode("ascii", "replace").lower()
    renamed = {"avx1.0": "avx", "sse4.1": "sse4_1", "sse4.2": "sse4_2"}
    return frozenset(renamed.get(word, word) for word in words.split())


def _windows_flags() -> frozenset[str]:
    kernel: Any = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    flags = _LEVELS["v2"]
    for level, number in _WINDOWS_LEVELS.items():
        if kernel.IsProcessorFeaturePresent(number):
            flags |= _LEVELS[level]
    return flags


def _processor_flags() -> frozenset[str]:
    """Names of the processor's instruction sets; empty where the system does not tell."""
    read = {"linux": _linux_flags, "darwin": _mac_flags, "win32": _windows_flags}.get(sys.platform)
    try:
        return read() if read else frozenset()
    except (OSError, AttributeError):
        return frozenset()


def _candidates() -> list[str]:
    """Levels that this processor has, best first, and then the build for every processor."""
    chosen = os.environ.get("WANN_INSTRUCTION_SET")
    if chosen:
        allowed = [*_LEVELS, _GENERIC]
        if chosen not in allowed:
            raise ImportError(f"WANN_INSTRUCTION_SET is {chosen!r}; allowed are {', '.join(allowed)}")
        return [chosen]
    if platform.machine() not in _X86_64:
        return [_GENERIC]
    flags = _processor_flags()
    needed: set[str] = set()
    levels = []
    for level, names in reversed(_LEVELS.items()):
        needed |= names
        if needed <= flags:
            levels.insert(0, level)
    # Every x86-64 processor since 2009 has v2; where the system does not tell, that is the safe choice.
    return [*(levels or ["v2"]), _GENERIC]


def _load() -> Any:
    candidates = _candidates()
    for level in candidates:
        try:
            return importlib.import_module(f"wann._core_{level}")
        except ModuleNotFoundError:
            continue
    # Asked by name: in an editable install the builds lie elsewhere than this file.
    built = [level for level in (*_LEVELS, _GENERIC) if importlib.util.find_spec(f"wann._core_{level}")]
    raise ImportError(
        f"none of the core's builds runs here: looked for {', '.join(candidates)}, "
        f"found {', '.join(built) or 'none'}; reinstall wann on this machine"
    )


# The module stands in for the build that was loaded: `from wann import _core` gives the build itself.
sys.modules[__name__] = _load()
