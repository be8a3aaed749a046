"""run_tests.py counts what ctest and GoogleTest reported, and nothing that failed is lost."""

import unittest

from tree import TreeTest

import run_tests


def ctest(*rows):
    """ctest's report: rows of name, status, and the message of a test that was not run."""
    cases = "".join(f'<testcase name="{name}" status="{status}">' + (f'<skipped message="{message}"/>' if message else "") +
                    "</testcase>" for name, status, message in rows)
    return f"<testsuite>{cases}</testsuite>"


def gtest(*cases):
    """A GoogleTest program's report: rows of name, result, and whether it failed."""
    rows = "".join(f'<testcase name="{name}" status="{"notrun" if result == "suppressed" else "run"}" result="{result}">' +
                   ("<failure message='x'/>" if failed else "") + "</testcase>" for name, result, failed in cases)
    return f'<testsuites><testsuite name="Suite">{rows}</testsuite></testsuites>'


class RunTestsTest(TreeTest):
    def tally(self, *rows):
        return run_tests.count(self.write("ctest.xml", ctest(*rows)))

    def test_each_other_test_counts_as_one(self):
        tally = self.tally(("a", "run", ""), ("b", "fail", ""), ("c", "run", ""))
        self.assertEqual((tally.passed, tally.failed, tally.skipped), (["a", "c"], ["b"], []))

    def test_cases_of_a_program_count_each(self):
        self.write("unit.io.xml", gtest(("A", "completed", False), ("B", "completed", True), ("C", "skipped", False),
                                        ("D", "suppressed", False)))
        tally = self.tally(("unit.io", "fail", ""))
        self.assertEqual(tally.passed, ["unit.io: Suite.A"])
        self.assertEqual(tally.failed, ["unit.io: Suite.B"])
        self.assertEqual(tally.skipped, ["unit.io: Suite.C", "unit.io: Suite.D"])

    def test_a_program_that_died_before_its_report_failed(self):
        self.assertEqual(self.tally(("unit.io", "fail", "")).failed, ["unit.io"])

    def test_a_program_that_died_after_its_report_failed(self):
        self.write("unit.io.xml", gtest(("A", "completed", False)))
        tally = self.tally(("unit.io", "fail", ""))
        self.assertEqual(len(tally.passed), 1)
        self.assertEqual(len(tally.failed), 1)

    def test_what_asked_to_be_skipped_is_neither(self):
        tally = self.tally(("a", "notrun", "SKIP_RETURN_CODE=77"), ("b", "notrun", "SKIP_REGULAR_EXPRESSION_MATCHED"),
                           ("c", "disabled", ""))
        self.assertEqual((tally.passed, tally.failed, tally.skipped), ([], [], ["a", "b", "c"]))

    def test_what_could_not_be_started_failed(self):
        tally = self.tally(("a", "notrun", "Unable to find executable"), ("b", "notrun", "Fixture dependency failed"))
        self.assertEqual(tally.failed, ["a", "b"])

    def test_no_report_is_nothing_passed(self):
        self.assertEqual(run_tests.count(self.root / "ctest.xml").passed, [])


if __name__ == "__main__":
    unittest.main()
