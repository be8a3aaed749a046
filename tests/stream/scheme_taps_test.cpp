#include "halftone/stream/scheme_taps.h"

#include "tests/support/small_model.h"
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

TEST(SchemeTaps, QuantizeInputsOfTheSitesThatSaySo) {
  const SmallModel model;
  const std::string recipe =
      "version: 1\n"
      "schemes: {w8a8: {weight: {bits: 8, per: channel}, input: {bits: 8}}}\n"
      "assign: [{site: \"language.*.down\", scheme: w8a8}]\n"
      "methods: [rtn]\n";
  model.run(recipe, {}, into("/out"));
  const Checkpoint out = model.open("/out");
  const Block& layer = *out.spec.graph.find_block("language.0");
  const OpsTaps taps = scheme_taps(out, layer);
  ASSERT_TRUE(taps.quantize);
  const Tensor x = at::full({1, 512}, 1.0).index_put_({0, 0}, 0.3);
  EXPECT_TRUE(at::equal(taps.quantize(*layer.find_site("language.0.q"), x), x));
  const Tensor y = taps.quantize(*layer.find_site("language.0.down"), x);
  EXPECT_FALSE(at::equal(y, x));
  EXPECT_LE((y - x).abs().max().item<double>(), 1.0 / 255 + 1e-6);  // half a step of 1 / 127.5
  EXPECT_FALSE(scheme_taps(model.checkpoint, layer).quantize);
}

TEST(SchemeTaps, OfNoInputsDoNothing) { EXPECT_FALSE(quantizing_taps({}).quantize); }

}  // namespace
}  // namespace halftone::test
