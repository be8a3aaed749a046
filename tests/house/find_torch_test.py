"""find_torch.py takes what can be linked, in its order, and asks pip for the right names. Uses no network."""

import os
import subprocess
import sys
import unittest
from unittest import mock

from tree import TOOLS, TreeTest

import find_torch

CUDA_12 = """Requires-Dist: filelock
Requires-Dist: nvidia-cuda-nvrtc-cu12==12.8.93; platform_system == "Linux" and platform_machine == "x86_64"
Requires-Dist: nvidia-cuda-runtime-cu12==12.8.90; platform_system == "Linux" and platform_machine == "x86_64"
Requires-Dist: nvidia-cuda-cupti-cu12==12.8.90; platform_system == "Linux" and platform_machine == "x86_64"
"""
CUDA_13 = """Requires-Dist: cuda-toolkit[cublas,cudart,cufft,cupti]==13.0.2; platform_system == "Linux"
Requires-Dist: nvidia-nccl-cu13==2.28.9; platform_system == "Linux"
"""
CUDA_13_PLAIN = """Requires-Dist: nvidia-cuda-runtime==13.0.96; platform_system == "Linux"
Requires-Dist: nvidia-cuda-cupti==13.0.85; platform_system == "Linux"
"""


class FindTorchTest(TreeTest):
    def package(self, where="torch", version="2.13.0+cpu", cuda="None"):
        self.write(f"{where}/version.py", f"__version__ = '{version}'\ndebug = False\ncuda: Optional[str] = {cuda}\n")
        self.write(f"{where}/lib/libtorch_cpu.so", "")
        self.write(f"{where}/include/ATen/Context.h", "")
        return self.root / where

    def run_tool(self, torch):
        return subprocess.run([sys.executable, str(TOOLS / "find_torch.py")], env={**os.environ, "TORCH": str(torch)},
                              capture_output=True, text=True)

    def test_versions_that_can_be_linked(self):
        for version, good in (("2.13.0+cpu", True), ("2.7.0", True), ("3.0.0", True), ("2.6.0", False), ("1.13.1", False)):
            self.assertEqual(bool(find_torch.version_of(self.package(version=version))), good, version)

    def test_a_package_without_its_library_is_none(self):
        (self.package() / "lib/libtorch_cpu.so").unlink()
        self.assertIsNone(find_torch.version_of(self.root / "torch"))
        self.assertIsNone(find_torch.version_of(self.root / "nowhere"))

    def test_torch_may_name_a_package_or_a_prefix(self):
        package = self.package("prefix/lib/python3.11/site-packages/torch")
        for path in (package, package.parent, self.root / "prefix"):
            done = self.run_tool(path)
            self.assertEqual(done.stdout.strip(), str(package), done.stderr)
            self.assertEqual(done.stderr.strip(), "torch: 2.13.0+cpu given by TORCH")

    def test_a_wrong_torch_is_an_error_and_nothing_else_is_tried(self):
        done = self.run_tool(self.root / "nowhere")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        self.assertIn("holds no torch package", done.stderr)

    def test_wheels_for_the_cpu_come_first(self):
        found = ["2.15.0", "2.14.1+cpu", "2.14.0+cpu", "2.13.0", "2.12.0+cpu", "2.12.0+cu126", "2.7.0+cpu", "2.6.0+cpu"]
        with mock.patch.object(find_torch, "versions_found", return_value=found):
            self.assertEqual(find_torch.candidates(),
                             ["2.12.0+cpu", "2.7.0+cpu", "2.14.0+cpu", "2.14.1+cpu", "2.13.0", "2.15.0"])

    def test_without_a_list_the_known_ones_are_tried(self):
        with mock.patch.object(find_torch, "versions_found", return_value=[]):
            tried = find_torch.candidates()
            self.assertEqual(tried[0], "2.13.0+cpu")
            self.assertEqual(len(tried), 2 * len(find_torch.KNOWN))
            with mock.patch.dict(os.environ, TORCH_VERSION="2.11.0"):
                self.assertEqual(find_torch.candidates(), ["2.11.0+cpu", "2.11.0"])

    def test_side_packages_are_those_of_the_wheel(self):
        for metadata, expected in ((CUDA_12, ["nvidia-cuda-runtime-cu12==12.8.90", "nvidia-cuda-cupti-cu12==12.8.90"]),
                                   (CUDA_13, ["cuda-toolkit[cupti,cudart]==13.0.2"]),
                                   (CUDA_13_PLAIN, ["nvidia-cuda-runtime==13.0.96", "nvidia-cuda-cupti==13.0.85"])):
            self.write("torch-2.11.0.dist-info/METADATA", metadata)
            self.assertEqual(find_torch.side_requirements(self.package()), expected)

    def test_sides_are_fetched_only_for_cuda_and_only_once(self):
        with mock.patch.object(find_torch, "pip") as pip:
            find_torch.add_sides(self.package())
            package = self.package(version="2.11.0", cuda="'13.0'")
            self.write("nvidia/cu13/lib/libcupti.so.13", "")
            self.write("nvidia/cu13/lib/libcudart.so.13", "")
            find_torch.add_sides(package)
            pip.assert_not_called()

    def test_sides_that_cannot_be_fetched_are_an_error(self):
        package = self.package(version="2.11.0", cuda="'13.0'")
        self.write("torch-2.11.0.dist-info/METADATA", CUDA_13)
        with mock.patch.object(find_torch, "pip") as pip, self.assertRaises(SystemExit):
            find_torch.add_sides(package)
        pip.assert_called_once_with("install", "--quiet", "--no-warn-conflicts", "cuda-toolkit[cupti,cudart]==13.0.2")


if __name__ == "__main__":
    unittest.main()
