#include "halftone/eval/runner.h"

#include <cmath>

#include "tests/expect_error.h"
#include "tests/support/model_fixture.h"
#include <ATen/ops/log_softmax.h>
#include <gtest/gtest.h>

namespace halftone::test {
namespace {

const std::string kExample = std::string(HALFTONE_EXAMPLES) + "/mini-qwen2vl";
const std::string kPictures = std::string(HALFTONE_GOLDENS) + "/images";

Prompt question(const std::string& text, const std::vector<std::string>& pictures = {}) {
  Prompt prompt;
  prompt.id = prompt.origin = text;
  ChatTurn turn{"user", {}};
  for (const auto& name : pictures) {
    turn.content.push_back({"", static_cast<int>(prompt.pictures.size())});
    prompt.pictures.push_back({kPictures + "/" + name, {}});
  }
  turn.content.push_back({text});
  prompt.turns = {turn};
  prompt.max_new_tokens = 4;
  return prompt;
}

class RunnerTest : public testing::Test {
 protected:
  ModelFixture model_{kExample};
  ModelRunner runner_{posix_files(), model_.checkpoint, {}};
};

TEST_F(RunnerTest, ABadRowSpeaksForItselfAndTheOthersAreAnswered) {
  Prompt broken = question("broken", {"scene-112.png"});
  std::vector<std::byte> bytes = broken.pictures[0].load(posix_files());
  bytes.resize(bytes.size() / 2);  // the header stands, the pixels end early
  broken.pictures[0] = {"half.png", bytes};
  Prompt missing = question("missing", {"no-such.png"});
  const std::vector<Prompt> prompts = {question("What is this?", {"scene-112.png"}), broken, missing,
                                       question("Hello")};
  const auto answers = runner_.generate(prompts);
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ(answers[0].error, "");
  EXPECT_FALSE(answers[0].ids.empty());
  EXPECT_NE(answers[1].error.find("half.png"), std::string::npos) << answers[1].error;
  EXPECT_NE(answers[2].error.find("no-such.png"), std::string::npos) << answers[2].error;
  EXPECT_EQ(answers[3].error, "");
  EXPECT_EQ(answers[0].ids, runner_.generate(std::vector<Prompt>{prompts[0]})[0].ids);
}

TEST_F(RunnerTest, AnAnswerIsCutAtTheTextsOfItsPrompt) {
  Prompt prompt = question("What is this?", {"scene-112.png"});
  prompt.max_new_tokens = 12;
  const Answer whole = runner_.generate(std::vector<Prompt>{prompt})[0];
  ASSERT_GE(whole.text.size(), 2u);
  prompt.until = {"", "no such text", whole.text.substr(1, 1)};
  const Answer cut = runner_.generate(std::vector<Prompt>{prompt})[0];
  EXPECT_EQ(cut.text, whole.text.substr(0, whole.text.find(whole.text[1])));
  EXPECT_EQ(cut.ids, whole.ids);
}

TEST_F(RunnerTest, LikelihoodsAreThoseOfAForwardOfTheWholeText) {
  Prompt prompt = question("What is this?", {"scene-112.png"});
  prompt.turns.push_back({"assistant", {{"a red circle"}}});
  Prompt plain;
  plain.text = "The quick brown fox";
  const auto actual = runner_.log_likelihood(std::vector<Prompt>{prompt, plain});
  const auto weights = load_all(model_.checkpoint);
  const std::vector<Prompt> prompts = {prompt, plain};
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    DataRecord record;
    record.turns = prompts[i].turns;
    record.text = prompts[i].text;
    record.pictures = prompts[i].pictures;
    const Sample sample = model_.encode(record);
    const Tensor log_p = at::log_softmax(run_whole(model_, weights, sample).to(at::kDouble), -1);
    double nll = 0;
    std::int64_t tokens = 0;
    for (std::size_t t = 1; t < sample.ids.size(); ++t) {
      if (!sample.answer[t]) continue;
      nll -= log_p[static_cast<std::int64_t>(t) - 1][sample.ids[t]].item<double>();
      ++tokens;
    }
    EXPECT_EQ(actual[i].tokens, tokens);
    EXPECT_NEAR(actual[i].nll, nll, 1e-4 * nll);
  }
}

TEST_F(RunnerTest, PictureLimitsOfAProfileHoldUntilTheNext) {
  const auto tokens = [&] {
    return runner_.generate(std::vector<Prompt>{question("What?", {"scene-112.png"})})[0].prompt_tokens;
  };
  const std::int64_t own = tokens();
  TaskSettings settings;
  settings.profile = "p";
  settings.min_pixels = 224 * 224;
  settings.max_pixels = 1 << 20;
  runner_.set_picture_limits(settings);
  EXPECT_EQ(tokens(), own - 16 + 64);  // 112 x 112 pixels are 4 x 4 tokens, 224 x 224 are 8 x 8
  runner_.set_picture_limits({});
  EXPECT_EQ(tokens(), own);
  settings.max_pixels = 1;
  expect_error(ErrorKind::input, {"profile p"}, [&] { runner_.set_picture_limits(settings); });
}

TEST_F(RunnerTest, ABudgetBelowTheWeightsStreamsAndAnswersTheSame) {
  const std::int64_t resident = 1 << 20, little = resident + (100 << 20);
  EXPECT_EQ(weight_budget(model_.checkpoint, at::kFloat, 0, resident), -1);
  EXPECT_EQ(weight_budget(model_.checkpoint, at::kFloat, std::int64_t{1} << 40, resident), -1);
  const std::int64_t budget = weight_budget(model_.checkpoint, at::kFloat, little - (16 << 20), resident);
  EXPECT_GE(budget, 0);
  EXPECT_LT(budget, 27 << 20);
  const Error error =
      error_of([&] { weight_budget(model_.checkpoint, at::kFloat, resident + (60 << 20), resident); });
  EXPECT_EQ(exit_code(error.kind()), exit_code(ErrorKind::resource));
  EXPECT_NE(error.message().find("61 MiB"), std::string::npos) << error.message();
}

}  // namespace
}  // namespace halftone::test
