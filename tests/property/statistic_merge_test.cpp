// Statistics are additive: observing in parts and merging is observing at once. Every kind that a method asks
// for must have its row in the table.
#include "tests/property/method_fixture.h"
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>

#include "halftone/calib/statistics/gram.h"
#include "halftone/model/flow.h"

namespace halftone::test {
namespace {

struct StatisticKind {
  std::string name;
  std::unique_ptr<Statistic> (*make)(std::int64_t dim, ModalityWeights weights);
  // What it knows, as one tensor; nothing if `statistic` is of another kind.
  std::optional<Tensor> (*value)(const Statistic& statistic);
};
void PrintTo(const StatisticKind& kind, std::ostream* out) { *out << kind.name; }

const std::vector<StatisticKind>& kinds() {
  static const std::vector<StatisticKind> list = {
      {"gram",
       [](std::int64_t dim, ModalityWeights weights) -> std::unique_ptr<Statistic> {
         return std::make_unique<Gram>(dim, weights, at::kCPU);
       },
       [](const Statistic& statistic) -> std::optional<Tensor> {
         const auto* gram = dynamic_cast<const Gram*>(&statistic);
         return gram ? std::optional(gram->lower().tril().to(at::kDouble)) : std::nullopt;
       }},
  };
  return list;
}

Observation rows(std::int64_t count, std::uint8_t modality, std::int64_t dim = 24) {
  return {at::randn({count, dim}), at::full({count}, modality, at::kByte)};
}

Observation joined(const Observation& a, const Observation& b) {
  return {at::cat({a.x, b.x}), at::cat({a.modality, b.modality})};
}

class StatisticMerge : public testing::TestWithParam<StatisticKind> {
 protected:
  std::unique_ptr<Statistic> of(const std::vector<Observation>& observations,
                                ModalityWeights weights = {}) const {
    auto statistic = GetParam().make(24, weights);
    for (const auto& observation : observations) statistic->add(observation);
    return statistic;
  }
  void expect_same(const Statistic& a, const Statistic& b) const {
    const Tensor x = *GetParam().value(a), y = *GetParam().value(b);
    EXPECT_LE((x - y).abs().max().item<double>(), 1e-5 * y.abs().max().item<double>());
  }
  void SetUp() override { at::manual_seed(5); }
};

TEST_P(StatisticMerge, EqualsConcatenation) {
  for (const ModalityWeights weights : {ModalityWeights{}, ModalityWeights{2, 0.25}, ModalityWeights{1, 0}}) {
    const Observation a = rows(30, kText), b = rows(7, kVision), c = rows(1, kText);
    const auto whole = of({joined(joined(a, b), c)}, weights);
    expect_same(*of({a, b, c}, weights), *whole);
    const auto left = of({a}, weights), right = of({b, c}, weights);
    left->merge(*right);
    expect_same(*left, *whole);
    right->merge(*of({a}, weights));  // the other way round
    expect_same(*right, *whole);
  }
}

TEST_P(StatisticMerge, AnEmptyOneChangesNothing) {
  const Observation a = rows(9, kText);
  const auto full = of({a}), empty = of({});
  full->merge(*empty);
  EXPECT_TRUE(GetParam().value(*full)->equal(*GetParam().value(*of({a}))));
  empty->merge(*full);
  expect_same(*empty, *full);
}

TEST_P(StatisticMerge, LeavesTheOtherAlone) {
  const auto a = of({rows(9, kText)}), b = of({rows(4, kVision)});
  const Tensor before = GetParam().value(*b)->clone();
  a->merge(*b);
  EXPECT_TRUE(GetParam().value(*b)->equal(before));
}

TEST_P(StatisticMerge, OnlyAWeightOfZeroRemovesAModality) {
  const Observation text = rows(20, kText), vision = rows(20, kVision);
  expect_same(*of({text, vision}, {1, 0}), *of({text}));
  expect_same(*of({text, vision}, {0, 1}), *of({vision}));
  const Tensor both = *GetParam().value(*of({text, vision}, {1, 1e-3}));
  EXPECT_FALSE(both.equal(*GetParam().value(*of({text}))));
}

TEST(Statistics, OfEveryMethodAreInTheTable) {
  const MethodFixture fixture(1);
  const SiteSchemes sites = fixture.assign({0, 2}, weight_scheme(4, Granularity::group));
  for (const auto& method : method_cases()) {
    for (const auto& request : build(method)->needs(fixture.graph, fixture.block(), sites).statistics) {
      const auto made = request.make(at::kCPU);
      EXPECT_TRUE(std::any_of(kinds().begin(), kinds().end(),
                              [&](const auto& kind) { return kind.value(*made).has_value(); }))
          << method.name << " asks for \"" << request.key << "\": add its kind to the table";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, StatisticMerge, testing::ValuesIn(kinds()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace halftone::test
