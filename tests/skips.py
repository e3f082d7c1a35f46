"""Which tests may be skipped where all are meant to run: on CI, and where WANN_STRICT_SKIPS is set, any other skip fails.

Else a package that is missing there, or a condition that no longer holds anywhere, would take tests away unnoticed.
"""

import os
import platform
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest


class Allowed(NamedTuple):
    """A skip that is allowed, by patterns of the test's name and of the reason that it gives."""

    test: str
    reason: str
    why: str


ALLOWED = [
    Allowed(
        r"test_(instruction_sets|same_bits|car_picture|vision)\.py", r"levels? v\d", "a processor may lack a level of x86-64"
    ),
    Allowed(r"test_same_bits\.py", r"this processor|Clang|compiler", "a compiler or kernels that the machine may lack"),
    Allowed(r"test_same_bits\.py", r"of x86-64's|no x86-64", "each kind of processor has tests of its own"),
    Allowed(r"test_export_c\.py", r"there is no compiler", "a machine may have one compiler only"),
    Allowed(r"test_(report_page|notebook|site)\.py", r"needs Chromium", "not every machine lets a browser be installed"),
    Allowed(r"", r"WANN_DATA names no folder with MNIST", "the real data do not come with the sources"),
    Allowed(r"test_sklearn\.py", r"SCIPY_ARRAY_API is not set", "a check of scikit-learn for what is not the default"),
]
if platform.machine() not in ("x86_64", "AMD64"):
    ALLOWED += [
        Allowed(r"", r"could not import 'envpool'", "it has no wheel for this processor"),
    ]

STRICT = os.environ.get("CI") == "true" or os.environ.get("WANN_STRICT_SKIPS") == "1"


def _check(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Has a skip that is not allowed fail."""
    if not STRICT or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not any(re.search(a.test, report.nodeid) and re.search(a.reason, reason) for a in ALLOWED):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: skipped, but no skip like this is allowed here (tests/skips.py): {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Of a test that is skipped as it begins or while it runs."""
    report: pytest.TestReport = yield
    _check(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    """Of a file that is skipped whole."""
    report: pytest.CollectReport = yield
    _check(report)
    return report
