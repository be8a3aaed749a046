"""A small tree of files in a temporary folder, for tests of the tools that read a tree."""

import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent.parent / "tools"
sys.path.insert(0, str(TOOLS))


class TreeTest(unittest.TestCase):
    """A test with a folder `self.root` of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="a tree ")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def assert_one(self, faults, *pieces):
        """Exactly one fault, which holds every piece."""
        self.assertEqual(len(faults), 1, faults)
        for piece in pieces:
            self.assertIn(piece, faults[0])
