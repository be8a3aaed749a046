#!/usr/bin/env python3
"""halftone against llm-compressor as whole processes: the same checkpoint, the same token ids, GPTQ W4 symmetric g128.

    python3 bench/compare_peers.py --halftone build/release/halftone --make build/release/tools/make_random_checkpoint \\
        --peer-python PATH/bin/python --work DIR [--case 8x256] [--case 64x512] [--repeat 1]

Makes a Qwen2-VL-2B-shaped checkpoint of random weights with two language layers in DIR, then runs both tools on it by
turns. halftone runs as users run it, except that no sample is kept back for the quality measure (--set
quality.samples=0): the peer calibrates on all rows and measures nothing. Prints a table in Markdown.
"""

import argparse
import json
import random
import shutil
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent))
import measure

HERE = Path(__file__).resolve().parent


def make_inputs(a):
    model = a.work / "qwen2-vl-2b-2-layers"
    if not model.is_dir():
        measure.run([a.make, HERE / "configs/qwen2-vl-2b", model, "--set", "num_hidden_layers=2"])
    files = {}
    for case in a.case:
        samples, tokens = map(int, case.split("x"))
        draw = random.Random(7)
        files[case] = a.work / f"ids-{case}.jsonl"
        lines = [json.dumps({"input_ids": [draw.randrange(100, 150000) for _ in range(tokens)]}) for _ in range(samples)]
        files[case].write_text("\n".join(lines) + "\n", encoding="utf-8")
    return model, files


def run_case(a, model, ids):
    ours, peers = [], []
    tokens = len(json.loads(ids.read_text(encoding="utf-8").splitlines()[0])["input_ids"])
    for _ in range(a.repeat):
        for out in ("ours", "peer"):
            shutil.rmtree(a.work / out, ignore_errors=True)
        ours.append(measure.run([a.halftone, "quantize", model, "-r", "gptq-w4g128", "--data", ids, "-o", a.work / "ours",
                                 "--set", "quality.samples=0", "--set", f"calibration.max_tokens={tokens}"]))
        peers.append(measure.run([a.peer_python, HERE / "peers/llmcompressor_gptq.py", model, ids, a.work / "peer"],
                                 env={"HF_HUB_OFFLINE": "1"}, log=a.work / "peer.log"))
    return measure.median(ours), measure.median(peers)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--halftone", type=Path, required=True)
    parser.add_argument("--make", type=Path, required=True)
    parser.add_argument("--peer-python", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--case", action="append", help="SAMPLESxTOKENS; may repeat")
    parser.add_argument("--repeat", type=int, default=1)
    a = parser.parse_args()
    a.case = a.case or ["8x256", "64x512"]
    a.work.mkdir(parents=True, exist_ok=True)
    print(f"{measure.machine()}\n")
    print("| samples x tokens | tool | wall s | CPU s | memory MiB |\n|---|---|---|---|---|")
    model, files = make_inputs(a)
    for case, ids in files.items():
        ours, peer = run_case(a, model, ids)
        for name, c in (("halftone", ours), ("llm-compressor", peer)):
            print(f"| {case} | {name} | {c.wall:.1f} | {c.cpu:.1f} | {c.memory / 2**20:.0f} |", flush=True)
        print(f"| {case} | **ratio** | {peer.wall / ours.wall:.1f} | {peer.cpu / ours.cpu:.1f} "
              f"| {peer.memory / ours.memory:.1f} |", flush=True)


if __name__ == "__main__":
    main()
