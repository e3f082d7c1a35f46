"""How the package is built: compilers that are refused, the build of the core that a processor gets, and the workflows."""

import ctypes
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

import wann

ROOT = Path(__file__).parents[1]
CMAKE = shutil.which("cmake", path=str(Path(sys.executable).parent)) or shutil.which("cmake")
RULES = ROOT / "cmake" / "compiler.cmake"


def told(folder: Path, compiler: str, version: str, *definitions: str, ask: str = "") -> str:
    """What CMake says to a compiler, on one line."""
    script = folder / "ask.cmake"
    script.write_text(f'include("{RULES}")\n{ask}\n')
    known = [f"-DCMAKE_CXX_COMPILER_ID={compiler}", f"-DCMAKE_CXX_COMPILER_VERSION={version}", *definitions]
    done = subprocess.run([str(CMAKE), *known, "-P", str(script)], capture_output=True, text=True)
    return " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("compiler", "version", "message"),
    [
        ("MSVC", "19.44", "MSVC 19.44 () has no vector types; on Windows, build with its Clang: set CXX=clang-cl"),
        ("GNU", "11.4.0", "GNU 11.4.0 () is too old; set CXX to GCC 12, Clang 16 or Xcode 15, or later ones"),
        ("Clang", "15.0.7", "Clang 15.0.7 () is too old; set CXX to"),
        ("AppleClang", "14.0.3", "AppleClang 14.0.3 () is too old; set CXX to"),
        ("IntelLLVM", "2024.1", "IntelLLVM 2024.1 () is not known to build the core; set CXX to GCC 12 or Clang 16"),
    ],
)
def test_compilers_that_cannot_build_the_core_are_told_in_one_line(
    tmp_path: Path, compiler: str, version: str, message: str
) -> None:
    assert f"wann: {message}" in told(tmp_path, compiler, version)


@pytest.mark.parametrize(("compiler", "version"), [("GNU", "12.2.0"), ("Clang", "16.0.6"), ("AppleClang", "15.0.0")])
def test_compilers_that_can_are_not(tmp_path: Path, compiler: str, version: str) -> None:
    assert told(tmp_path, compiler, version) == ""


@pytest.mark.parametrize(
    ("definitions", "levels"),
    [
        (["-DCMAKE_SYSTEM_PROCESSOR=x86_64"], "v2;v3;v4"),
        (["-DCMAKE_SYSTEM_PROCESSOR=AMD64", "-DWIN32=1"], "v2"),
        (["-DCMAKE_SYSTEM_PROCESSOR=x86_64", "-DCMAKE_OSX_ARCHITECTURES=arm64"], "generic"),
        (["-DCMAKE_SYSTEM_PROCESSOR=aarch64"], "generic"),
        (
            ["-DCMAKE_OSX_ARCHITECTURES=x86_64;arm64"],
            "one processor at a time, not x86_64;arm64; set ARCHFLAGS to '-arch arm64'",
        ),
        (["-DCMAKE_SYSTEM_PROCESSOR=riscv64"], "the core is for x86-64 and 64-bit ARM processors, not riscv64"),
    ],
)
def test_levels_that_are_built(tmp_path: Path, definitions: list[str], levels: str) -> None:
    said = told(tmp_path, "GNU", "12", *definitions, ask='wann_levels(levels)\nmessage("${levels}")')
    assert said == levels or f"wann: {levels}" in said


@pytest.fixture
def loader() -> dict[str, Any]:
    """What `wann._core` does before it makes way for the build that it chose."""
    source = (Path(wann.__file__).parent / "_core.py").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(source.partition("# The module stands in")[0], names)
    return names


def intel_mac(features: bytes, leaf7: bytes) -> SimpleNamespace:
    """A system library that tells of a processor as that of macOS does."""
    words = {b"machdep.cpu.features": features, b"machdep.cpu.leaf7_features": leaf7}

    def sysctlbyname(name: bytes, text: Any, *_more: Any) -> int:
        text.value = words[name]
        return 0

    return SimpleNamespace(sysctlbyname=sysctlbyname)


OLD = b"FPU SSE3 SSSE3 CX16 SSE4.1 SSE4.2 POPCNT AVX1.0 F16C FMA MOVBE"


@pytest.mark.parametrize(
    ("leaf7", "best"),
    [(b"", "v2"), (b"BMI1 BMI2 AVX2", "v3"), (b"BMI1 BMI2 AVX2 AVX512F AVX512BW AVX512CD AVX512DQ AVX512VL", "v4")],
)
def test_an_intel_mac_gets_its_best_level(
    loader: dict[str, Any], monkeypatch: pytest.MonkeyPatch, leaf7: bytes, best: str
) -> None:
    monkeypatch.delenv("WANN_INSTRUCTION_SET", raising=False)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: intel_mac(OLD, leaf7))
    assert loader["_candidates"]()[0] == best


@pytest.mark.parametrize(("present", "best"), [((), "v2"), ((40,), "v3"), ((40, 41), "v4")])
def test_windows_gets_its_best_level(
    loader: dict[str, Any], monkeypatch: pytest.MonkeyPatch, present: tuple[int, ...], best: str
) -> None:
    monkeypatch.delenv("WANN_INSTRUCTION_SET", raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(platform, "machine", lambda: "AMD64")
    kernel = SimpleNamespace(IsProcessorFeaturePresent=lambda number: number in present)
    monkeypatch.setattr(ctypes, "WinDLL", lambda _name: kernel, raising=False)
    assert loader["_candidates"]()[0] == best


@pytest.mark.parametrize("machine", ["arm64", "aarch64", "ARM64"])
def test_arm_gets_the_build_for_it(loader: dict[str, Any], monkeypatch: pytest.MonkeyPatch, machine: str) -> None:
    monkeypatch.delenv("WANN_INSTRUCTION_SET", raising=False)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert loader["_candidates"]() == ["generic"]


def test_workflows_are_whole_and_run_what_there_is() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    workflows = {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / ".github" / "workflows").glob("*.yml")}
    assert {"test", "wheels", "docs", "release"} <= set(workflows)
    for name, workflow in workflows.items():
        jobs = workflow["jobs"]
        for job in jobs.values():
            assert set([job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])) <= set(jobs), name
            for step in job.get("steps", []):
                asked = re.findall(r"^make ([a-z-]+)", step.get("run", ""), re.MULTILINE)
                assert set(asked) <= targets | {"docs"}, name


def test_all_headers_of_the_core_are_compiled_by_mingw() -> None:
    named = set(re.findall(r'#include "\.\./core/(.+)"', (ROOT / "tools" / "all_headers.cpp").read_text()))
    there = {str(path.relative_to(ROOT / "core")) for path in (ROOT / "core").rglob("*.hpp")}
    assert named == {path for path in there if not path.startswith("bindings/")}
