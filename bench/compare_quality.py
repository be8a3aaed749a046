#!/usr/bin/env python3
"""What GPTQ costs, by halftone and by llm-compressor: the same calibration rows, the same scheme, the same judge.

    python3 bench/compare_quality.py --halftone build/release/halftone --peer-python PATH/bin/python --work DIR

Calibrates both on the first 128 picture conversations of examples/calibration, symmetric, groups of 64, and measures
KL(float || quantized) on the answers of the 256 records of the other file with `halftone compare`, which reads both
tools' outputs. The difference is a paired bootstrap over samples (10000 draws); below zero halftone is better.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent))
import measure

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "examples/mini-qwen2vl"
DATA = ROOT / "examples/calibration"
READ_BY_OURS = ["tokenizer.json", "tokenizer_config.json", "preprocessor_config.json", "chat_template.json"]


def compare(halftone, out):
    command = [halftone, "compare", MODEL, out, "--data", DATA / "conversation_mini_256.json", "--images", DATA / "images",
               "--samples", "256", "--json"]
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def paired(ours, peer):
    """Mean and 95 % interval of the difference of the KL, rows drawn with replacement, the same for both."""
    rows = list(zip(ours["by_sample"], peer["by_sample"]))
    draw = random.Random(1)
    differences = []
    for _ in range(10000):
        picked = draw.choices(rows, k=len(rows))
        positions = sum(o["positions"] for o, _ in picked)
        differences.append(sum(o["kl_sum"] - p["kl_sum"] for o, p in picked) / positions)
    differences.sort()
    return ours["kl"] - peer["kl"], differences[250], differences[9749]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--halftone", type=Path, required=True)
    parser.add_argument("--peer-python", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    a = parser.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    rows = json.loads((DATA / "sharegpt4v_mini_256.json").read_text(encoding="utf-8"))[:128]
    calibration = a.work / "calibration.json"
    calibration.write_text(json.dumps(rows), encoding="utf-8")
    print(f"{measure.machine()}\n")
    print("| weights | tool | KL, nats | s.e. | top-1 | difference of KL, 95 % |\n|---|---|---|---|---|---|")
    for bits in (4, 3):
        for name in ("ours", "peer", "rtn"):
            shutil.rmtree(a.work / name, ignore_errors=True)
        data = ["--data", calibration, "--images", DATA / "images", "--set", "quality.samples=0"]
        measure.run([a.halftone, "quantize", MODEL, "-r", f"gptq-w{bits}g64", "-o", a.work / "ours", *data])
        measure.run([a.halftone, "quantize", MODEL, "-r", f"rtn-w{bits}g64", "-o", a.work / "rtn"])
        measure.run([a.peer_python, ROOT / "bench/peers/llmcompressor_gptq.py", MODEL, calibration, a.work / "peer",
                     "--bits", bits, "--group", 64, "--images", DATA / "images"], env={"HF_HUB_OFFLINE": "1"})
        for file in READ_BY_OURS:
            shutil.copy(MODEL / file, a.work / "peer" / file)
        results = {name: compare(a.halftone, a.work / name) for name in ("ours", "peer", "rtn")}
        difference, low, high = paired(results["ours"], results["peer"])
        for name, title in (("ours", "halftone gptq"), ("peer", "llm-compressor GPTQ"), ("rtn", "halftone rtn")):
            r = results[name]
            verdict = f"{difference:+.6f} ({low:+.6f} to {high:+.6f})" if name == "ours" else ""
            print(f"| W{bits} g64 | {title} | {r['kl']:.6f} | {r['kl_se']:.6f} | {100 * r['top1']:.2f} % | {verdict} |",
                  flush=True)


if __name__ == "__main__":
    main()
