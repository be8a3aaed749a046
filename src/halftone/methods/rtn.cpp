// Round to nearest: no data, one pass over the weights.
#include "halftone/plugin/method.h"
#include "halftone/quant/distortion.h"
#include "halftone/quant/quantized_tensor.h"

namespace halftone {
namespace {

enum class RangeRule { minmax, mse };

struct RtnOptions {
  RangeRule range = RangeRule::minmax;
  std::int64_t clip_steps = 50;
  double clip_low = 0.5;

  template <class V>
  void visit(V& v) {
    v.template choice<RangeRule>("range", range, {{"minmax", RangeRule::minmax}, {"mse", RangeRule::mse}},
                                 "grid from the extremes, or the clipped range with the least squared error");
    v.field("clip_steps", clip_steps, {1, 1000}, "clipped ranges tried when range is mse");
    v.field("clip_low", clip_low, {0.01, 1.0}, "smallest share of the full range tried");
  }

  ClipSearch clip() const {
    return {range == RangeRule::mse ? static_cast<int>(clip_steps) : 0, static_cast<float>(clip_low)};
  }
};

class Rtn final : public Method {
 public:
  explicit Rtn(RtnOptions options) : options_(options) {}

  Needs needs(const ModelGraph&, const Block& block, const SiteSchemes& sites) const override {
    Needs needs;
    for (const auto& [site, scheme] : sites) {
      const auto& shape = block.slots[static_cast<size_t>(site->weight)].shape;
      needs.solve_flops += 10.0 * static_cast<double>(shape[0] * shape[1]) * (1 + options_.clip().steps);
    }
    return needs;
  }

  void apply(BlockSession& session) const override {
    for (const auto& [site, scheme] : session.sites()) {
      session.set(*site, quantize_nearest(session.weight(*site), scheme.weight, options_.clip()));
    }
  }

  bool quantizes() const override { return true; }
  std::optional<std::string> refuse(const Scheme&) const override { return std::nullopt; }
  Json params() const override { return params_as_json(options_); }

 private:
  RtnOptions options_;
};

}  // namespace

MethodPlugin method_rtn() {
  return {"rtn", "round to nearest; needs no data",
          [](const Value& params, Faults& faults) -> std::unique_ptr<Method> {
            return std::make_unique<Rtn>(read_params<RtnOptions>(params, "methods.rtn", faults));
          },
          describe_params<RtnOptions>()};
}

}  // namespace halftone
