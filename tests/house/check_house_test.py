"""check_house.py passes a good tree and fails for each way to break it."""

import unittest

from tree import TreeTest

import check_house


class HouseTest(TreeTest):
    def setUp(self):
        super().setUp()
        self.write("src/halftone/CMakeLists.txt",
                   "# Floors\nforeach(ROOM base tensor io quant text media\n  model plugin families methods cli)\nendforeach()\n")
        self.room("base", "")
        self.room("tensor", "ROOMS base TORCH")
        self.room("io", "ROOMS tensor base")
        self.room("quant", "ROOMS tensor base TORCH")
        self.room("model", "ROOMS quant io tensor base TORCH")
        self.room("plugin", "ROOMS model quant tensor base TORCH")
        self.room("families", "ROOMS plugin model tensor base TORCH")
        self.source("base/json.h", "#include <nlohmann/json.hpp>")
        self.source("tensor/tensor.h", "#include <ATen/core/Tensor.h>")
        self.source("io/file.cpp", '#include "halftone/io/file.h"\n#include <vector>\n#include "halftone/base/json.h"')
        self.source("families/otter2_5_vl.cpp", '#include "halftone/families/otter2_5_vl.h"\n// Otter2.5-VL')

    def room(self, name, rest):
        self.write(f"src/halftone/{name}/CMakeLists.txt", f"halftone_room({name}\n  SOURCES a.cpp b.cpp # x (y)\n  {rest})\n")

    def source(self, name, text):
        self.write(f"src/halftone/{name}", text + "\n")

    def faults(self):
        return check_house.check(self.root).faults

    def test_a_good_tree_passes(self):
        self.assertEqual(self.faults(), [])

    def test_a_room_that_the_plan_does_not_allow(self):
        self.room("io", "ROOMS tensor base model")
        self.assertIn("io may not list model", self.faults()[0])

    def test_a_skill_that_sees_its_neighbour(self):
        self.room("media", "ROOMS quant base TORCH")
        self.assert_one(self.faults(), "src/halftone/media/CMakeLists.txt", "media may not list quant")

    def test_a_room_without_a_plan(self):
        self.room("helpers", "ROOMS base")
        self.assert_one(self.faults(), "room helpers is not in the plan")

    def test_a_room_that_is_not_in_the_list(self):
        self.room("calib", "ROOMS base")
        self.assert_one(self.faults(), "room calib is missing from the list")

    def test_a_room_that_stands_below(self):
        self.write("src/halftone/CMakeLists.txt", "foreach(ROOM base io tensor quant model plugin families)\nendforeach()\n")
        self.assert_one(self.faults(), "io lists tensor, which stands below it")

    def test_a_listed_room_that_is_none(self):
        self.room("methods", "ROOMS calib base")
        self.assert_one(self.faults(), "methods lists calib, which is no room")

    def test_a_circle(self):
        self.room("base", "ROOMS tensor")
        self.assertTrue(any("base -> tensor -> base" in fault for fault in self.faults()), self.faults())

    def test_another_name_in_the_list(self):
        self.write("src/halftone/io/CMakeLists.txt", "halftone_room(files ROOMS base)\n")
        self.assertIn("expected one halftone_room(io ...)", self.faults()[0])

    def test_an_include_that_is_not_listed(self):
        self.source("io/file.cpp", '\n#include "halftone/quant/grid.h"')
        self.assert_one(self.faults(), "src/halftone/io/file.cpp:2:", "io includes halftone/quant/grid.h")

    def test_an_include_in_angles_counts_too(self):
        self.source("io/file.cpp", "# include  <halftone/quant/grid.h>")
        self.assert_one(self.faults(), "io includes halftone/quant/grid.h")

    def test_an_include_in_a_folder_inside_a_room(self):
        self.source("model/parts/deep.cpp", '#include "halftone/families/x.h"')
        self.assert_one(self.faults(), "model includes halftone/families/x.h")

    def test_an_include_that_climbs(self):
        self.source("io/file.cpp", '#include "../quant/grid.h"')
        self.assert_one(self.faults(), "climbs")

    def test_an_include_without_its_room(self):
        self.source("io/file.cpp", '#include "file.h"')
        self.assert_one(self.faults(), "write halftone/<room>/<file>.h")

    def test_an_island_that_sees_its_neighbour(self):
        self.source("families/heron.cpp", '#include "halftone/families/otter2_5_vl.h"')
        self.assert_one(self.faults(), "families/heron.cpp:1:", "includes its neighbour")

    def test_libraries_outside_their_door(self):
        for header, library in (("nlohmann/json.hpp", "nlohmann-json"), ("yaml-cpp/yaml.h", "yaml-cpp"),
                                ("CLI/CLI.hpp", "CLI11"), ("spdlog/spdlog.h", "spdlog"), ("pcre2.h", "PCRE2"),
                                ("utf8proc.h", "utf8proc"), ("sentencepiece_processor.h", "sentencepiece"),
                                ("jpeglib.h", "libjpeg"), ("png.h", "libpng"), ("webp/decode.h", "libwebp"),
                                ("xxhash.h", "xxhash"), ("gtest/gtest.h", "GoogleTest")):
            self.source("model/a.cpp", f"#include <{header}>")
            self.assert_one(self.faults(), f"{library} is included here")

    def test_libraries_in_their_door(self):
        self.room("media", "ROOMS base")
        self.room("cli", "ROOMS base")
        self.source("media/decode_jpeg.cpp", "#include <jpeglib.h>")
        self.source("io/hash.cpp", "#include <xxhash.h>")
        self.source("cli/main.cpp", "#include <CLI/CLI.hpp>")
        self.assertEqual(self.faults(), [])

    def test_torch_in_a_room_without_the_flag(self):
        self.source("io/file.h", "#include <ATen/ops/mm.h>")
        self.assert_one(self.faults(), "not flagged TORCH")

    def test_all_of_torch(self):
        for header in ("torch/torch.h", "ATen/ATen.h"):
            self.source("tensor/a.cpp", f"#include <{header}>")
            self.assert_one(self.faults(), header, "single headers")

    def test_a_family_named_elsewhere(self):
        for spelling in ("otter2_5_vl", "Otter2.5-VL", "Otter 2.5 VL", "Otter2_5_VLForConditionalGeneration", "kOtter25Vl"):
            self.source("model/a.cpp", f"// as {spelling} does")
            self.assert_one(self.faults(), "model/a.cpp:1:", "otter2_5_vl")

    def test_words_that_only_begin_like_a_family(self):
        self.source("families/ant.cpp", "")
        self.source("model/a.cpp", "// a giant wants antialiasing and an antler")
        self.assertEqual(self.faults(), [])

    def test_folders_of_one_machine(self):
        for text in ("cd /" + "work/main", 'open("/' + 'work")', "see .." + "/shared/design.md"):
            self.write("docs/a.md", f"first\n{text}\n")
            self.assert_one(self.faults(), "docs/a.md:2:", "a folder of one machine")

    def test_paths_that_only_look_like_it(self):
        self.write("docs/a.md", ".github/workflows, a/work/b, /workshop, homework/work, ../sharedness\n")
        self.assertEqual(self.faults(), [])

    def test_what_is_built_is_not_read(self):
        self.write("build/release/log", "/" + "work/main")
        self.write(".venv/a", "/" + "work/main")
        self.assertEqual(self.faults(), [])


if __name__ == "__main__":
    unittest.main()
