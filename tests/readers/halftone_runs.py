"""The real halftone on the example model: outputs in a temporary folder, each made once a process."""

import atexit
import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MODEL = ROOT / "examples" / "mini-qwen2vl"
PICTURES = ROOT / "tests" / "goldens" / "images"
HALFTONE = os.environ.get("HALFTONE", str(ROOT / "build" / "release" / "halftone"))
PRESETS = sorted(path.stem for path in (ROOT / "recipes").glob("*.yaml"))

# Recipes beside the presets. "mixed" makes two groups in config.json: eight bits a row in the vision tower and in
# down, four bits in groups elsewhere.
HEAD = "version: 1\nmethods:\n  - rtn: {}\n"
RECIPES = {
    "mixed": HEAD + """schemes:
  wide: {weight: {bits: 8, per: channel}}
  narrow: {weight: {bits: 4, group: 64}}
assign:
  - {site: "language.*.down", scheme: wide}
  - {site: "vision.*", scheme: wide}
  - {site: "language.*", scheme: narrow}
""",
    "rtn-w8a8": HEAD + """schemes:
  main: {weight: {bits: 8, per: channel}, input: {bits: 8, per: token}}
assign:
  - {site: "language.*", scheme: main}
""",
    "rtn-w8": HEAD + """schemes:
  main: {weight: {bits: 8, per: channel}}
assign:
  - {site: "language.*", scheme: main}
""",
    "rtn-w8-asym": HEAD + """schemes:
  main: {weight: {bits: 8, per: channel, symmetric: false}}
assign:
  - {site: "language.*", scheme: main}
""",
    "rtn-float8": HEAD + """schemes:
  main: {weight: {bits: 8, type: float, per: channel}}
assign:
  - {site: "language.*", scheme: main}
""",
}

TEXTS = ["The quick brown fox jumps over the lazy dog near the river bank at noon.",
         "A red circle and two blue squares stand beside a green triangle on white paper.",
         "Invoice 5521: coffee 3.20, tea 2.75, tax 0.65, sum 6.60, paid in cash.",
         "What is written in the image? Read line 1. How many squares are there?"]


@functools.lru_cache(maxsize=None)
def folder():
    """The temporary folder of this process."""
    path = Path(tempfile.mkdtemp(prefix="halftone-python-"))
    atexit.register(shutil.rmtree, path, True)
    for name, text in RECIPES.items():
        (path / f"{name}.yaml").write_text(text)
    (path / "texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    return path


def halftone(*arguments):
    """Runs the program; its standard output."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([HALFTONE, *map(str, arguments)], env=environment, text=True, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"halftone {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


@functools.lru_cache(maxsize=None)
def quantized(recipe, *settings):
    """The directory that a preset, or a recipe of this file, makes of the example model; methods that need text get some."""
    out = folder() / "-".join([recipe, *settings]).replace("=", "-")
    data = ["--data", folder() / "texts.jsonl", "--set", "quality.samples=0"] if recipe.startswith("gptq") else []
    sets = [word for setting in settings for word in ("--set", setting)]
    source = folder() / f"{recipe}.yaml" if recipe in RECIPES else recipe
    halftone("quantize", MODEL, "-r", source, *data, *sets, "-o", out)
    return out


def dense(recipe):
    """The same recipe's dequantized weights as plain floats, by halftone itself."""
    return quantized(recipe, "output.format=dense")


def dump(directory, name, record):
    """The file with every named tensor of halftone's forward of one record."""
    sample = folder() / f"{name}.json"
    sample.write_text(json.dumps(record))
    path = folder() / f"{directory.name}-{name}.safetensors"
    if not path.exists():
        halftone("dump", directory, "--sample", sample, "--images", PICTURES, "-o", path)
    return path
