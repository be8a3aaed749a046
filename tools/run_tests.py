#!/usr/bin/env python3
"""Runs every ctest of a build and says in one last line what came of it.

    python3 tools/run_tests.py [--build build/release] [--jobs 2] [ctest arguments, as -L unit]

Results stand in BUILD/test-results: ctest.xml (JUnit) of all, NAME.xml of each GoogleTest program. The last line is
"N passed, N failed". It counts each case of a GoogleTest program and each other ctest as one; what was skipped is
named on the line before and counts as neither. Exits 1 if anything failed, if a program died without a result, or
if there was nothing to run.
"""

import argparse
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


class Tally:
    """Names of what passed, failed and was skipped."""

    def __init__(self):
        self.passed, self.failed, self.skipped = [], [], []

    def add_gtest(self, program, path):
        """The cases of one GoogleTest program, from its own report."""
        for suite in ElementTree.parse(path).getroot().iter("testsuite"):
            for case in suite.iter("testcase"):
                name = f"{program}: {suite.get('name')}.{case.get('name')}"
                if case.find("failure") is not None:
                    self.failed.append(name)
                elif case.get("status") == "notrun" or case.get("result") == "skipped":
                    self.skipped.append(name)
                else:
                    self.passed.append(name)

    def add_ctest(self, case, folder):
        """One row of ctest's report; a GoogleTest program counts by its cases."""
        name, status = case.get("name"), case.get("status")
        report = folder / f"{name}.xml"
        failures = len(self.failed)
        if report.is_file():
            self.add_gtest(name, report)
            # A program may fail outside of its cases, as with a leak that is found at its end.
            if status != "run" and len(self.failed) == failures:
                self.failed.append(f"{name} (its cases passed, the program did not)")
        elif status == "run":
            self.passed.append(name)
        elif was_skipped(case):
            self.skipped.append(name)
        else:
            self.failed.append(name)


def was_skipped(case):
    """Whether ctest left a test out because it asked for it, not because it could not be started."""
    reason = case.find("skipped")
    message = reason.get("message", "") if reason is not None else ""
    return case.get("status") == "disabled" or "SKIP_" in message


def run(build, jobs, more):
    """Runs ctest; its report is absent when it could not start at all."""
    folder = build / "test-results"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.xml"):
        old.unlink()
    report = folder / "ctest.xml"
    subprocess.run(["ctest", "--test-dir", str(build), "-j", str(jobs), "--output-on-failure", "--no-tests=error",
                    "--output-junit", str(report.resolve()), *more])
    return report


def count(report):
    """The tally of a finished run."""
    tally = Tally()
    if report.is_file():
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            tally.add_ctest(case, report.parent)
    return tally


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build/release"))
    parser.add_argument("--jobs", type=int, default=2)
    arguments, more = parser.parse_known_args()
    tally = count(run(arguments.build, arguments.jobs, more))
    print()
    for name in tally.failed:
        print(f"failed: {name}")
    if tally.skipped:
        print("skipped: " + ", ".join(tally.skipped))
    print(f"{len(tally.passed)} passed, {len(tally.failed)} failed", flush=True)
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
