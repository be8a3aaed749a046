"""check_format.py passes what clang-format would leave alone and names what it would change."""

import shutil
import subprocess
import sys
import unittest

from tree import TOOLS, TreeTest

import check_format

needs_program = unittest.skipUnless(shutil.which(check_format.PROGRAM), check_format.PROGRAM + " is not installed")


class FormatTest(TreeTest):
    def setUp(self):
        super().setUp()
        shutil.copy(TOOLS.parent / ".clang-format", self.root)
        self.write("src/good.cpp", "int f() { return 1; }\n")

    @needs_program
    def test_a_good_tree_passes(self):
        self.assertEqual(check_format.check(self.root, fix=False), ([], 1))

    @needs_program
    def test_a_badly_laid_out_file_is_named_and_mended(self):
        bad = self.write("tests/x/a b.h", "int  f( ) {return 1;}\n")
        self.assert_one(check_format.check(self.root, fix=False)[0], "tests/x/a b.h:1:")
        self.assertEqual(check_format.check(self.root, fix=True)[0], [])
        self.assertEqual(bad.read_text(), "int f() { return 1; }\n")

    def test_a_missing_program_is_a_skip(self):
        done = subprocess.run([sys.executable, str(TOOLS / "check_format.py"), "--root", str(self.root)], env={"PATH": ""},
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, check_format.SKIPPED)
        self.assertIn("not installed", done.stdout)


if __name__ == "__main__":
    unittest.main()
