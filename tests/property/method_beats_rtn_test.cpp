// No method may lose to rounding to nearest on what it minimizes: tr(E H E^T) on the inputs that it saw.
#include "tests/property/method_fixture.h"

#include "halftone/quant/distortion.h"

namespace halftone::test {
namespace {

double loss(const MethodFixture& fixture, std::size_t site, const QuantizedTensor& q) {
  const Tensor& x = fixture.inputs.at(fixture.site(site).input.space);
  return gram_error(dequantize(q) - fixture.weight(site).to(at::kFloat), at::mm(x.t(), x));
}

class MethodBeatsRtn : public testing::TestWithParam<MethodCase> {};

TEST_P(MethodBeatsRtn, OnEverySiteAndScheme) {
  const auto method = build(GetParam());
  const bool nearest = GetParam().name == "rtn" && GetParam().defaults();
  for (const Scheme& scheme :
       {weight_scheme(4, Granularity::group), weight_scheme(4, Granularity::group, false),
        weight_scheme(3, Granularity::channel), weight_scheme(3, Granularity::group, false)}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const MethodFixture fixture(seed);
      const BlockWeights after = fixture.run(*method, fixture.assign({0, 1, 2}, scheme));
      for (const std::size_t site : {0, 1, 2}) {
        const double ours = loss(fixture, site, fixture.result(after, site));
        const double rtn = loss(fixture, site, quantize_nearest(fixture.weight(site), scheme.weight, {}));
        EXPECT_LE(ours, rtn) << scheme_text(scheme) << " seed " << seed << " site " << site;
        EXPECT_TRUE(!nearest || ours == rtn);
      }
    }
  }
}

// A data-driven method must do clearly better where inputs are correlated: else it ignores its data.
TEST_P(MethodBeatsRtn, WithDataByAMargin) {
  const auto method = build(GetParam());
  const MethodFixture fixture(9);
  const SiteSchemes sites = fixture.assign({0, 1, 2}, weight_scheme(3, Granularity::channel));
  if (method->needs(fixture.graph, fixture.block(), sites).statistics.empty()) return;
  const BlockWeights after = fixture.run(*method, sites);
  for (const std::size_t site : {0, 1, 2}) {
    EXPECT_LE(loss(fixture, site, fixture.result(after, site)),
              0.7 * loss(fixture, site, quantize_nearest(fixture.weight(site), sites[0].second.weight, {})));
  }
}

// Clip searches minimize the error of the weight, which may cost more on the inputs: not among these cases.
std::vector<MethodCase> judged() {
  std::vector<MethodCase> cases = method_cases();
  std::erase_if(cases, [](const MethodCase& c) { return c.name == "rtn" && !c.defaults(); });
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, MethodBeatsRtn, testing::ValuesIn(judged()), MethodCaseName());

}  // namespace
}  // namespace halftone::test
