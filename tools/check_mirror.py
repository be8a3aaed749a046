#!/usr/bin/env python3
"""Proves that the tests mirror the sources: src/halftone/x/y.cpp is tested by tests/x/y_test.cpp.

    python3 tools/check_mirror.py [--root TREE]

Prints one line per source without its test and exits 1, or says how many pairs there are and exits 0.
"""

import argparse
import sys
from pathlib import Path

# Sources that need no test of their own, each with the reason: {"cli/main.cpp": "three lines, run by every e2e test"}.
ALLOWED = {"cli/main.cpp": "three lines, run by every e2e test"}


def check(root, allowed):
    """The faults of the tree at root, and the number of sources read."""
    source = root / "src" / "halftone"
    names = sorted(p.relative_to(source).as_posix() for p in source.rglob("*.cpp"))
    faults = []
    for name in names:
        test = f"tests/{name.removesuffix('.cpp')}_test.cpp"
        exists = (root / test).is_file()
        if not exists and not allowed.get(name):
            faults.append(f"src/halftone/{name}: has no {test}")
        if exists and name in allowed:
            faults.append(f"src/halftone/{name}: has a test now; take it out of ALLOWED in tools/check_mirror.py")
    faults += [f"src/halftone/{name}: is allowed to have no test, but is gone" for name in sorted(set(allowed) - set(names))]
    return faults, len(names)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    faults, count = check(parser.parse_args().root.resolve(), ALLOWED)
    for fault in faults:
        print(fault)
    print(f"mirror: {count} sources, {len(ALLOWED)} allowed without a test, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
