// GPTQ: column by column, the error of each column fed into those not yet rounded (quant/gptq_solver.h).
#include <ATen/ops/argsort.h>

#include "halftone/calib/statistics/gram.h"
#include "halftone/plugin/method.h"
#include "halftone/quant/gptq_solver.h"
#include "halftone/tensor/linalg.h"

namespace halftone {
namespace {

enum class Order { none, weight };
enum class RangeRule { minmax, mse };
enum class Grids { fixed, moving };

struct GptqOptions {
  double damp = 0.001;
  std::int64_t attempts = 6;
  Order order = Order::weight;
  Grids grids = Grids::moving;
  RangeRule range = RangeRule::minmax;
  std::int64_t clip_steps = 50;
  double clip_low = 0.5;
  std::map<std::string, double> modality_weights = {{"text", 1.0}, {"vision", 1.0}};

  template <class V>
  void visit(V& v) {
    v.field("damp", damp, {0.0, 10.0},
            "share of the mean diagonal added to the Hessian; grows until it factors");
    v.field("attempts", attempts, {1, 20}, "dampings tried, each ten times the one before");
    v.template choice<Order>("order", order, {{"none", Order::none}, {"weight", Order::weight}},
                             "columns from left to right, or by falling Hessian diagonal on fixed grids");
    v.template choice<Grids>("grids", grids, {{"fixed", Grids::fixed}, {"moving", Grids::moving}},
                             "grids of the original weight, or of each group as it is when it is reached");
    v.template choice<RangeRule>("range", range, {{"minmax", RangeRule::minmax}, {"mse", RangeRule::mse}},
                                 "grid from the extremes, or the clipped range with the least squared error");
    v.field("clip_steps", clip_steps, {1, 1000}, "clipped ranges tried when range is mse");
    v.field("clip_low", clip_low, {0.01, 1.0}, "smallest share of the full range tried");
    v.field("modality_weights", modality_weights, {0.0, 1e6},
            "how much a text and a vision token count in the Hessian");
  }

  ClipSearch clip() const {
    return {range == RangeRule::mse ? static_cast<int>(clip_steps) : 0, static_cast<float>(clip_low)};
  }
  ModalityWeights weights() const {
    const auto of = [&](const char* name) {
      const auto found = modality_weights.find(name);
      return found == modality_weights.end() ? 1.0 : found->second;
    };
    return {of("text"), of("vision")};
  }
};

void check_modalities(const Value& params, Faults& faults) {
  const Value* weights = params.find("modality_weights");
  if (!weights) return;
  for (size_t i = 0; i < weights->fields.size(); ++i) {
    const std::string& name = weights->fields[i].first;
    if (name != "text" && name != "vision") {
      faults.add(weights->field_places[i],
                 fmt::format("methods.gptq.modality_weights.{} is unknown; known: text, vision", name));
    }
  }
}

void check_some_weight(const GptqOptions& options, const Value& params, Faults& faults) {
  if (options.weights().text > 0 || options.weights().vision > 0) return;
  faults.add(params.place,
             "methods.gptq.modality_weights: text and vision are both 0, nothing would be learned");
}

class Gptq final : public Method {
 public:
  explicit Gptq(GptqOptions options)
      : options_(std::move(options)),
        key_(fmt::format("gram text={} vision={}", options_.weights().text, options_.weights().vision)) {}

  Needs needs(const ModelGraph&, const Block& block, const SiteSchemes& sites) const override {
    Needs needs;
    for (const auto& [site, scheme] : sites) {
      const auto& shape = block.slots[static_cast<size_t>(site->weight)].shape;
      const double rows = static_cast<double>(shape[0]), dim = static_cast<double>(shape[1]);
      const std::int64_t columns = shape[1];
      needs.statistics.push_back({site, key_, columns * columns * 4, dim * dim,
                                  [columns, weights = options_.weights()](at::Device device) {
                                    return std::make_unique<Gram>(columns, weights, device);
                                  }});
      needs.solve_flops += rows * dim * dim + dim * dim * dim / 3;
      needs.solve_bytes = std::max(needs.solve_bytes, shape[0] * shape[1] * 5);
    }
    return needs;
  }

  void apply(BlockSession& session) const override {
    for (const auto& group : session.sites_by_input()) solve_group(session, group);
  }

  bool quantizes() const override { return true; }

  std::optional<std::string> refuse(const Scheme& scheme) const override {
    if (scheme.weight.kind == NumberKind::floating)
      return "gptq chooses integer codes; use rtn for float weights";
    return std::nullopt;
  }

  Json params() const override { return params_as_json(options_); }

 private:
  // Sites that read one axis share the Hessian and its factor.
  void solve_group(BlockSession& session, const SiteSchemes& group) const {
    Gram& gram = session.statistic<Gram>(*group.front().first, key_);
    require(gram.rows() > 0, ErrorKind::input, "no calibration token reached {}", group.front().first->name);
    const std::int64_t rows = gram.rows();
    Tensor h = gram.take();
    const std::int64_t dead = h.diagonal().eq(0).sum().item<std::int64_t>();
    Tensor order;
    if (options_.order == Order::weight) {
      order = at::argsort(h.diagonal(), /*stable=*/true, 0, /*descending=*/true);
      permute_symmetric_(h, order);
    }
    const DampedFactor factor = damped_reversed_cholesky_(h, {options_.damp, 10.0, options_.attempts});
    for (const auto& [site, scheme] : group) {
      SolverResult result = solve_site(session.weight(*site), h, scheme.weight, order);
      session.record(*site, {{"gptq_loss", result.loss / static_cast<double>(rows)},
                             {"damp", factor.damp},
                             {"dead_inputs", dead}});
      session.set(*site, std::move(result.quantized));
    }
  }

  SolverResult solve_site(const Tensor& weight, const Tensor& factor, const WeightScheme& scheme,
                          const Tensor& order) const {
    SolverOptions solver{.static_grids = true, .clip = options_.clip(), .order = order};
    const bool grouped = scheme.granularity == Granularity::group;
    // Grids that move need their whole group inside one block of columns.
    if (options_.grids == Grids::moving && grouped && scheme.group <= 1024 && !order.defined()) {
      solver.static_grids = false;
      solver.block = (solver.block + scheme.group - 1) / scheme.group * scheme.group;
    }
    const Tensor w = weight.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true).contiguous();
    const GridTable grids = solver.static_grids ? choose_grids(w, scheme, options_.clip()) : GridTable{};
    return solve_ldlq(w, factor, scheme, grids, solver);
  }

  GptqOptions options_;
  std::string key_;
};

}  // namespace

MethodPlugin method_gptq() {
  return {"gptq", "GPTQ: errors fed forward along the Hessian of the inputs; needs calibration data",
          [](const Value& params, Faults& faults) -> std::unique_ptr<Method> {
            check_modalities(params, faults);
            GptqOptions options = read_params<GptqOptions>(params, "methods.gptq", faults);
            check_some_weight(options, params, faults);
            return std::make_unique<Gptq>(std::move(options));
          },
          describe_params<GptqOptions>()};
}

}  // namespace halftone
