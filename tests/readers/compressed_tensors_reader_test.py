"""What halftone writes means the same to a reader that knows only the format's description."""

import json
import unittest

import numpy

import compressed_tensors_reader as reader
import dense_reader
from halftone_runs import MODEL, dense, halftone, quantized
from safetensors_file import E4M3, Checkpoint, bf16_bits, bf16_values


def words(*values):
    return numpy.array([values], numpy.uint32).view(numpy.int32)


class KnownAnswers(unittest.TestCase):
    """Bit strings worked out on paper."""

    def codes(self, row, bits, count):
        return reader.unpack_rows(row, bits, count)[0].tolist()

    def test_whole_fields(self):
        self.assertEqual(self.codes(words(0x76543210, 0xFEDCBA98), 4, 16), list(range(-8, 8)))
        self.assertEqual(self.codes(words(0xFF807F00), 8, 4), [-128, -1, 0, 127])

    def test_a_short_row_is_padded_with_zero_bits(self):
        self.assertEqual(self.codes(words(0x00043210), 4, 5), [-8, -7, -6, -5, -4])
        with self.assertRaises(ValueError):
            reader.unpack_rows(words(0x10043210), 4, 5)

    def test_three_bits_straddle_words(self):
        expected = [-4, -3, -2, -1, 0, 1, 2, 3, -4, -3, -2, -1]
        self.assertEqual(self.codes(words(0x88FAC688, 0x00000006), 3, 12), expected)

    def test_zero_points_are_packed_along_the_rows(self):
        packed = words(0x76543210, 0x89ABCDEF)
        zero = reader.unpack_rows(packed.T, 4, 8).T
        self.assertEqual(zero.T.tolist(), [list(range(-8, 0)), list(range(7, -1, -1))])

    def test_small_floats(self):
        self.assertEqual([E4M3[byte] for byte in (0x01, 0x08, 0x38, 0x7E, 0xFE)], [2.0**-9, 2.0**-6, 1, 448, -448])
        self.assertTrue(numpy.isnan(E4M3[0x7F]))
        self.assertEqual(bf16_values(numpy.array([0x3F80, 0xC049], numpy.uint16)).tolist(), [1, -3.140625])
        ties = numpy.array([1 + 2.0**-8, 1 + 3 * 2.0**-8, 1 + 2.0**-8 + 2.0**-20], numpy.float32)
        self.assertEqual(bf16_values(bf16_bits(ties)).tolist(), [1, 1 + 2.0**-6, 1 + 2.0**-7])


class Outputs(unittest.TestCase):
    """A scale of 8 significant bits times a code of at most 9 is exact in float32, so equality is equality of bits."""

    def check(self, recipe, layout, bits, twin=None):
        """Reads an output; its weights must be those of the dense output of the same recipe, or of its twin."""
        out = quantized(recipe)
        read = reader.read_directory(out)
        self.assertEqual(len(read), 42)
        self.assertEqual({(m.layout, m.weights["num_bits"]) for m in read.values()}, {(layout, bits)})
        self.check_errors(out, read)
        if twin:
            self.check_bits(read, dense(twin))
        return read

    def check_bits(self, read, plain):
        plain = dense_reader.read_directory(plain)
        for name, module in read.items():
            numpy.testing.assert_array_equal(bf16_values(bf16_bits(module.weight)), plain[name + ".weight"], name)

    def check_errors(self, out, read):
        """`verify` passes, and its distance from the float weights, module by module, is the reader's."""
        report = json.loads(halftone("verify", out, "--against", MODEL, "--json"))
        self.assertTrue(report["passed"])
        source = Checkpoint(MODEL)
        self.assertEqual({row["module"] for row in report["errors"]}, set(read))
        for row in report["errors"]:
            error = read[row["module"]].weight.astype(float) - source.read(row["module"] + ".weight")
            self.assertAlmostEqual(row["mse"] / (error * error).mean(), 1, delta=1e-5, msg=row["module"])

    def check_float_weights(self, read, steps):
        """Every weight is within half a step of the float one, or outside of the grid's ends."""
        source = Checkpoint(MODEL)
        for name, module in read.items():
            groups = module.scale.shape[1]
            step = numpy.repeat(module.scale, module.weight.shape[1] // groups, axis=1)
            error = abs(module.weight - source.read(name + ".weight"))
            self.assertLessEqual((error / step).max(), steps, name)

    def test_four_bits_symmetric(self):
        # The scale is absmax / 7.5 rounded to BF16: the largest weight lies half a step above code 7, or -8 below
        # zero, and the rounding of the scale moves it by up to 8 * 2^-8 of a step.
        self.check_float_weights(self.check("rtn-w4g64", "pack-quantized", 4, "rtn-w4g64"), 0.5 + 8 * 2.0**-8)

    def test_four_bits_asymmetric(self):
        # The zero point is a whole number: half a step for the code and as much for the zero point at the ends.
        read = self.check("rtn-w4g64-asym", "pack-quantized", 4, "rtn-w4g64-asym")
        self.check_float_weights(read, 1 + 16 * 2.0**-8)
        self.assertTrue(any(module.zero.any() for module in read.values()))

    def test_three_bits_symmetric(self):
        self.check_float_weights(self.check("rtn-w3g64", "pack-quantized", 3, "rtn-w3g64"), 0.5 + 4 * 2.0**-8)

    def test_three_bits_asymmetric(self):
        self.check_float_weights(self.check("rtn-w3g128-asym", "pack-quantized", 3, "rtn-w3g128-asym"), 1 + 8 * 2.0**-8)

    def test_eight_bits_a_row(self):
        read = self.check("gptq-w8a16", "pack-quantized", 8, "gptq-w8a16")
        self.assertEqual({module.scale.shape[1] for module in read.values()}, {1})

    def test_gptq(self):
        self.check("gptq-w4g64", "pack-quantized", 4, "gptq-w4g64")

    def test_eight_bit_integers_with_dynamic_inputs(self):
        # Plain floats cannot say that inputs are quantized; RTN looks at no input, so its weights have a twin.
        self.check("gptq-w8a8", "int-quantized", 8)
        for module in self.check("rtn-w8a8", "int-quantized", 8, "rtn-w8").values():
            self.assertEqual((module.inputs["type"], module.inputs["strategy"], module.inputs["dynamic"]),
                             ("int", "token", True))

    def test_eight_bit_floats_with_dynamic_inputs(self):
        for module in self.check("fp8-dynamic", "float-quantized", 8, "rtn-float8").values():
            self.assertEqual((module.inputs["type"], module.inputs["dynamic"]), ("float", True))

    def test_two_groups_of_modules(self):
        read = reader.read_directory(quantized("mixed"))
        self.assertEqual(len(read), 42 + 4 * 4)
        for name, module in read.items():
            self.assertEqual(module.weights["num_bits"], 8 if "visual" in name or "down_proj" in name else 4, name)
        self.check_bits(read, dense("mixed"))

    def test_what_is_not_quantized_keeps_its_bits(self):
        source = Checkpoint(MODEL)
        for out in (quantized("rtn-w4g64"), dense("rtn-w4g64")):
            written, read = Checkpoint(out), reader.read_directory(quantized("rtn-w4g64"))
            kept = [name for name in source.home if name.removesuffix(".weight") not in read]
            self.assertEqual(len(kept), 129 - 42)
            for name in kept:
                numpy.testing.assert_array_equal(written.stored(name), source.stored(name), name)

    def test_shards_and_their_index(self):
        whole = reader.read_directory(quantized("rtn-w4g64"))
        out = quantized("rtn-w4g64", "output.shard=2MB")
        self.assertGreater(len(list(out.glob("*.safetensors"))), 2)
        for name, module in reader.read_directory(out).items():
            numpy.testing.assert_array_equal(module.weight, whole[name].weight, name)


if __name__ == "__main__":
    unittest.main()
