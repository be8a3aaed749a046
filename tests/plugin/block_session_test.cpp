#include "halftone/plugin/block_session.h"

#include "tests/expect_error.h"
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "halftone/base/seed.h"
#include "halftone/calib/statistics/gram.h"
#include "halftone/model/block_builder.h"

namespace halftone {
namespace {

// q and k read "in"; o reads "mid" in two copies; spare is not assigned.
class Session : public testing::Test {
 protected:
  Session() {
    BlockBuilder b(graph_, "language.0", Stage::language);
    const SpaceId in = b.space("in", 4), mid = b.space("mid", 2);
    b.linear({.name = "q", .module = {"q", {}}, .output = {mid}, .input = {in}});
    b.linear({.name = "o", .module = {"o", {}}, .output = {in}, .input = {mid, 2}});
    b.linear({.name = "k", .module = {"k", {}}, .output = {mid}, .input = {in}});
    b.linear({.name = "spare", .module = {"spare", {}}, .output = {in}, .input = {mid, 2}});
    b.finish();
    weights_.quantized.resize(block().slots.size());
    for (const auto& slot : block().slots) weights_.values.push_back(at::ones(slot.shape, at::kBFloat16));
  }
  const Block& block() const { return graph_.blocks.front(); }
  const Site& site(const std::string& name) const { return *block().find_site("language.0." + name); }
  BlockSession session(RecordSink sink = {}) {
    return {graph_,      block(), weights_, {{&site("q"), {}}, {&site("o"), {}}, {&site("k"), {}}},
            statistics_, 5,       sink};
  }
  static QuantizedTensor codes(std::int64_t rows, std::int64_t columns) {
    WeightScheme scheme;
    scheme.granularity = Granularity::channel;
    return {scheme, at::ones({rows, columns}, at::kChar), at::ones({rows, 1}), {}};
  }
  static std::unique_ptr<Statistic> gram(std::int64_t dim) {
    return std::make_unique<Gram>(dim, ModalityWeights{}, at::kCPU);
  }

  ModelGraph graph_;
  BlockWeights weights_;
  BlockStatistics statistics_;
};

TEST_F(Session, SitesThatReadOneAxisStandTogether) {
  const auto groups = session().sites_by_input();
  ASSERT_EQ(groups.size(), 2u);
  ASSERT_EQ(groups[0].size(), 2u);
  EXPECT_EQ(groups[0][0].first, &site("q"));
  EXPECT_EQ(groups[0][1].first, &site("k"));
  EXPECT_EQ(groups[1][0].first, &site("o"));
}

TEST_F(Session, WeightsAreGivenInTheirOwnType) {
  EXPECT_EQ(session().weight(site("q")).scalar_type(), at::kBFloat16);
  EXPECT_EQ(session().weight(site("q")).sizes(), at::IntArrayRef({2, 4}));
}

TEST_F(Session, WhatIsSetIsTheBlocksWeight) {
  BlockSession open = session();
  EXPECT_FALSE(open.is_set(site("q")));
  open.set(site("q"), codes(2, 4));
  EXPECT_TRUE(open.is_set(site("q")));
  EXPECT_FALSE(open.is_set(site("k")));
  EXPECT_TRUE(weights_.matrix(site("q").weight, at::kFloat).equal(at::ones({2, 4})));
}

TEST_F(Session, OnlyAssignedSitesOfTheRightShapeCanBeSet) {
  expect_error(ErrorKind::internal, {}, [&] { session().set(site("spare"), codes(4, 4)); });
  expect_error(ErrorKind::internal, {}, [&] { session().set(site("q"), codes(4, 2)); });
}

TEST_F(Session, StatisticsAreFoundByAxisAndKey) {
  statistics_.obtain(site("q").input, "gram", [] { return gram(4); });
  EXPECT_EQ(session().statistic<Gram>(site("k"), "gram").lower().size(0), 4);  // the same axis
  expect_error(ErrorKind::internal, {"\"gram text=2\"", "not asked for"},
               [&] { session().statistic<Gram>(site("q"), "gram text=2"); });
  expect_error(ErrorKind::internal, {"not asked for"}, [&] { session().statistic<Gram>(site("o"), "gram"); });
}

TEST_F(Session, OneStatisticForAnAxisAndAKey) {
  EXPECT_TRUE(statistics_.empty());
  Statistic& first = statistics_.obtain(site("q").input, "gram", [] { return gram(4); });
  Statistic& again = statistics_.obtain(site("k").input, "gram", []() -> std::unique_ptr<Statistic> {
    ADD_FAILURE() << "made a second time";
    return gram(4);
  });
  EXPECT_EQ(&first, &again);
  statistics_.obtain(site("q").input, "other", [] { return gram(4); });
  EXPECT_EQ(statistics_.size(), 2u);
  EXPECT_EQ(statistics_.on(site("k").input).size(), 2u);
  EXPECT_TRUE(statistics_.watches(site("q").input));
  EXPECT_FALSE(statistics_.watches(site("o").input));
  // One copy of a space is another axis than two.
  EXPECT_FALSE(statistics_.watches({site("q").input.space, 2}));
}

TEST_F(Session, SeedsDependOnRunPurposeAndSite) {
  EXPECT_EQ(session().seed("shuffle", site("q")), seed_for(5, "shuffle", "language.0.q"));
  EXPECT_NE(session().seed("shuffle", site("q")), session().seed("shuffle", site("k")));
}

TEST_F(Session, RecordsNameTheirSite) {
  std::vector<Record> records;
  session([&](const Record& record) { records.push_back(record); }).record(site("o"), {{"loss", 0.5}});
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].kind, "site");
  EXPECT_EQ(records[0].fields.dump(), R"({"site":"language.0.o","loss":0.5})");
  EXPECT_NO_THROW(session().record(site("o"), {{"loss", 0.5}}));  // nobody listens
}

}  // namespace
}  // namespace halftone
