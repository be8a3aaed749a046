#include "halftone/engine/engines.h"

#include <gtest/gtest.h>

namespace halftone {
namespace {

ModuleFacts module(std::int64_t rows, std::int64_t columns, WeightScheme weight,
                   std::optional<InputScheme> input = std::nullopt) {
  ModuleFacts m;
  m.rows = rows;
  m.columns = columns;
  m.scheme = Scheme{weight, input};
  return m;
}

std::string kernel_in(const std::string& engine, const ModuleFacts& m) {
  for (const auto& verdict : engines_for("compressed_tensors", m)) {
    if (verdict.engine == engine) return verdict.kernel;
  }
  return "";
}

WeightScheme grouped(int bits, std::int64_t group) { return {.bits = bits, .group = group}; }
const WeightScheme kRow8 = {.bits = 8, .granularity = Granularity::channel};

TEST(Engines, MarlinTakesFourAndEightBitsInItsTiles) {
  EXPECT_EQ(kernel_in("vllm", module(64, 128, grouped(4, 64))), "Marlin");
  EXPECT_EQ(kernel_in("sglang", module(1024, 4096, grouped(8, 128))), "Marlin");
  EXPECT_EQ(kernel_in("vllm", module(64, 128, kRow8)), "Marlin");
  EXPECT_EQ(kernel_in("vllm", module(96, 128, grouped(4, 64))), "");
  EXPECT_EQ(kernel_in("vllm", module(64, 192, grouped(4, 64))), "");
  EXPECT_EQ(kernel_in("vllm", module(64, 128, grouped(4, 16))), "");
  EXPECT_EQ(kernel_in("vllm", module(64, 128, grouped(3, 64))), "");
}

TEST(Engines, ScaledProductsTakeSymmetricRowsWithInputsByToken) {
  const InputScheme int8, fp8{.kind = NumberKind::floating};
  WeightScheme floats = kRow8, skewed = kRow8;
  floats.kind = NumberKind::floating;
  skewed.symmetric = false;
  EXPECT_EQ(kernel_in("vllm", module(16, 32, kRow8, int8)), "CUTLASS int8");
  EXPECT_EQ(kernel_in("vllm", module(16, 32, floats, fp8)), "CUTLASS fp8");
  EXPECT_EQ(kernel_in("vllm", module(16, 24, kRow8, int8)), "");
  EXPECT_EQ(kernel_in("vllm", module(16, 32, skewed, int8)), "");
  EXPECT_EQ(kernel_in("vllm", module(64, 128, grouped(8, 64), int8)), "");
}

TEST(Engines, TransformersDequantizesWhateverThereIs) {
  EXPECT_EQ(kernel_in("transformers", module(7, 6, grouped(3, 3))), "dequantized");
}

TEST(Engines, DenseRunsEverywhereAndAnUnknownFormatNowhere) {
  EXPECT_EQ(engines_for("dense", module(1, 1, kRow8)).size(), 3u);
  EXPECT_TRUE(engines_for("other", module(64, 128, grouped(4, 64))).empty());
}

}  // namespace
}  // namespace halftone
