#!/usr/bin/env python3
"""Greedy generate() by transformers on random ids: the peer that eval_speed.py runs.

    python bench/peers/transformers_generate.py MODEL --lengths 64,64,128 --new 64 [--compute float32] [--repeat 3]

Prints one JSON object a repetition. A batch of mixed lengths is padded on the left, as generate() needs it.
"""

import argparse
import json
import time

import torch
import transformers


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--lengths", required=True)
    parser.add_argument("--new", type=int, default=64)
    parser.add_argument("--compute", default="float32")
    parser.add_argument("--repeat", type=int, default=3)
    a = parser.parse_args()
    model = transformers.AutoModelForImageTextToText.from_pretrained(a.model, dtype=getattr(torch, a.compute)).eval()
    lengths = [int(n) for n in a.lengths.split(",")]
    longest = max(lengths)
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(100, model.config.get_text_config().vocab_size // 2, (len(lengths), longest), generator=generator)
    mask = torch.zeros_like(ids)
    for row, length in enumerate(lengths):
        mask[row, longest - length :] = 1
    options = {"attention_mask": mask, "do_sample": False, "pad_token_id": 0, "eos_token_id": None}

    def timed(new):
        start, cpu = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            out = model.generate(ids, max_new_tokens=new, min_new_tokens=new, **options)
        assert out.shape[1] == longest + new
        return time.perf_counter() - start, time.process_time() - cpu

    timed(2)
    for _ in range(a.repeat):
        prefill = timed(1)
        whole = timed(a.new)
        print(json.dumps({"seconds": whole[0], "cpu_seconds": whole[1], "prefill": prefill[0],
                          "decode": whole[0] - prefill[0], "threads": torch.get_num_threads()}), flush=True)


if __name__ == "__main__":
    main()
