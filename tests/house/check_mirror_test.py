"""check_mirror.py passes a mirrored tree and fails for a source without its test."""

import unittest

from tree import TreeTest

import check_mirror


class MirrorTest(TreeTest):
    def setUp(self):
        super().setUp()
        self.write("src/halftone/io/file.cpp", "")
        self.write("src/halftone/io/file.h", "")
        self.write("tests/io/file_test.cpp", "")
        self.write("src/halftone/calib/statistics/gram.cpp", "")
        self.write("tests/calib/statistics/gram_test.cpp", "")

    def faults(self, allowed=None):
        return check_mirror.check(self.root, allowed or {})[0]

    def test_a_mirrored_tree_passes(self):
        self.assertEqual(check_mirror.check(self.root, {}), ([], 2))

    def test_a_source_without_its_test(self):
        self.write("src/halftone/io/hash.cpp", "")
        self.assert_one(self.faults(), "src/halftone/io/hash.cpp", "tests/io/hash_test.cpp")

    def test_a_test_in_another_folder_does_not_count(self):
        self.write("src/halftone/calib/statistics/mean.cpp", "")
        self.write("tests/calib/mean_test.cpp", "")
        self.assert_one(self.faults(), "statistics/mean.cpp")

    def test_an_exception_needs_a_reason(self):
        self.write("src/halftone/cli/main.cpp", "")
        self.assertEqual(self.faults({"cli/main.cpp": "three lines"}), [])
        self.assert_one(self.faults({"cli/main.cpp": ""}), "cli/main.cpp")

    def test_an_exception_that_is_no_longer_one(self):
        self.assert_one(self.faults({"io/file.cpp": "old"}), "has a test now")
        self.assert_one(self.faults({"io/gone.cpp": "old"}), "is gone")


if __name__ == "__main__":
    unittest.main()
