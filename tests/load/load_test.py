"""transformers with compressed-tensors loads what halftone writes and computes what halftone computes.

Both sides run in float32. Weights are compared bit for bit: a BF16 scale times a code of at most 9 bits is exact.
Logits are compared to TOLERANCE. What it is made of: both sides add up products of up to 512 terms, in another
order and with another exponential, each good to 2^-24 of its size, through 10 blocks, on logits of up to 25; the float
model, with nothing quantized, departs by 1.1e-5. One code that is off by one moves them by more than 1e-3
(test_one_wrong_code_shows).

Quantized inputs need more care. Where x / scale falls on the border between two codes, noise of 1e-7 decides, and one code is
1/128 of a token's largest value (at E4M3, 1/8 of the value); a token's largest negative value lies on such a border
by construction, since x / (|x| / 127.5) is -127.5. So each linear of the peer is given the codes that
halftone chose, after a look at how those differ from its own: by one code, at few places.
"""

import shutil
import unittest

import torch
import transformers
from safetensors.torch import load_file

import compressed_tensors_reader as reader
import peer
from halftone_runs import MODEL, dense, dump, folder, quantized
from safetensors_file import Checkpoint

TOLERANCE = 1e-4
PROMPTS = {"text": ("Name three colors.", []),
           "picture": ("What color is the circle?", ["scene-84x140.png"]),
           "pictures": ("Compare the two.", ["scene-112.png", "tall-61x333.png"])}


def largest(difference):
    return difference.abs().max().item()


def by_format(x, layout):
    """x [tokens, width] with one dynamic scale a token, and back, as the format defines it."""
    peak = x.abs().amax(dim=1, keepdim=True)
    if layout == "int-quantized":
        return (x / (peak / 127.5)).round().clamp(-128, 127) * (peak / 127.5)
    return (x / (peak / 448)).clamp(-448, 448).to(torch.float8_e4m3fn).float() * (peak / 448)


def one_code(x, layout):
    """The distance between neighbouring codes at x, at most."""
    peak = x.abs().amax(dim=1, keepdim=True)
    return peak / 127.5 if layout == "int-quantized" else torch.maximum(x.abs() / 7, peak / 448 * 2**-9)


class LoadTest(unittest.TestCase):
    def prompt(self, out, name):
        """The peer's inputs and halftone's dump of one prompt; ids and pixels agree."""
        question, pictures = PROMPTS[name]
        inputs = peer.encode(out, question, pictures)
        value = "<image>" * len(pictures) + question
        ours = load_file(dump(out, name, {"image": pictures, "conversations": [{"from": "human", "value": value}]}))
        self.assertEqual(inputs["input_ids"][0].tolist(), ours["input_ids"].tolist())
        self.assertEqual(bool(pictures), "pixel_values" in ours)
        if pictures:
            self.assertLessEqual(largest(inputs["pixel_values"] - ours["pixel_values"]), 1e-6)
        return inputs, ours

    def check_weights(self, out, model):
        """What the peer multiplies with is what the independent reader reads, bit for bit."""
        read = reader.read_directory(out)
        self.assertTrue(read)
        for name, module in read.items():
            self.assertTrue(torch.equal(peer.module_of(model, name).weight, torch.from_numpy(module.weight)), name)

    def check(self, out, model, prompts=tuple(PROMPTS)):
        for name in prompts:
            inputs, ours = self.prompt(out, name)
            self.assertLessEqual(largest(peer.forward(model, inputs) - ours["logits"]), TOLERANCE, name)

    def check_quantized(self, recipe, **options):
        out = quantized(recipe)
        model = peer.load(out, **options)
        self.check(out, model)
        self.check_weights(out, model)

    def follow(self, model, ours, layout):
        """Gives every quantized linear the inputs that halftone chose; counts where the peer chose others."""
        counts = {"codes": 0, "others": 0}

        def hook(site):
            def run(module, arguments, output):
                x, mine = arguments[0].reshape(-1, arguments[0].shape[-1]), ours[site + ".input"]
                theirs = by_format(x, layout)
                expected = torch.nn.functional.linear(theirs, module.weight, module.bias)
                self.assertLessEqual(largest(expected - output[0]), 1e-6 * largest(output), site)
                self.assertTrue(((mine - theirs).abs() <= 1.001 * one_code(theirs, layout)).all(), site)
                counts["codes"] += x.numel()
                counts["others"] += ((mine - theirs).abs() > 1e-3 * one_code(theirs, layout)).sum().item()
                return torch.nn.functional.linear(mine, module.weight, module.bias).view_as(output)
            return run
        return counts, [module.register_forward_hook(hook(site)) for site, module in peer.linears(model).items()]

    def check_dynamic(self, recipe, layout):
        out = quantized(recipe)
        model = peer.load(out)
        for name in PROMPTS:
            inputs, ours = self.prompt(out, name)
            free = peer.forward(model, inputs)
            counts, hooks = self.follow(model, ours, layout)
            self.assertLessEqual(largest(peer.forward(model, inputs) - ours["logits"]), TOLERANCE, name)
            for entry in hooks:
                entry.remove()
            print(recipe, name, counts, largest(free - ours["logits"]))
            self.assertLessEqual(counts["others"], 1e-3 * counts["codes"], name)
        self.check_weights(out, model)

    def test_float(self):
        self.check(MODEL, peer.load(MODEL))

    def test_dense(self):
        self.check(dense("rtn-w4g64"), peer.load(dense("rtn-w4g64")))

    def test_four_bits_symmetric(self):
        self.check_quantized("rtn-w4g64")

    def test_gptq(self):
        self.check_quantized("gptq-w4g64")

    def test_eight_bits_a_row(self):
        self.check_quantized("gptq-w8a16")

    def test_two_groups_of_modules(self):
        self.check_quantized("mixed")

    def test_eight_bit_integers_with_dynamic_inputs(self):
        self.check_dynamic("gptq-w8a8", "int-quantized")

    def test_eight_bit_floats_with_dynamic_inputs(self):
        self.check_dynamic("fp8-dynamic", "float-quantized")

    def test_four_bits_asymmetric(self):
        """compressed-tensors 0.20 leaves the zero points unpacked when it shapes a model without data, and so asks
        for [N, G] where its own compressor, as the format has it, stores [N b / 32, G]. Dequantizing at load works."""
        try:
            self.check_quantized("rtn-w4g64-asym")
        except RuntimeError as refusal:
            self.assertGreater(peer.GENERATION, 4, refusal)
            self.assertIn("ignore_mismatched_sizes", str(refusal))
            self.check_peer_packs_zero_points_as_we_do()
            config = transformers.CompressedTensorsConfig(dequantize=True)
            self.check_quantized("rtn-w4g64-asym", quantization_config=config)

    def check_peer_packs_zero_points_as_we_do(self):
        """The peer's own packing of the zero points that the reader read is the tensor that halftone wrote."""
        from compressed_tensors.compressors.pack_quantized.helpers import pack_to_int32
        out = quantized("rtn-w4g64-asym")
        checkpoint = Checkpoint(out)
        for name, module in reader.read_directory(out).items():
            zero = torch.from_numpy(module.zero).to(torch.int8)
            packed = pack_to_int32(zero, 4, packed_dim=0)
            self.assertEqual(packed.tolist(), checkpoint.read(name + ".weight_zero_point").tolist(), name)

    def test_three_bits_symmetric(self):
        """Three-bit fields straddle words since compressed-tensors 0.15 or so and in vLLM. 0.14 puts ten in a word and leaves
        two bits unused: for 256 columns it expects 26 words where 24 are written, and says so."""
        if peer.GENERATION > 4:
            return self.check_quantized("rtn-w3g64")
        with self.assertRaisesRegex(RuntimeError, r"weight_packed.*\[\d+, (24|48)\] from checkpoint.*\[\d+, (26|52)\]"):
            peer.load(quantized("rtn-w3g64"))

    def test_one_wrong_code_shows(self):
        out = folder() / "wrong"
        shutil.copytree(quantized("rtn-w4g64"), out)
        path = out / "model.safetensors"
        content = bytearray(path.read_bytes())
        file = Checkpoint(out).home["model.layers.2.mlp.gate_proj.weight_packed"]
        content[file.start + file.rows["model.layers.2.mlp.gate_proj.weight_packed"]["data_offsets"][0]] ^= 1
        path.write_bytes(content)
        inputs, ours = self.prompt(quantized("rtn-w4g64"), "picture")
        difference = largest(peer.forward(peer.load(out), inputs) - ours["logits"])
        print("wrong", difference)
        self.assertGreater(difference, 10 * TOLERANCE)


if __name__ == "__main__":
    unittest.main()
