#!/usr/bin/env python3
"""Proves that the house under src/halftone is built as its plan says.

    python3 tools/check_house.py [--root TREE]

Each folder under src/halftone is a room; halftone_room(...) in its CMakeLists.txt lists the rooms that it may
include. The rules, each with a function below that begins with `check_`:

  graph     the listed rooms stand in PLAN, further up in src/halftone/CMakeLists.txt, and form no circle
  includes  a file of room r includes "halftone/x/..." only for x == r or an x that r lists
  islands   in families, methods, formats and tasks no file includes a header of its own room but its own
  doors     a third-party library is included only by the files that DOORS names
  names     no model family is named outside families/
  paths     nothing in the repository depends on where it was written

Prints one line per fault and exits 1, or says how much it read and exits 0.
"""

import argparse
import fnmatch
import re
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

# What each room may list, from the ground floor up. A room never lists one that stands below it here.
GROUND = {"base", "tensor", "io"}
SKILLS = {"quant", "nn", "media", "text"}  # blind to each other
LANGUAGE = {"model", "parts", "calib", "recipe"}
PLAN = {
    # floor 0, ground: bytes, tensors, errors
    "base": set(),
    "tensor": {"base"},
    "io": {"tensor", "base"},
    # floor 1, skills: pure functions
    "quant": {"tensor", "base"},
    "nn": {"tensor", "base"},
    "media": {"tensor", "io", "base"},
    "text": {"io", "base"},
    # floor 2, language: the nouns
    "model": SKILLS | GROUND,
    "parts": {"model"} | SKILLS | GROUND,
    "calib": {"model"} | SKILLS | GROUND,
    "recipe": {"quant", "base"},
    # floor 3, sockets
    "plugin": LANGUAGE | SKILLS | GROUND,
    "stream": {"plugin"} | LANGUAGE | SKILLS | GROUND,  # opens checkpoints through the sockets
    # floor 4, east wing: islands, one file each
    "families": {"plugin"} | LANGUAGE | SKILLS | GROUND,
    "methods": {"plugin", "model", "calib", "quant", "tensor", "base"},
    "formats": {"plugin", "model", "quant", "io", "tensor", "base"},
    "tasks": {"plugin", "calib", "text", "tensor", "base"},
    # floor 4, west wing: knows no island
    "engine": {"stream", "plugin"} | LANGUAGE | SKILLS | GROUND,
    "eval": {"stream", "plugin"} | LANGUAGE | SKILLS | GROUND,
    "report": {"base"},
    # floor 5, the hall; floor 6, the doors
    "api": {"families", "methods", "formats", "tasks", "engine", "eval", "report", "stream", "plugin"}
    | LANGUAGE | SKILLS | GROUND,
    "cli": {"api", "report", "base"},  # report turns records into text; a door shows it
}
ISLANDS = {"families", "methods", "formats", "tasks"}

# One library, one door: what an include of it begins with, and the files that may have one.
DOORS = {
    "nlohmann-json": (r"nlohmann/", ["base/json.h"]),
    "spdlog": (r"spdlog/", ["base/log.cpp"]),
    "yaml-cpp": (r"yaml-cpp/", ["recipe/yaml.cpp"]),
    "CLI11": (r"CLI/", ["cli/*"]),
    "PCRE2": (r"pcre2\.h", ["text/regex.cpp"]),
    "utf8proc": (r"utf8proc\.h", ["text/*"]),
    "sentencepiece": (r"sentencepiece|google/protobuf", ["text/*"]),
    "libjpeg": (r"jpeglib\.h|jerror\.h|jmorecfg\.h|turbojpeg\.h", ["media/decode_*.cpp"]),
    "libpng": (r"png\.h|pngconf\.h", ["media/decode_*.cpp"]),
    "libwebp": (r"webp/", ["media/decode_*.cpp"]),
    "xxhash": (r"xxh(ash|3)\.h", ["io/hash.cpp"]),
    "MPI": (r"mpi\.h", ["engine/ranks.cpp"]),
    "GoogleTest": (r"g(test|mock)/", []),
    "google-benchmark": (r"benchmark/", []),
}
TORCH = re.compile(r"(ATen|c10|torch|caffe2)/")
WHOLE_TORCH = {"torch/torch.h", "torch/all.h", "torch/extension.h", "torch/script.h", "ATen/ATen.h"}

# Folders of the machine that the project was written on. In two halves, or this line would be a fault.
FOREIGN = re.compile(rb"(?<![\w.\-])/" rb"work\b|\.\./" rb"shared\b")

Room = namedtuple("Room", "name rooms torch")
Include = namedtuple("Include", "line path quoted")


class House:
    """The tree as it stands: rooms as declared, source files, and the faults found so far."""

    def __init__(self, root):
        self.root = root
        self.source = root / "src" / "halftone"
        self.faults = []
        self.order = read_order(self.source / "CMakeLists.txt")
        self.rooms = {}
        for listing in sorted(self.source.glob("*/CMakeLists.txt")):
            self.read_room(listing)
        self.files = sorted(p for p in self.source.rglob("*") if p.suffix in {".h", ".cpp"} or p.match("*.in"))

    def fault(self, path, line, sentence):
        place = path.relative_to(self.root) if path.is_absolute() else path
        self.faults.append(f"{place}:{line}: {sentence}" if line else f"{place}: {sentence}")

    def read_room(self, listing):
        folder = listing.parent.name
        declared = [parse_room(text) for text in calls(listing.read_text(), "halftone_room")]
        if [room.name for room in declared] != [folder]:
            self.fault(listing, 0, f"expected one halftone_room({folder} ...)")
            return
        self.rooms[folder] = declared[0]

    def room_of(self, path):
        return path.relative_to(self.source).parts[0]


def calls(text, command):
    """The arguments of each call of a CMake command, comments taken out."""
    text = re.sub(r"#[^\n]*", "", text)
    return re.findall(rf"\b{command}\s*\(([^)]*)\)", text)


def parse_room(arguments):
    """Room from 'io SOURCES a.cpp ROOMS tensor base TORCH'."""
    words = arguments.split()
    rooms, keyword = [], None
    for word in words[1:]:
        if word in {"SOURCES", "ROOMS", "PACKAGES", "TORCH"}:
            keyword = word
        elif keyword == "ROOMS":
            rooms.append(word)
    return Room(words[0] if words else "", rooms, "TORCH" in words)


def read_order(listing):
    """The rooms in the order in which src/halftone/CMakeLists.txt adds them."""
    text = listing.read_text()
    loops = calls(text, "foreach")
    words = loops[0].split()[1:] if loops else []
    return [w for w in words if w not in {"IN", "ITEMS", "LISTS"}] + [a.strip() for a in calls(text, "add_subdirectory")
                                                                    if "$" not in a]


def includes(path):
    """The include lines of a file."""
    found = []
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            found.append(Include(number, match[2], match[1] == '"'))
    return found


def check_graph(house):
    """Each room's list obeys PLAN and the order of the floors; there is no circle."""
    for name, room in house.rooms.items():
        listing = house.source / name / "CMakeLists.txt"
        if name not in PLAN:
            house.fault(listing, 0, f"room {name} is not in the plan; add it to PLAN in tools/check_house.py")
            continue
        if name not in house.order:
            house.fault(listing, 0, f"room {name} is missing from the list in src/halftone/CMakeLists.txt")
        for other in room.rooms:
            if other not in PLAN[name]:
                house.fault(listing, 0, f"{name} may not list {other}; the plan allows {', '.join(sorted(PLAN[name]))}")
            elif other not in house.rooms:
                house.fault(listing, 0, f"{name} lists {other}, which is no room")
            elif {name, other} <= set(house.order) and house.order.index(other) > house.order.index(name):
                house.fault(listing, 0, f"{name} lists {other}, which stands below it in the list of rooms")
    for circle in circles(house.rooms):
        house.fault(Path("src/halftone"), 0, "rooms in a circle: " + " -> ".join(circle))


def circles(rooms):
    """The first circle among the listed rooms, if there is one."""
    done = set()

    def walk(name, path):
        if name in path:
            return path[path.index(name):] + [name]
        if name in done or name not in rooms:
            return None
        for other in rooms[name].rooms:
            circle = walk(other, path + [name])
            if circle:
                return circle
        done.add(name)
        return None

    for name in sorted(rooms):
        circle = walk(name, [])
        if circle:
            return [circle]
    return []


def check_includes(house, path, include):
    """Our own headers are written "halftone/<room>/..." and come from a listed room."""
    parts = include.path.split("/")
    if ".." in parts:
        house.fault(path, include.line, f'"{include.path}" climbs; write halftone/<room>/<file>.h')
    elif parts[0] != "halftone":
        if include.quoted:
            house.fault(path, include.line, f'"{include.path}" is ours or it is not; write halftone/<room>/<file>.h or <>')
    else:
        room = house.room_of(path)
        allowed = house.rooms[room].rooms if room in house.rooms else []
        if len(parts) < 3 or (parts[1] != room and parts[1] not in allowed):
            house.fault(path, include.line, f"{room} includes {include.path}, but its CMakeLists.txt does not list that room")


def check_islands(house, path, include):
    """A plug-in never sees its neighbours."""
    room = house.room_of(path)
    if room not in ISLANDS or not include.path.startswith(f"halftone/{room}/"):
        return
    own = path.relative_to(house.source).with_suffix(".h").as_posix()
    if include.path != f"halftone/{own}":
        house.fault(path, include.line, f"an island of {room} includes its neighbour {include.path}")


def check_doors(house, path, include):
    """Third-party headers come in through their door alone."""
    place = path.relative_to(house.source).as_posix()
    for library, (pattern, doors) in DOORS.items():
        if re.match(pattern, include.path) and not any(fnmatch.fnmatch(place, door) for door in doors):
            house.fault(path, include.line, f"{library} is included here; its door is {', '.join(doors) or 'tests and bench'}")
    if include.path in WHOLE_TORCH:
        house.fault(path, include.line, f"{include.path} costs seconds a file; include single headers, as ATen/ops/mm.h")
    elif TORCH.match(include.path):
        room = house.rooms.get(house.room_of(path))
        if room is None or not room.torch:
            house.fault(path, include.line, f"{include.path} in a room that is not flagged TORCH")


def family_pattern(stem):
    """Matches a family's name as people spell it: qwen2_5_vl, Qwen2.5-VL, Qwen2_5_VLForConditionalGeneration."""
    pieces = re.findall(r"[a-z]+|[0-9]+", stem.lower())
    name = r"[\s._\-]*".join(pieces)
    return re.compile(rf"(?<![A-Za-z0-9])k?(?i:{name})(?![a-z0-9])")


def check_names(house):
    """No model family is named outside families/; what differs between families is data behind the socket."""
    stems = sorted({p.stem for p in house.files if house.room_of(p) == "families"})
    patterns = [(stem, family_pattern(stem)) for stem in stems]
    for path in house.files:
        if house.room_of(path) == "families":
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            for stem, pattern in patterns:
                if pattern.search(line):
                    house.fault(path, number, f"names the family {stem}; that belongs to families/")


def check_paths(house):
    """Nothing in the repository names a folder of the machine it was written on."""
    for path in repository_files(house.root):
        for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
            match = FOREIGN.search(line)
            if match:
                house.fault(path, number, f"names {match[0].decode()}, a folder of one machine")


def repository_files(root):
    """What git has or would add; without git, every file that is no build output."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True)
    if listed.returncode == 0 and listed.stdout:
        paths = [root / name.decode() for name in listed.stdout.split(b"\0") if name]
    else:
        skipped = re.compile(r"(build.*|\.venv.*|\.git|\.cache|__pycache__|demo-output)$")
        paths = [p for p in root.rglob("*") if not any(skipped.match(part) for part in p.relative_to(root).parts)]
    return sorted(p for p in paths if p.is_file() and not p.is_symlink())


def check(root):
    """All faults of the tree at root, and the house that was read."""
    house = House(root)
    check_graph(house)
    for path in house.files:
        for include in includes(path):
            check_includes(house, path, include)
            check_islands(house, path, include)
            check_doors(house, path, include)
    check_names(house)
    check_paths(house)
    return house


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    house = check(parser.parse_args().root.resolve())
    for fault in house.faults:
        print(fault)
    print(f"house: {len(house.rooms)} rooms, {len(house.files)} files, {len(house.faults)} faults")
    return 1 if house.faults else 0


if __name__ == "__main__":
    sys.exit(main())
