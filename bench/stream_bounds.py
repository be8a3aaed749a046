#!/usr/bin/env python3
"""Memory and speed against bounds: a full-depth checkpoint, `cp` of the same bytes, and four blocks against sixteen.

    python3 bench/stream_bounds.py --halftone build/release/halftone --make build/release/tools/make_random_checkpoint \\
        --work DIR [--skip-gptq]

Needs 12 GB in DIR. Prints a table in Markdown: VmHWM and wall time of RTN and GPTQ on a Qwen2-VL-2B-shaped checkpoint of
28 layers, the time of `cp` with a cold cache before each, and the peaks of GPTQ at 4 and at 16 language layers.
"""

import argparse
import json
import os
import random
import shutil
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent))
import measure

HERE = Path(__file__).resolve().parent


def make(a, layers):
    model = a.work / f"qwen2-vl-2b-{layers}-layers"
    if not model.is_dir():
        measure.run([a.make, HERE / "configs/qwen2-vl-2b", model, "--set", f"num_hidden_layers={layers}"])
    return model


def ids_file(a, samples, tokens):
    draw = random.Random(7)
    path = a.work / f"ids-{samples}x{tokens}.jsonl"
    lines = [json.dumps({"input_ids": [draw.randrange(100, 150000) for _ in range(tokens)]}) for _ in range(samples)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def forget(folder):
    """Drops the folder's pages from the page cache: written back first, as only clean pages can be dropped."""
    for path in folder.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def cold(folder, command):
    forget(folder)
    return measure.run(command)


def quantize(a, model, recipe, *more):
    shutil.rmtree(a.work / "out", ignore_errors=True)
    return cold(model, [a.halftone, "quantize", model, "-r", recipe, "-o", a.work / "out", *more])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--halftone", type=Path, required=True)
    parser.add_argument("--make", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--skip-gptq", action="store_true", help="only what is quick")
    a = parser.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    print(f"{measure.machine()}\n\n| run | wall s | CPU s | VmHWM MiB | |\n|---|---|---|---|---|")

    def row(name, c, note=""):
        print(f"| {name} | {c.wall:.1f} | {c.cpu:.1f} | {c.memory / 2**20:.0f} | {note} |", flush=True)

    full = make(a, 28)
    size = sum(p.stat().st_size for p in full.iterdir())
    ratios = []
    for turn in (1, 2):
        shutil.rmtree(a.work / "copy", ignore_errors=True)
        copy = cold(full, ["cp", "-r", full, a.work / "copy"])
        row(f"cp, 28 layers, {size / 1e9:.1f} GB, cold, turn {turn}", copy)
        shutil.rmtree(a.work / "copy", ignore_errors=True)
        rtn = quantize(a, full, "rtn-w4g128")
        ratios.append(copy.wall / rtn.wall)
        row(f"rtn-w4g128, 28 layers, cold, turn {turn}", rtn, f"{100 * ratios[-1]:.0f} % of cp's speed")
    data = ids_file(a, 32, 512)
    gptq = ["--data", data, "--set", "quality.samples=0"]
    if not a.skip_gptq:
        row("gptq-w4g128, 28 layers, 32 x 512", quantize(a, full, "gptq-w4g128", *gptq))
    few = ["--data", ids_file(a, 4, 256), "--set", "quality.samples=0"]
    peaks = []
    for layers in (4, 16):
        cost = quantize(a, make(a, layers), "gptq-w4g128", *few)
        peaks.append(cost.memory / 2**20)
        row(f"gptq-w4g128, {layers} layers of 89 MiB, 4 x 256", cost)
    print(f"\npeaks at 4 and 16 layers are {abs(peaks[1] - peaks[0]):.0f} MiB apart")


if __name__ == "__main__":
    main()
