#!/usr/bin/env python3
"""Throughput of halftone's runner against transformers' generate(): same machine, batch, dtype, threads and lengths.

    python3 bench/eval_speed.py --ours build/release/bench/generate --peer-python PATH/bin/python --model MODEL
        [--compute float32] [--batch 16] [--length 128] [--new 64] [--repeat 3] [--threads 1] [--bounds]

Two batches: one length, and lengths spread from an eighth of --length to twice it. Both sides run by turns, each in a
process of its own; the medians and the ratios are printed, wall time and CPU time (the machine may be shared). With
--bounds, ours is also held against a plain matrix product of the same shape.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent))
import measure

HERE = Path(__file__).resolve().parent


def run(command, threads):
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run([str(c) for c in command], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def middle(rows, key):
    return statistics.median(r[key] for r in rows if key in r)


def compare(a, name, lengths):
    spelled = ",".join(map(str, lengths))
    common = [a.model, "--lengths", spelled, "--new", a.new, "--compute", a.compute, "--repeat", a.repeat]
    ours, peer, bounds = [], [], []
    for _ in range(a.turns):
        rows = run([a.ours, *common], a.threads)
        ours += [r for r in rows if "seconds" in r]
        bounds += [r for r in rows if "matmul_prefill" in r]
        peer += run([a.peer_python, HERE / "peers/transformers_generate.py", *common], a.threads)
    print(f"\n{name}: {len(lengths)} prompts of {min(lengths)} to {max(lengths)} tokens, {a.new} new, {a.compute}\n")
    print("| | halftone | transformers | ratio |\n|---|---|---|---|")
    for key in ("seconds", "cpu_seconds", "prefill", "decode"):
        o, p = middle(ours, key), middle(peer, key)
        print(f"| {key.replace('_', ' ')} | {o:.3f} | {p:.3f} | {p / o:.2f} |")
    if a.bounds:
        flops = middle(ours, "flop_a_token")
        prefill = flops * sum(lengths) / middle(ours, "prefill")
        decode = flops * len(lengths) * middle(ours, "steps") / middle(ours, "decode")
        print(f"\nprefill {prefill / 1e9:.0f} GFLOP/s, {prefill / middle(bounds, 'matmul_prefill'):.0%} of a plain product; "
              f"decode {decode / 1e9:.0f} GFLOP/s, {decode / middle(bounds, 'matmul_decode'):.0%}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", type=Path, required=True)
    parser.add_argument("--peer-python", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--compute", default="float32")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--new", type=int, default=64)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bounds", action="store_true")
    a = parser.parse_args()
    print(measure.machine())
    compare(a, "one length", [a.length] * a.batch)
    spread = [max(1, a.length // 8 + (2 * a.length - a.length // 8) * i // max(1, a.batch - 1)) for i in range(a.batch)]
    compare(a, "mixed lengths", spread)


if __name__ == "__main__":
    main()
