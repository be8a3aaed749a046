// The net under all later work: for every space, a random change of basis that the space claims to admit must
// leave the logits alone. A wrong label, a forgotten projector or a missed bias fails here, with the space's
// name.
#include "tests/support/model_fixture.h"
#include <ATen/Context.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include "halftone/model/basis_change.h"

namespace halftone::test {
namespace {

constexpr double kTolerance =
    2e-3;  // of the largest logit; float32 through a whole model. A wrong label gives O(1).

Tensor random_orthogonal(std::int64_t n) {
  return std::get<0>(at::linalg_qr(at::randn({n, n}, at::kDouble))).to(at::kFloat);
}

// Orthogonal with Q 1 = 1: any rotation in a basis whose first vector is the ones vector.
Tensor random_orthogonal_ones(std::int64_t n) {
  Tensor basis = at::randn({n, n}, at::kDouble);
  basis.select(1, 0).fill_(1);
  basis = std::get<0>(at::linalg_qr(basis));
  Tensor inner = at::eye(n, at::kDouble);
  inner.narrow(0, 1, n - 1)
      .narrow(1, 1, n - 1)
      .copy_(std::get<0>(at::linalg_qr(at::randn({n - 1, n - 1}, at::kDouble))));
  return basis.matmul(inner).matmul(basis.t()).to(at::kFloat);
}

Tensor random_scales(std::int64_t n) { return at::rand({n}) * 3.5 + 0.5; }

class FamilySpaceInvariance : public testing::TestWithParam<FamilyCase> {
 protected:
  FamilySpaceInvariance() {
    at::manual_seed(7);
    for (const auto& golden : golden_cases(GetParam())) {
      samples_.push_back(model_.encode(golden.record));
      if (samples_.size() == 2) break;
    }
    for (const auto& sample : samples_) reference_.push_back(run_whole(model_, weights_, sample));
  }

  const ModelGraph& graph() const { return model_.graph(); }

  void expect_same_logits(const std::vector<BlockWeights>& weights, const std::string& what) {
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      EXPECT_LE(relative_difference(reference_[i], run_whole(model_, weights, samples_[i])), kTolerance)
          << what;
    }
  }

  void apply_all(const BasisChange& change, std::vector<BlockWeights>& weights) {
    for (std::size_t i = 0; i < weights.size(); ++i) apply(change, graph(), graph().blocks[i], weights[i]);
  }

  void rotate_stream(SpaceId space, const Tensor& q, std::vector<BlockWeights>& weights) {
    for (const auto& change : stream_rotation(graph(), space, q)) apply_all(change, weights);
  }

  void fold_all(SpaceId space, std::vector<BlockWeights>& weights) {
    for (std::size_t i = 0; i < weights.size(); ++i) fold_links(graph(), graph().blocks[i], weights[i], space);
  }

  template <class Claim, class Body>
  int for_spaces(const Claim& claim, const Body& body) {
    int count = 0;
    for (std::size_t i = 0; i < graph().spaces.size(); ++i) {
      const Space& space = graph().spaces[i];
      if (!claim(space.admits)) continue;
      ++count;
      std::vector<BlockWeights> changed = weights_;
      body(static_cast<SpaceId>(i), space, changed);
      expect_same_logits(changed, space.name);
    }
    return count;
  }

  ModelFixture model_{GetParam().model};
  std::vector<BlockWeights> weights_ = load_all(model_.checkpoint);
  std::vector<Sample> samples_;
  std::vector<Tensor> reference_;
};

TEST_P(FamilySpaceInvariance, Diagonal) {
  const int count = for_spaces([](const Admits& a) { return a.diagonal; },
                               [&](SpaceId id, const Space& space, auto& weights) {
                                 apply_all({id, random_scales(space.dim), {}}, weights);
                               });
  EXPECT_GT(count, 0);
}

TEST_P(FamilySpaceInvariance, HeadOrthogonal) {
  for_spaces([](const Admits& a) { return a.head_orthogonal; },
             [&](SpaceId id, const Space& space, auto& weights) {
               std::vector<Tensor> blocks;
               for (std::int64_t h = 0; h < space.dim / space.head_dim; ++h)
                 blocks.push_back(random_orthogonal(space.head_dim));
               apply_all({id, {}, at::stack(blocks)}, weights);
             });
}

TEST_P(FamilySpaceInvariance, OrthogonalAfterFolding) {
  const int count = for_spaces([](const Admits& a) { return a.orthogonal; },
                               [&](SpaceId id, const Space& space, auto& weights) {
                                 fold_all(id, weights);
                                 rotate_stream(id, random_orthogonal(space.dim), weights);
                               });
  EXPECT_GT(count, 0);
}

TEST_P(FamilySpaceInvariance, OrthogonalFixingOnesAfterFolding) {
  for_spaces([](const Admits& a) { return a.orthogonal_ones; },
             [&](SpaceId id, const Space& space, auto& weights) {
               fold_all(id, weights);
               rotate_stream(id, random_orthogonal_ones(space.dim), weights);
             });
}

TEST_P(FamilySpaceInvariance, Centring) {
  for_spaces([](const Admits& a) { return a.centring; },
             [&](SpaceId id, const Space&, auto& weights) {
               for (std::size_t i = 0; i < weights.size(); ++i)
                 centre_producers(graph().blocks[i], weights[i], id);
             });
}

// The suite can fail: a change that a space does not admit must show.
TEST_P(FamilySpaceInvariance, AChangeThatIsNotAdmittedShows) {
  std::vector<BlockWeights> changed = weights_;
  const auto hidden = std::find_if(graph().spaces.begin(), graph().spaces.end(),
                                   [](const Space& s) { return s.name == "language.hidden"; });
  ASSERT_NE(hidden, graph().spaces.end());
  const auto id = static_cast<SpaceId>(hidden - graph().spaces.begin());
  // Without folding, a rotation does not commute with the norms' gains: the embedding alone is turned.
  for (std::size_t i = 0; i < changed.size(); ++i) {
    if (graph().blocks[i].name == "embed")
      apply({id, {}, random_orthogonal(hidden->dim).unsqueeze(0)}, graph(), graph().blocks[i], changed[i]);
  }
  EXPECT_GT(relative_difference(reference_[0], run_whole(model_, changed, samples_[0])), 0.05);
}

INSTANTIATE_TEST_SUITE_P(All, FamilySpaceInvariance, testing::ValuesIn(family_cases()), FamilyCaseName());

}  // namespace
}  // namespace halftone::test
