"""What halftone writes is judged by vLLM's rules, and the rules refuse what vLLM is known to refuse."""

import json
import shutil
import unittest
from collections import Counter

from halftone_runs import MODEL, PRESETS, folder, halftone, quantized
from vllm_rules import Layer, Machine, Refusal, group_of, ignored, judge, kernel_of, mapped, rank_shape, scheme_of

MAPPER = [("model.visual.", "visual."), ("model.", "language_model.model.")]


def words(bits=4, group=128, symmetric=True):
    return {"num_bits": bits, "type": "int", "symmetric": symmetric, "dynamic": False,
            "strategy": "group" if group > 0 else "channel", "group_size": group if group > 0 else None}


class Rules(unittest.TestCase):
    def kernel(self, weights, rows, columns, machine=Machine(), name="model.layers.0.mlp.down_proj"):
        return kernel_of("WNA16", weights, *rank_shape(Layer(name, [], rows, columns), machine), machine)

    def refused(self, pattern):
        return self.assertRaisesRegex(Refusal, pattern)

    def test_a_down_projection_of_29568_columns_between_ranks(self):
        # 29568 = 231 * 128 = 462 * 64.
        self.assertEqual(self.kernel(words(), 8192, 29568), "Marlin")
        with self.refused("14784 input columns a rank are no whole number of groups of 128"):
            self.kernel(words(), 8192, 29568, Machine(ranks=2))
        self.assertEqual(self.kernel(words(group=64), 8192, 29568, Machine(ranks=2)), "Marlin")
        with self.refused("no kernel takes"):
            self.kernel(words(group=64), 8192, 29568, Machine(ranks=2, pads=False))
        self.assertEqual(self.kernel(words(), 8192, 29696, Machine(ranks=8)), "Marlin")

    def test_outputs_are_split_for_the_other_linears(self):
        self.assertEqual(self.kernel(words(), 29568, 8192, Machine(ranks=2), "layers.0.mlp.gate_up_proj"), "Marlin")
        with self.refused("29568 does not split between 5 ranks"):
            self.kernel(words(), 29568, 8192, Machine(ranks=5), "layers.0.mlp.gate_up_proj")

    def test_types_that_kernels_take(self):
        self.assertEqual(self.kernel(words(symmetric=False), 512, 512), "Marlin")
        self.assertEqual(self.kernel(words(), 512, 512, Machine(sm=90)), "Machete")
        self.assertEqual(self.kernel(words(group=32), 512, 512, Machine(sm=90)), "Marlin")
        self.assertEqual(self.kernel(words(), 512, 512, Machine(sm=70, float16=True)), "Exllama")
        for weights in (words(bits=3), words(bits=8, symmetric=False), words(group=16)):
            with self.refused("no kernel takes"):
                self.kernel(weights, 512, 512)

    def test_schemes(self):
        eight, token = words(8, -1), {"num_bits": 8, "type": "int", "strategy": "token", "dynamic": True}
        self.assertEqual(scheme_of(eight, token, "int-quantized", Machine()), "W8A8Int8")
        for weights, inputs in ((words(), None), (words(8), token), (words(8, -1, symmetric=False), token)):
            with self.refused("No compressed-tensors compatible scheme"):
                scheme_of(weights, inputs, "int-quantized", Machine())

    def test_a_name_in_the_checkpoints_words_survives_the_mapper_only_as_a_regex(self):
        self.assertEqual(mapped("model.layers.0.mlp.up_proj", MAPPER), "language_model.model.layers.0.mlp.up_proj")
        self.assertEqual(mapped("re:.*visual.*", MAPPER), "re:.*visual.*")
        # A bare module name has no trailing dot, so the rule for what is inside it does not fire.
        self.assertNotEqual(mapped("model.visual", MAPPER), "visual")

    def test_parts_of_a_fused_layer_share_their_fate(self):
        layer = Layer("m.0.qkv_proj")
        with self.refused("different quantization schemes"):
            ignored(layer.name, ["re:.*q_proj"])
        self.assertTrue(ignored(layer.name, ["re:.*[qkv]_proj"]))
        first, second = {"targets": [r"re:.*\.[qk]_proj$"]}, {"targets": [r"re:.*\.v_proj$"]}
        with self.refused("several groups"):
            group_of(layer, [first, second])
        with self.refused("matching target"):
            group_of(layer, [first])
        # The path comes first and the class before the parts: a careless regex takes q and k along with v.
        careless = {"targets": ["re:.*v_proj$"]}
        self.assertIs(group_of(layer, [first, careless]), careless)
        by_class = {"targets": ["linear"]}
        self.assertIs(group_of(layer, [first, by_class]), by_class)

    def test_classes_are_no_entries_of_ignore(self):
        self.assertFalse(ignored("m.0.down_proj", ["Linear", "RowParallelLinear"]))


class Outputs(unittest.TestCase):
    LANGUAGE, VISION = 4 * 6, 4 * 4 + 2

    def kernels(self, out, machine=Machine(sm=89, pads=False)):
        """How many layers get which kernel, or are refused."""
        return Counter(verdict.kernel or verdict.refusal.partition(",")[0] for verdict in judge(out, machine))

    def check(self, recipe, expected, taken=True):
        """24 language layers share one fate, 18 of the tower stay float; `verify` claims what the rules say."""
        out = quantized(recipe)
        self.assertEqual(self.kernels(out), {expected: self.LANGUAGE, "float": self.VISION})
        report = json.loads(halftone("verify", out, "--json"))
        claim = next(check["detail"] for check in report["checks"] if check["check"] == "kernels")
        self.assertEqual((f"vllm ({expected})" in claim, "vllm" in claim), (taken, taken), claim)

    def check_preset(self, preset):
        kind = "asymmetric" if preset.endswith("-asym") else "symmetric"
        if "-w3" in preset:
            self.check(preset, f"no kernel takes 3-bit {kind} weights", taken=False)
        else:
            self.check(preset, {"fp8-dynamic": "CUTLASS fp8", "gptq-w8a8": "CUTLASS int8"}.get(preset, "Marlin"))

    def test_eight_bits_with_zero_points(self):
        self.check("rtn-w8-asym", "no kernel takes 8-bit asymmetric weights", taken=False)

    def test_before_fp8_hardware_inputs_stay_float(self):
        found = self.kernels(quantized("fp8-dynamic"), Machine(sm=80))
        self.assertEqual(found, {"Marlin fp8, inputs not quantized": self.LANGUAGE, "float": self.VISION})

    def test_ranks_may_not_split_a_group(self):
        self.assertEqual(self.kernels(quantized("rtn-w4g64"), Machine(ranks=2))["Marlin"], self.LANGUAGE)
        # o_proj has 256 columns in groups of 64: eight ranks would have half a group each.
        refused = [verdict.layer for verdict in judge(quantized("rtn-w4g64"), Machine(ranks=8))
                   if "whole number of groups" in verdict.refusal]
        self.assertEqual(sum("o_proj" in layer for layer in refused), 6)

    def test_two_groups_of_modules(self):
        # The tower's 192 columns fit Marlin's tiles only since it pads them; fc2 has 768.
        out = quantized("mixed")
        self.assertEqual(self.kernels(out, Machine()), {"Marlin": 24 + 16, "float": 2})
        refused = "no kernel takes 8-bit symmetric weights"
        self.assertEqual(self.kernels(out), {"Marlin": 24 + 4, refused: 12, "float": 2})

    def test_floats(self):
        self.assertEqual(self.kernels(MODEL), {"float": self.LANGUAGE + self.VISION})
        self.assertEqual(self.kernels(quantized("rtn-w4g64", "output.format=dense")), {"float": 42})

    def broken(self, name, change):
        """A copy of an output with another quantization_config."""
        out = folder() / name
        shutil.copytree(quantized("rtn-w4g64"), out)
        config = json.loads((out / "config.json").read_text())
        change(config["quantization_config"])
        (out / "config.json").write_text(json.dumps(config))
        return self.kernels(out)

    def test_ignoring_one_part_of_a_fused_layer(self):
        found = self.broken("part", lambda config: config["ignore"].append("re:.*k_proj"))
        self.assertEqual(found["Found a different quantization schemes: some of its parts are ignored"], 6)

    def test_a_tower_that_nobody_ignores(self):
        found = self.broken("tower", lambda config: config.update(ignore=["lm_head"]))
        self.assertEqual(sum(count for reason, count in found.items() if "visual" in reason), self.VISION)

    def test_words_of_another_width(self):
        found = self.broken("width", lambda config: config["config_groups"]["group_0"]["weights"].update(num_bits=8))
        self.assertEqual(sum(count for reason, count in found.items() if "weight_packed is I32" in reason), self.LANGUAGE)


def add_preset(preset):
    setattr(Outputs, "test_preset_" + preset.replace("-", "_"), lambda self: self.check_preset(preset))


for each in PRESETS:
    add_preset(each)

if __name__ == "__main__":
    unittest.main()
