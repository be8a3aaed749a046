#!/usr/bin/env python3
"""GPTQ by llm-compressor: the peer that compare_peers and compare_quality run as a whole process.

    python bench/peers/llmcompressor_gptq.py MODEL DATA OUT --bits 4 --group 128 [--images DIR]

Needs `pip install llmcompressor pillow`. DATA is JSON lines of {"input_ids": [...]}, or conversation JSON with pictures
in DIR. The vision tower and the head stay in float, as they do in halftone's gptq presets.
"""

import argparse
import json
from pathlib import Path

import torch
from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
from datasets import Dataset
from llmcompressor import oneshot
from llmcompressor.modifiers.quantization import GPTQModifier
from PIL import Image
from tokenizers import Tokenizer, models
from transformers import AutoTokenizer, PreTrainedTokenizerFast, Qwen2VLForConditionalGeneration


def ready_ids(path):
    rows = [json.loads(line)["input_ids"] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [{"input_ids": [r], "attention_mask": [[1] * len(r)]} for r in rows]


def pictured(path, images, model):
    """Each record as the model's own processor makes it: the picture first, then the turns."""
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    tokenizer = AutoTokenizer.from_pretrained(model)
    processor = Qwen2VLImageProcessorPil.from_pretrained(model)
    rows = []
    for record in json.loads(path.read_text(encoding="utf-8")):
        picture = processor(images=[Image.open(images / record["image"]).convert("RGB")], return_tensors="pt")
        tokens = int(picture["image_grid_thw"].prod()) // processor.merge_size**2
        messages = []
        for turn in record["conversations"]:
            content = [{"type": "image"}] if "<image>" in turn["value"] else []
            content.append({"type": "text", "text": turn["value"].replace("<image>", "").strip()})
            messages.append({"role": "user" if turn["from"] == "human" else "assistant", "content": content})
        text = tokenizer.apply_chat_template(messages, tokenize=False).replace("<|image_pad|>", "<|image_pad|>" * tokens)
        ids = tokenizer(text)["input_ids"]
        pad = tokenizer.convert_tokens_to_ids("<|image_pad|>")
        rows.append({
            "input_ids": [ids],
            "attention_mask": [[1] * len(ids)],
            "mm_token_type_ids": [[int(i == pad) for i in ids]],
            "pixel_values": picture["pixel_values"].tolist(),
            "image_grid_thw": picture["image_grid_thw"].tolist(),
        })
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("data", type=Path)
    parser.add_argument("out")
    parser.add_argument("--bits", type=int, default=4)
    parser.add_argument("--group", type=int, default=128)
    parser.add_argument("--images", type=Path)
    a = parser.parse_args()
    rows = pictured(a.data, a.images, a.model) if a.images else ready_ids(a.data)
    model = Qwen2VLForConditionalGeneration.from_pretrained(a.model, dtype="auto")
    weights = QuantizationArgs(num_bits=a.bits, type="int", symmetric=True, strategy="group", group_size=a.group)
    recipe = GPTQModifier(
        config_groups={"group_0": QuantizationScheme(targets=["Linear"], weights=weights)},
        ignore=["re:.*lm_head", "re:.*visual.*"],
    )
    # It asks for a tokenizer although the rows are ids already.
    words = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({"?": 0}, unk_token="?")), pad_token="?")
    oneshot(
        model=model,
        processor=words,
        dataset=Dataset.from_list(rows),
        recipe=recipe,
        max_seq_length=max(len(r["input_ids"][0]) for r in rows),
        num_calibration_samples=len(rows),
        shuffle_calibration_samples=False,
        data_collator=lambda batch: {key: torch.tensor(value) for key, value in batch[0].items()},
    )
    model.save_pretrained(a.out, save_compressed=True)


if __name__ == "__main__":
    main()
