#!/usr/bin/env python3
"""Keeps files and functions small.

    python3 tools/check_size.py [--root TREE]

Reads *.h and *.cpp under src, tests, bench and python. A file above 600 lines or a function above 60 fails, unless
the file says why in a line of its own, `// size: <reason>`. Prints medians and the 90th percentiles of src and of
the rest, and warns where those of src pass 400 lines a file or 30 a function.

Functions are found by a scanner of braces that is good enough for code that clang-format has laid out: a brace
that opens outside of any function, behind something with parentheses that is no initializer, opens a function.
"""

import argparse
import re
import sys
from collections import namedtuple
from pathlib import Path

FILE_LIMIT, FUNCTION_LIMIT = 600, 60
FILE_P90, FUNCTION_P90 = 400, 30

Function = namedtuple("Function", "name line length")

# What is no code: comments, raw strings, strings, characters, and the lines of the preprocessor.
NOISE = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r'|(?:u8|[uUL])?R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'"
    r"|^[ \t]*#(?:\\\n|[^\n])*",
    re.DOTALL | re.MULTILINE)


def bare(text):
    """The text with noise replaced by spaces; every line break stays where it was."""

    def blank(match):
        kept = '""' if match[0][0] in '"RuUL' else ""
        return kept + re.sub(r"[^\n]", " ", match[0])[len(kept):]

    return NOISE.sub(blank, text)


def without_angles(text):
    """The text without what stands in <...>: template arguments may hold parentheses."""
    text = re.sub(r"operator\s*(?:\(\s*\)|[^\s\w(]+)", "operator_", text)
    while True:
        shorter = re.sub(r"<[^<>;{}]*>", " ", text)
        if shorter == text:
            return text
        text = shorter


def outer(text):
    """The text with what stands inside its outermost parentheses cut out: f() const."""
    depth, kept = 0, []
    for char in text:
        depth -= char == ")"
        if depth == 0:
            kept.append(char)
        depth += char == "("
    return "".join(kept)


def kind_of(header):
    """What a brace behind this header opens: 'scope', 'function' or 'value'."""
    head = outer(without_angles(header))
    head = re.sub(r"\[\[.*?\]\]|\b(?:template|alignas\(\)|inline)(?!\w)", " ", head).strip()
    if re.match(r'namespace\b|extern\s*""', head):
        return "scope"
    before, paren, _ = head.partition("(")
    if re.match(r"(?:class|struct|union|enum)\b", head) and (not paren or ":" in before.replace("::", "")):
        return "scope"
    tail = head[head.rindex(")") + 1:] if paren else ""
    # A variable, or the braces of a member in a constructor's list.
    if not paren or "=" in before or re.search(r"(?<!:):(?!:)[^()]*\w$|,[^()]*\w$", tail):
        return "value"
    return "function"


def name_of(header):
    """The name before the first parenthesis."""
    match = re.search(r"([~\w:]+)\s*\(", without_angles(header))
    return match[1] if match else "?"


class Scanner:
    """Walks over bare code brace by brace; `header` is what stands before the next brace."""

    def __init__(self, code):
        self.code = code
        self.found = []
        self.open = []     # (kind, name, first line) of the open braces
        self.start = 0     # where the header begins
        self.parens = 0    # open parentheses of the header

    def line(self, at):
        return self.code.count("\n", 0, at) + 1

    def begin_header(self, at):
        access = re.compile(r"\s*(?:public|private|protected)\s*:").match(self.code, at)
        self.start, self.parens = access.end() if access else at, 0

    def brace(self, at):
        kinds = [kind for kind, _, _ in self.open]
        header = self.code[self.start:at]
        if "function" in kinds or "value" in kinds:
            kind = "block"
        else:
            kind = "value" if self.parens > 0 else kind_of(header)
        first = self.line(at - len(header.lstrip()))
        self.open.append((kind, name_of(header) if kind == "function" else "", first))
        if kind == "scope":
            self.begin_header(at + 1)

    def unbrace(self, at):
        if not self.open:
            return
        kind, name, first = self.open.pop()
        if kind == "function":
            self.found.append(Function(name, first, self.line(at) - first + 1))
        # Behind a value, as in a_{1}, the header goes on.
        if kind in ("function", "scope"):
            self.begin_header(at + 1)

    def run(self):
        for match in re.finditer(r"[{}();]", self.code):
            at, char = match.start(), match[0]
            in_header = all(kind == "scope" for kind, _, _ in self.open)
            if char == "{":
                self.brace(at)
            elif char == "}":
                self.unbrace(at)
            elif in_header and char in "()":
                self.parens += 1 if char == "(" else -1
            elif in_header and char == ";" and self.parens <= 0:
                self.begin_header(at + 1)
        return self.found


def functions(text):
    """The functions of a C++ file with their first line and their number of lines."""
    return Scanner(bare(text)).run()


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0


def check_file(path, name, text):
    """The faults of one file, and its functions."""
    found = functions(text)
    if re.search(r"^\s*//[ \t]*size:[ \t]*\S", text, re.MULTILINE):
        return [], found
    faults = []
    lines = text.count("\n")
    if lines > FILE_LIMIT:
        faults.append(f"{name}: {lines} lines, the limit is {FILE_LIMIT}")
    for function in found:
        if function.length > FUNCTION_LIMIT:
            faults.append(f"{name}:{function.line}: {function.name} takes {function.length} lines, the limit is {FUNCTION_LIMIT}")
    return faults, found


def check(root):
    """The faults of the tree at root, and lines that sum it up."""
    faults, summary = [], []
    for title, folders in (("src", ["src"]), ("tests, bench, python", ["tests", "bench", "python"])):
        paths = sorted(p for folder in folders for p in (root / folder).rglob("*") if p.suffix in {".h", ".cpp"})
        texts = [path.read_text(errors="replace") for path in paths]
        lengths = []
        for path, text in zip(paths, texts):
            new_faults, found = check_file(path, path.relative_to(root).as_posix(), text)
            faults += new_faults
            lengths += [function.length for function in found]
        files = [text.count("\n") for text in texts]
        summary.append(f"{title}: {len(files)} files, median {percentile(files, 0.5)}, p90 {percentile(files, 0.9)} lines; "
                       f"{len(lengths)} functions, median {percentile(lengths, 0.5)}, p90 {percentile(lengths, 0.9)}")
        if title == "src" and (percentile(files, 0.9) > FILE_P90 or percentile(lengths, 0.9) > FUNCTION_P90):
            summary.append(f"warning: p90 of src should be at most {FILE_P90} lines a file and {FUNCTION_P90} a function")
    return faults, summary


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    faults, summary = check(parser.parse_args().root.resolve())
    for line in faults + summary:
        print(line)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
