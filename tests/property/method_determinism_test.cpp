// The same input gives the same bytes, whatever the order of sites and whatever ran before.
#include "tests/property/method_fixture.h"
#include <ATen/Parallel.h>

namespace halftone::test {
namespace {

class MethodDeterminism : public testing::TestWithParam<MethodCase> {
 protected:
  void expect_same(const BlockWeights& a, const BlockWeights& b) const {
    for (const std::size_t site : {0, 1, 2})
      EXPECT_TRUE(same_bytes(fixture_.result(a, site), fixture_.result(b, site))) << fixture_.site(site).name;
  }
  MethodFixture fixture_{3};
  Scheme scheme_ = weight_scheme(4, Granularity::group, false);
};

TEST_P(MethodDeterminism, TwiceTheSame) {
  const auto method = build(GetParam()), again = build(GetParam());
  const SiteSchemes sites = fixture_.assign({0, 1, 2}, scheme_);
  const BlockWeights first = fixture_.run(*method, sites);
  at::manual_seed(99);  // the global generator must not matter
  expect_same(first, fixture_.run(*method, sites));
  expect_same(first, fixture_.run(*again, sites));
}

TEST_P(MethodDeterminism, TheOrderOfSitesDoesNotMatter) {
  const auto method = build(GetParam());
  const BlockWeights first = fixture_.run(*method, fixture_.assign({0, 1, 2}, scheme_));
  expect_same(first, fixture_.run(*method, fixture_.assign({2, 1, 0}, scheme_)));
  expect_same(first, fixture_.run(*method, fixture_.assign({1, 2, 0}, scheme_)));
}

TEST_P(MethodDeterminism, OtherSitesDoNotMatter) {
  const auto method = build(GetParam());
  const BlockWeights all = fixture_.run(*method, fixture_.assign({0, 1, 2, 3}, scheme_));
  for (const std::size_t site : {0, 1, 2}) {
    const BlockWeights alone = fixture_.run(*method, fixture_.assign({site}, scheme_));
    EXPECT_TRUE(same_bytes(fixture_.result(all, site), fixture_.result(alone, site)));
  }
}

TEST_P(MethodDeterminism, TheNumberOfThreadsDoesNotMatter) {
  const auto method = build(GetParam());
  const SiteSchemes sites = fixture_.assign({0, 1, 2}, scheme_);
  BlockStatistics once, twice;
  fixture_.observe(*method, sites, once);
  fixture_.observe(*method, sites, twice);
  const int threads = at::get_num_threads();
  const BlockWeights first = fixture_.run(*method, sites, once);
  at::set_num_threads(2);
  const BlockWeights second = fixture_.run(*method, sites, twice);
  at::set_num_threads(threads);
  expect_same(first, second);
}

INSTANTIATE_TEST_SUITE_P(All, MethodDeterminism, testing::ValuesIn(method_cases()), MethodCaseName());

}  // namespace
}  // namespace halftone::test
