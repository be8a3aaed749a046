#!/usr/bin/env python3
"""Runs the Python tests of a folder and reports each case as a GoogleTest program does.

    python3 run_cases.py FOLDER REPORT.xml

A case that never ran because its class could not be set up has failed. Exits 1 if a case failed or there was none.
"""

import sys
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path


class Result(unittest.TextTestResult):
    """Remembers the ids of the cases that passed; unittest itself counts only those that did not."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.passed = set()

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed.add(test.id())


def cases_of(suite):
    """The ids of all cases, before any has run."""
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from cases_of(item)
        else:
            yield item.id()


def write_report(path, cases, result):
    """GoogleTest's XML, as tools/run_tests.py reads it."""
    skipped = {test.id() for test, _ in result.skipped}
    root = ElementTree.Element("testsuites")
    for case in cases:
        suite, _, name = case.rpartition(".")
        element = ElementTree.SubElement(root, "testsuite", name=suite)
        outcome = "skipped" if case in skipped else "completed"
        row = ElementTree.SubElement(element, "testcase", name=name, status="run", result=outcome)
        if case not in result.passed and case not in skipped:
            ElementTree.SubElement(row, "failure", message="see the output of the test")
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(root).write(path)


def main():
    folder, report = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    sys.path.insert(0, str(folder))
    suite = unittest.defaultTestLoader.discover(str(folder), pattern="*_test.py")
    cases = list(cases_of(suite))
    result = unittest.TextTestRunner(resultclass=Result, verbosity=2).run(suite)
    write_report(report, cases, result)
    return 0 if cases and result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
