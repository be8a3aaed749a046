#!/usr/bin/env python3
"""Finds the torch package that halftone links, or fetches one into .venv.

    HALFTONE_TORCH=$(python3 tools/find_torch.py)

Prints the package's folder on stdout and on stderr, in one line, what was taken. In this order:

  1. TORCH=PATH in the environment: a torch package's folder, or the prefix of a Python that has one
  2. the torch of the Python that runs this script
  3. the torch that an earlier run put into .venv
  4. a wheel for the CPU, where pip finds one
  5. the plain wheel of the registry without its gigabytes of dependencies, but with the two small CUDA packages
     that libtorch_cpu itself is linked against

Anything from torch 2.7 up will do. TORCH_VERSION=2.11.0 fetches that version and no other.
"""

import glob
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST = (2, 7)
DEVELOPED_WITH = (2, 13, 0)
# Asked for one by one where pip cannot list versions.
KNOWN = ["2.13.0", "2.12.1", "2.12.0", "2.11.0", "2.10.0", "2.9.1", "2.9.0", "2.8.0", "2.7.1", "2.7.0"]
# What libtorch_cpu.so of a CUDA wheel needs: the names as extras of cuda-toolkit, and as packages of their own.
SIDES = {"cupti": "nvidia-cuda-cupti", "cudart": "nvidia-cuda-runtime"}


def say(line):
    print(line, file=sys.stderr, flush=True)


def number(version):
    """(2, 13, 0) of "2.13.0+cpu"."""
    return tuple(int(piece) for piece in re.findall(r"\d+", version.split("+")[0])[:3])


def version_of(package):
    """The version of the torch package in this folder, or None if there is none that can be linked."""
    if not (package / "lib" / "libtorch_cpu.so").is_file() or not (package / "include" / "ATen").is_dir():
        return None
    match = re.search(r"^__version__ = ['\"]([^'\"]+)", (package / "version.py").read_text(), re.MULTILINE)
    return match[1] if match and number(match[1]) >= OLDEST else None


def packages_under(prefix):
    """The folders below a path that may be a torch package, a site-packages folder or a Python prefix."""
    inside = glob.glob(glob.escape(str(prefix)) + "/lib/python3*/site-packages/torch")
    return [prefix, prefix / "torch", *(Path(path) for path in sorted(inside))]


def given():
    """The torch that TORCH names; it is an error if there is none."""
    path = Path(os.environ["TORCH"]).expanduser().absolute()
    for package in packages_under(path):
        if version_of(package):
            return package
    sys.exit(f"torch: TORCH={path} holds no torch package of 2.7 or later, nor is it the prefix of a Python with one")


def of_this_python():
    """The torch that the running Python would import, without importing it."""
    found = importlib.util.find_spec("torch")
    folders = found.submodule_search_locations if found else None
    package = Path(list(folders)[0]) if folders else None
    return package if package and version_of(package) else None


def of_venv():
    """The torch that an earlier run installed, completed if that run was cut short."""
    for package in packages_under(VENV):
        if version_of(package):
            add_sides(package)
            return package
    return None


def pip(*arguments, capture=False):
    """Runs the pip of .venv; its messages go to stderr."""
    command = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, text=True, stdout=subprocess.PIPE if capture else sys.stderr,
                          stderr=subprocess.DEVNULL if capture else None)


def versions_found():
    """Every version of torch that pip finds for this Python, or [] where pip cannot list them."""
    listed = pip("index", "versions", "torch", capture=True).stdout
    match = re.search(r"^Available versions: (.*)$", listed, re.MULTILINE)
    return [word.strip() for word in match[1].split(",")] if match else []


def in_order(versions):
    """Those that can be linked: what halftone is developed with and older ones first, newest first; then newer ones."""
    usable = [v for v in versions if number(v) >= OLDEST]
    if "TORCH_VERSION" in os.environ:
        usable = [v for v in usable if number(v) == number(os.environ["TORCH_VERSION"])]
    tried = sorted((v for v in usable if number(v) <= DEVELOPED_WITH), key=number, reverse=True)
    return tried + sorted((v for v in usable if number(v) > DEVELOPED_WITH), key=number)


def candidates():
    """The wheels to try, those for the CPU first."""
    found = versions_found()
    if not found:
        known = in_order([os.environ.get("TORCH_VERSION", "")] if "TORCH_VERSION" in os.environ else KNOWN)
        return [v + "+cpu" for v in known] + known
    return in_order([v for v in found if v.endswith("+cpu")]) + in_order([v for v in found if "+" not in v])


def fetch():
    """Installs a torch wheel into .venv."""
    if not (VENV / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True, stdout=sys.stderr)
    for version in candidates():
        say(f"torch: fetching {version}")
        wheel = ["--no-deps", "--no-warn-conflicts", "--retries", "1", f"torch=={version}"]
        if pip("install", "--quiet", *wheel).returncode == 0:
            package = of_venv()
            if package:
                return package
    sys.exit("torch: pip finds no wheel of 2.7 or later; give one with TORCH=PATH, a torch package's folder")


def sides_present(package):
    """Whether the CUDA libraries that libtorch_cpu needs lie beside the package."""
    beside = glob.escape(str(package.parent / "nvidia"))
    return all(glob.glob(f"{beside}/*/lib/{name}.so*") for name in ("libcupti", "libcudart"))


def side_requirements(package):
    """What to ask pip for, with the exact versions that the wheel's METADATA names."""
    metadata = [Path(path) for path in glob.glob(glob.escape(str(package.parent)) + "/torch-*.dist-info/METADATA")]
    wanted = re.findall(r"^Requires-Dist: ([^;\n]+)", metadata[0].read_text(), re.MULTILINE) if metadata else []
    for line in wanted:
        toolkit = re.match(r"cuda-toolkit\[[^\]]*\]\s*(.*)", line)
        if toolkit:
            return [f"cuda-toolkit[{','.join(SIDES)}]{toolkit[1].strip()}"]
    return [line.strip() for line in wanted if line.startswith(tuple(SIDES.values()))]


def add_sides(package):
    """Puts the two small CUDA packages beside a CUDA wheel, unless they are there."""
    is_cuda = re.search(r"^cuda\b.*= ['\"]", (package / "version.py").read_text(), re.MULTILINE)
    if not is_cuda or sides_present(package):
        return
    requirements = side_requirements(package)
    say(f"torch: fetching {' '.join(requirements)}")
    if not requirements or pip("install", "--quiet", "--no-warn-conflicts", *requirements).returncode != 0 or not sides_present(package):
        sys.exit(f"torch: {package} is a CUDA wheel, and the CUDA libraries that it needs could not be fetched")


def main():
    if os.environ.get("TORCH"):
        package, how = given(), "given by TORCH"
    else:
        package, how = of_this_python(), f"of {sys.executable}"
        if not package:
            package, how = of_venv(), "in .venv"
        if not package:
            package, how = fetch(), "fetched into .venv"
    say(f"torch: {version_of(package)} {how}")
    print(package)


if __name__ == "__main__":
    main()
