// A method sees the statistics that it asked for, sets the sites that it was given, and touches nothing else.
#include "tests/property/method_fixture.h"

#include "halftone/base/error.h"

namespace halftone::test {
namespace {

class MethodTouchesOnlyDeclared : public testing::TestWithParam<MethodCase> {
 protected:
  MethodFixture fixture_{4};
  std::unique_ptr<Method> method_ = build(GetParam());
  SiteSchemes sites_ = fixture_.assign({0, 2}, weight_scheme(4, Granularity::group));
};

TEST_P(MethodTouchesOnlyDeclared, SetsExactlyTheAssignedSites) {
  const BlockWeights after = fixture_.run(*method_, sites_);
  for (std::size_t slot = 0; slot < after.quantized.size(); ++slot) {
    const bool assigned = slot == static_cast<std::size_t>(fixture_.site(0).weight) ||
                          slot == static_cast<std::size_t>(fixture_.site(2).weight);
    EXPECT_EQ(after.quantized[slot].has_value(), assigned && method_->quantizes())
        << fixture_.block().slots[slot].name;
  }
}

TEST_P(MethodTouchesOnlyDeclared, ResultsHaveTheSchemeAndTheShape) {
  for (const Scheme& scheme :
       {weight_scheme(3, Granularity::channel), weight_scheme(4, Granularity::group, false),
        weight_scheme(8, Granularity::tensor)}) {
    const BlockWeights after = fixture_.run(*method_, fixture_.assign({0, 2}, scheme));
    for (const std::size_t site : {0, 2}) {
      const QuantizedTensor& q = fixture_.result(after, site);
      const std::int64_t groups = q.columns() / scheme.weight.columns_per_scale(q.columns());
      EXPECT_EQ(q.scheme, scheme.weight);
      EXPECT_EQ(q.codes.sizes(), fixture_.weight(site).sizes());
      EXPECT_EQ(q.scale.sizes(), at::IntArrayRef({q.rows(), groups}));
      EXPECT_EQ(q.zero.defined(), !scheme.weight.symmetric);
      EXPECT_GE(q.codes.min().item<int>(), scheme.weight.code_min());
      EXPECT_LE(q.codes.max().item<int>(), scheme.weight.code_max());
      EXPECT_TRUE(q.scale.gt(0).all().item<bool>());
      EXPECT_TRUE(q.scale.to(at::kBFloat16).to(at::kFloat).equal(q.scale));  // representable as stored
    }
  }
}

TEST_P(MethodTouchesOnlyDeclared, OtherWeightsKeepTheirBytes) {
  const BlockWeights after = fixture_.run(*method_, sites_);
  for (std::size_t slot = 0; slot < after.values.size(); ++slot) {
    const bool replaced = after.quantized[slot] && !after.values[slot].defined();
    EXPECT_TRUE(replaced || same_bytes(after.values[slot], fixture_.weights.values[slot]))
        << fixture_.block().slots[slot].name;
  }
}

// Requests are for assigned sites only, and of a size that the plan can count.
TEST_P(MethodTouchesOnlyDeclared, AsksForAssignedSitesOnly) {
  for (const auto& request : method_->needs(fixture_.graph, fixture_.block(), sites_).statistics) {
    EXPECT_TRUE(request.site == &fixture_.site(0) || request.site == &fixture_.site(2));
    EXPECT_FALSE(request.key.empty());
    EXPECT_GT(request.bytes, 0);
  }
}

// What it did not ask for can be neither seen nor spent: other numbers on the same axes change nothing.
TEST_P(MethodTouchesOnlyDeclared, StatisticsOfOthersDoNotMatter) {
  BlockStatistics crowded;
  std::vector<Statistic*> decoys;
  for (const auto& request : method_->needs(fixture_.graph, fixture_.block(), sites_).statistics) {
    Statistic& decoy = crowded.obtain(request.site->input, "decoy", [&] { return request.make(at::kCPU); });
    const std::int64_t dim = fixture_.inputs.at(request.site->input.space).size(1);
    decoy.add({at::ones({3, dim}), at::zeros({3}, at::kByte)});
  }
  fixture_.observe(*method_, sites_, crowded);
  const BlockWeights after = fixture_.run(*method_, sites_, crowded), alone = fixture_.run(*method_, sites_);
  for (const std::size_t site : {0, 2})
    EXPECT_TRUE(same_bytes(fixture_.result(after, site), fixture_.result(alone, site)));
}

TEST_P(MethodTouchesOnlyDeclared, WithoutWhatItNeedsItStops) {
  if (method_->needs(fixture_.graph, fixture_.block(), sites_).statistics.empty()) return;
  BlockStatistics none;
  EXPECT_THROW(fixture_.run(*method_, sites_, none), Error);
}

// Its parameters in force read back as they are: a resolved recipe repeats the run.
TEST_P(MethodTouchesOnlyDeclared, ParametersReadBack) {
  const auto again = build({GetParam().name, write_yaml(method_->params())});
  EXPECT_EQ(again->params(), method_->params());
}

INSTANTIATE_TEST_SUITE_P(All, MethodTouchesOnlyDeclared, testing::ValuesIn(method_cases()), MethodCaseName());

}  // namespace
}  // namespace halftone::test
