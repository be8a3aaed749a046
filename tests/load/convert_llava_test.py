"""tools/convert_llava.py on a tiny checkpoint: the small model of the goldens taken apart into the original layout."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from halftone_runs import HALFTONE, ROOT

MODEL = ROOT / "tests" / "goldens" / "tiny-llava"
TOOL = ROOT / "tools" / "convert_llava.py"
ORIGINAL = [("language_model.lm_head.", "lm_head."), ("language_model.model.", "model."),
            ("multi_modal_projector.linear_1.", "model.mm_projector.0."),
            ("multi_modal_projector.linear_2.", "model.mm_projector.2.")]


class Danger:
    """Runs a command when it is unpickled without care."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def run(*command):
    return subprocess.run([*map(str, command)], text=True, capture_output=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})


class ConvertLlavaTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.source, self.clip, self.out = (self.root / name for name in ("original", "clip", "out"))
        self.source.mkdir()
        self.clip.mkdir()
        self.tensors = load_file(MODEL / "model.safetensors")
        self.config = json.loads((MODEL / "config.json").read_text())
        self.words = self.config["image_token_index"]
        text, vision = self.config["text_config"], self.config["vision_config"]
        self.write_source({**text, "model_type": "llava_llama", "vocab_size": self.words, "torch_dtype": "bfloat16",
                           "mm_vision_tower": "openai/clip", "mm_projector_type": "mlp2x_gelu",
                           "mm_vision_select_layer": -2, "mm_vision_select_feature": "patch", "image_aspect_ratio": "pad"})
        torch.save(self.original_tensors(), self.source / "pytorch_model.bin")
        (self.clip / "config.json").write_text(json.dumps({"model_type": "clip", "vision_config": vision}))
        (self.clip / "preprocessor_config.json").write_text((MODEL / "preprocessor_config.json").read_text())
        tower = {name.removeprefix("vision_tower."): tensor for name, tensor in self.tensors.items()
                 if name.startswith("vision_tower.")}
        save_file({**tower, "logit_scale": torch.ones(1), "text_model.final_layer_norm.bias": torch.ones(4)},
                  self.clip / "model.safetensors")
        (self.source / "tokenizer.json").write_text(self.words_alone())

    def write_source(self, config):
        (self.source / "config.json").write_text(json.dumps(config))

    def words_alone(self):
        tokenizer = json.loads((MODEL / "tokenizer.json").read_text())
        tokenizer["added_tokens"] = [t for t in tokenizer["added_tokens"] if t["id"] < self.words]
        return json.dumps(tokenizer)

    def original_tensors(self):
        named = {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(8)}
        for name, tensor in self.tensors.items():
            for new, old in ORIGINAL:
                if name.startswith(new):
                    table = "embed_tokens" in name or "lm_head" in name
                    named[old + name[len(new):]] = tensor[:self.words].clone() if table else tensor
        return named

    def convert(self):
        return run(sys.executable, "-B", TOOL, self.source, self.clip, self.out)

    def test_every_tensor_comes_out_as_it_was(self):
        done = self.convert()
        self.assertEqual(done.returncode, 0, done.stderr)
        made = {}
        for path in self.out.glob("*.safetensors"):
            made.update(load_file(path))
        self.assertEqual(set(made), set(self.tensors))
        for name, tensor in self.tensors.items():
            same = made[name]
            if same.shape[0] == self.config["text_config"]["vocab_size"] and ("embed_tokens" in name or "lm_head" in name):
                same, tensor = same[:self.words], tensor[:self.words]
            self.assertTrue(torch.equal(same, tensor), name)

    def test_configs_say_what_the_original_said(self):
        self.assertEqual(self.convert().returncode, 0)
        config = json.loads((self.out / "config.json").read_text())
        for key in ("image_token_index", "pad_token_id", "vision_feature_layer", "vision_feature_select_strategy"):
            self.assertEqual(config[key], self.config[key], key)
        for part in ("text_config", "vision_config"):
            self.assertEqual(config[part], {**config[part], **self.config[part]}, part)
        self.assertTrue(json.loads((self.out / "preprocessor_config.json").read_text())["do_pad"])

    def test_halftone_refuses_the_original_and_reads_the_result(self):
        refused = run(HALFTONE, "inspect", self.source)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("tools/convert_llava.py", refused.stderr)
        self.assertEqual(self.convert().returncode, 0)
        self.assertIn("vision.1", run(HALFTONE, "inspect", self.out).stdout)
        sample, dump = self.root / "sample.json", self.root / "dump.safetensors"
        sample.write_text(json.dumps({"image": "tall-61x333.png", "conversations": [
            {"from": "human", "value": "<image>\nRead line 1."}]}))
        done = run(HALFTONE, "dump", self.out, "--sample", sample, "--images", ROOT / "tests/goldens/images", "-o", dump)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((load_file(dump)["input_ids"] == self.words).sum().item(), 16)

    def test_a_pickle_that_would_run_code_is_refused(self):
        trap = self.root / "ran"
        torch.save({"model.norm.weight": Danger(trap)}, self.source / "pytorch_model.bin")
        self.assertNotEqual(self.convert().returncode, 0)
        self.assertFalse(trap.exists())

    def test_what_is_missing_is_named(self):
        self.write_source({**json.loads((self.source / "config.json").read_text()), "mm_projector_type": "linear"})
        self.assertIn("mm_projector_type", self.convert().stderr)
        (self.source / "config.json").unlink()
        self.assertIn("config.json is missing", self.convert().stderr)


if __name__ == "__main__":
    unittest.main()
