#include "halftone/stream/walker.h"

#include "tests/expect_error.h"
#include "tests/support/small_model.h"
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

class Walker : public testing::Test {
 protected:
  SampleStream stream(std::int64_t tokens) const {
    std::vector<std::size_t> which(samples_.size());
    for (std::size_t i = 0; i < which.size(); ++i) which[i] = i;
    const auto& spec = model_.checkpoint.spec;
    return make_stream(spec.graph, spec.images, *model_.files, samples_, which, tokens, at::kCPU);
  }
  const Block& block(const std::string& name) const { return *model_.checkpoint.spec.graph.find_block(name); }
  void walk(const std::string& name, const SampleStream& s, const ActivationStore& in, ActivationStore* out,
            const std::function<OpsTaps(std::size_t)>& taps = {},
            const std::function<void()>& check = {}) const {
    const Block& b = block(name);
    walk_block(model_.checkpoint.spec.graph, b, load_block(b, model_.checkpoint.source(), at::kCPU), s, in, out,
               at::kFloat, taps, check);
  }

  SmallModel model_;
  std::vector<Sample> samples_ = text_samples(4, 10);
};

TEST_F(Walker, TextAloneLeavesTheVisionTowerAtRest) {
  const SampleStream s = stream(1000);
  ASSERT_EQ(s.batches.size(), 1u);
  EXPECT_FALSE(s.has_vision());
  EXPECT_FALSE(block_runs(block("vision.0"), *s.batches[0]));
  EXPECT_FALSE(block_runs(block("bridge"), *s.batches[0]));
  EXPECT_TRUE(block_runs(block("language.0"), *s.batches[0]));
  ActivationStore store(1);
  walk("vision.0", s, store, &store);
  EXPECT_FALSE(store.get(0).defined());
}

TEST_F(Walker, PackedSamplesDoNotSeeEachOther) {
  const SampleStream packed = stream(1000), single = stream(1);
  ASSERT_EQ(single.batches.size(), 4u);
  ActivationStore together(1), apart(4);
  for (const std::string name : {"embed", "language.0"}) {
    walk(name, packed, together, &together);
    walk(name, single, apart, &apart);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const Tensor a = together.get(0).narrow(0, static_cast<std::int64_t>(i) * 10, 10), b = apart.get(i);
    EXPECT_LE((a - b).abs().max().item<double>(), 1e-5 * b.abs().max().item<double>()) << i;
  }
}

TEST_F(Walker, ResultsGoWhereTheyAreSent) {
  const SampleStream s = stream(1000);
  ActivationStore in(1), out(1);
  walk("embed", s, in, &in);
  const Tensor before = in.get(0).clone();
  walk("language.0", s, in, nullptr);
  EXPECT_TRUE(at::equal(in.get(0), before));
  walk("language.0", s, in, &out);
  EXPECT_TRUE(at::equal(in.get(0), before));
  EXPECT_FALSE(at::equal(out.get(0), before));
}

TEST_F(Walker, TapsAreAskedForEachBatchAndSeeEverySite) {
  const SampleStream s = stream(20);
  ASSERT_EQ(s.batches.size(), 2u);
  ActivationStore store(2);
  walk("embed", s, store, &store);
  std::vector<std::string> seen;
  const auto taps = [&](std::size_t batch) {
    OpsTaps t;
    t.input = [&seen, batch](const Site& site, const Tensor& x) {
      if (site.name == "language.0.down")
        seen.push_back(std::to_string(batch) + ":" + std::to_string(x.size(0)));
    };
    return t;
  };
  walk("language.0", s, store, &store, taps);
  EXPECT_EQ(seen, (std::vector<std::string>{"0:20", "1:20"}));
}

TEST_F(Walker, CheckIsAskedBeforeEachBatchAndStops) {
  const SampleStream s = stream(1);
  ActivationStore store(4);
  int asked = 0;
  const auto check = [&] { require(++asked < 3, ErrorKind::interrupted, "stop"); };
  expect_error(ErrorKind::interrupted, {"stop"}, [&] { walk("embed", s, store, &store, {}, check); });
  EXPECT_TRUE(store.get(1).defined());
  EXPECT_FALSE(store.get(2).defined());
}

}  // namespace
}  // namespace halftone::test
