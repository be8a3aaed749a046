#!/usr/bin/env python3
"""Proves that src, tests, bench and python are laid out as .clang-format says.

    python3 tools/check_format.py [--root TREE] [--fix]

Needs clang-format-14: other versions lay out differently. Where it is absent, says so and exits 77, which ctest
counts as skipped. --fix writes instead of complaining.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAM = "clang-format-14"
SKIPPED = 77
BATCH = 40  # files a call


def sources(root):
    """The C++ files of ours, as paths relative to root."""
    folders = [root / name for name in ("src", "tests", "bench", "python")]
    return sorted(p.relative_to(root).as_posix() for f in folders for p in f.rglob("*") if p.suffix in {".h", ".cpp"})


def check(root, fix):
    """The files that are laid out otherwise, with the first line of each, and the number of files."""
    names = sources(root)
    faults = {}
    for begin in range(0, len(names), BATCH):
        arguments = ["-i"] if fix else ["--dry-run", "-Werror"]
        done = subprocess.run([PROGRAM, "--style=file", *arguments, *names[begin:begin + BATCH]], cwd=root,
                              capture_output=True, text=True)
        for name, line in re.findall(r"^(.+?):(\d+):\d+: error:", done.stderr, re.MULTILINE):
            faults.setdefault(name, line)
        if done.returncode != 0 and not faults:
            faults[PROGRAM] = done.stderr.strip()
    return [f"{name}:{line}: not laid out as .clang-format says" for name, line in sorted(faults.items())], len(names)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--fix", action="store_true", help="write the files")
    arguments = parser.parse_args()
    if not shutil.which(PROGRAM):
        print(f"format: skipped, {PROGRAM} is not installed")
        return SKIPPED
    faults, count = check(arguments.root.resolve(), arguments.fix)
    for fault in faults:
        print(fault)
    print(f"format: {count} files, {len(faults)} faults" + ("; run tools/check_format.py --fix" if faults else ""))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
