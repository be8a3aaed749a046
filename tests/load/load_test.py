"""transformers with compressed-tensors loads what halftone writes and computes what halftone computes.

Both sides run in float32. Weights are compared bit for bit: a BF16 scale times a code of at most 9 bits is exact.
Logits are compared to TOLERANCE. What it is made of: both sides add up products of up to 768 terms, in orders of
their own and each sum good to about 2^-24 of its terms, through ten blocks, and end at logits of up to 25; the float
model, with nothing quantized, departs by 1.2e-5. One wrong bit of one weight code in 3.3 million moves them by ten
times the tolerance (test_one_wrong_bit_shows).

Quantized inputs need more care. Where x / scale lies on the border of two codes, noise of 1e-7 decides, and one code
is up to 1/128 of a token's largest value, at E4M3 1/8 of the value itself. A token's largest value, if negative, lies
on such a border by construction: x / (|x| / 127.5) is -127.5, give or take the last bit. A few such codes move logits
by some tenths on either side. So each linear of the peer is given the codes that halftone chose, after
a look at how they differ from its own: nowhere by more than one code, and almost nowhere at all.
"""

import shutil
import unittest

import torch
import transformers
from safetensors.torch import load_file

import compressed_tensors_reader as reader
import peer
from halftone_runs import MODEL, dense, dump, folder, quantized
from safetensors_file import Checkpoint, bf16_bits, bf16_values

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
    """No two neighbouring codes around x lie further apart."""
    peak = x.abs().amax(dim=1, keepdim=True)
    return peak / 127.5 if layout == "int-quantized" else torch.maximum(x.abs() / 7, peak / 448 * 2**-9)


class LoadTest(unittest.TestCase):
    def prompt(self, out, name, forward_of=None):
        """The peer's inputs and halftone's dump, of `out` or another directory; ids and pixels agree."""
        question, pictures = PROMPTS[name]
        inputs = peer.encode(out, question, pictures)
        value = "<image>" * len(pictures) + question
        record = {"image": pictures, "conversations": [{"from": "human", "value": value}]}
        ours = load_file(dump(forward_of or out, name, record))
        self.assertEqual(inputs["input_ids"][0].tolist(), ours["input_ids"].tolist())
        self.assertEqual(bool(pictures), "pixel_values" in ours)
        if pictures:
            self.assertLessEqual(largest(inputs["pixel_values"] - ours["pixel_values"]), 1e-6)
        return inputs, ours

    def check(self, out, model, forward_of=None):
        """The peer's logits on prompts encoded with the files of `out` are those of halftone's forward."""
        for name in PROMPTS:
            inputs, ours = self.prompt(out, name, forward_of)
            self.assertLessEqual(largest(peer.forward(model, inputs) - ours["logits"]), TOLERANCE, name)

    def check_weights(self, out, model, rounded=lambda weight: weight):
        """What the peer multiplies with is what the independent reader reads, bit for bit."""
        read = reader.read_directory(out)
        self.assertTrue(read)
        for name, module in read.items():
            expected = torch.from_numpy(rounded(module.weight))
            self.assertTrue(torch.equal(peer.module_of(model, name).weight, expected), name)

    def check_quantized(self, recipe):
        out = quantized(recipe)
        model = peer.load(out)
        self.check(out, model)
        self.check_weights(out, model)

    def follow(self, site, ours, layout, counts):
        """A hook that gives a linear the inputs that halftone chose, and counts where the peer chose others."""
        def hook(module, arguments, output):
            x, mine = arguments[0][0], ours[site + ".input"]
            theirs, step = by_format(x, layout), one_code(x, layout)
            expected = torch.nn.functional.linear(theirs, module.weight, module.bias)
            self.assertLessEqual(largest(expected - output[0]), 1e-6 * largest(output), site)
            self.assertTrue(((mine - theirs).abs() <= 1.001 * step).all(), site)
            counts["codes"] += x.numel()
            counts["others"] += ((mine - theirs).abs() > 1e-3 * step).sum().item()
            return torch.nn.functional.linear(mine, module.weight, module.bias)[None]
        return hook

    def check_dynamic(self, recipe, layout):
        out = quantized(recipe)
        model = peer.load(out)
        for name in PROMPTS:
            inputs, ours = self.prompt(out, name)
            counts = {"codes": 0, "others": 0}
            hooks = [module.register_forward_hook(self.follow(site, ours, layout, counts))
                     for site, module in peer.linears(model).items()]
            self.assertLessEqual(largest(peer.forward(model, inputs) - ours["logits"]), TOLERANCE, name)
            self.assertLessEqual(counts["others"], 1e-4 * counts["codes"], name)
            self.assertGreater(counts["codes"], 0)
            for hook in hooks:
                hook.remove()
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
        """compressed-tensors 0.20 forgets to pack the zero points when it shapes a model without data: it then asks
        for [N, G], where its own compressor, as the format has it, stores [N b / 32, G]. Until that is mended,
        transformers loads such a directory when told to dequantize, which rounds the weights to the scales' BF16."""
        out = quantized("rtn-w4g64-asym")
        try:
            peer.load(out)
        except RuntimeError as refusal:
            self.assertGreater(peer.GENERATION, 4, refusal)
            self.assertIn("ignore_mismatched_sizes", str(refusal))
            self.check_peer_packs_zero_points_as_we_do()
            model = peer.load(out, quantization_config=transformers.CompressedTensorsConfig(dequantize=True))
            self.check(out, model, forward_of=dense("rtn-w4g64-asym"))
            self.check_weights(out, model, rounded=lambda weight: bf16_values(bf16_bits(weight)))
        else:
            self.check_quantized("rtn-w4g64-asym")

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
        """compressed-tensors 0.14 puts ten three-bit codes in a word and leaves two bits unused; later ones, as vLLM,
        let codes straddle words, which is what halftone writes: 24 words for 256 columns where 0.14 looks for 26."""
        if peer.GENERATION > 4:
            return self.check_quantized("rtn-w3g64")
        shapes = r"weight_packed.*\[\d+, (24|48)\]\) from checkpoint.*\[\d+, (26|52)\]\)"
        with self.assertRaisesRegex(RuntimeError, shapes):
            peer.load(quantized("rtn-w3g64"))

    def test_one_wrong_bit_shows(self):
        out, name = folder() / "wrong", "model.layers.2.mlp.gate_proj.weight_packed"
        shutil.copytree(quantized("rtn-w4g64"), out)
        file = Checkpoint(out).home[name]
        content = bytearray(file.data)
        content[file.start + file.rows[name]["data_offsets"][0]] ^= 8
        (out / "model.safetensors").write_bytes(content)
        inputs, ours = self.prompt(quantized("rtn-w4g64"), "picture")
        difference = largest(peer.forward(peer.load(out), inputs) - ours["logits"])
        self.assertGreater(difference, 10 * TOLERANCE)


if __name__ == "__main__":
    unittest.main()
