#include "halftone/text/answers/vqa.h"

#include "tests/scoring_fixture.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

VqaRules rules_of(const Json& c) {
  return c["rule"] == "lmms-eval" ? VqaRules::lmms_eval : VqaRules::vlmevalkit;
}

TEST(Vqa, AnswersAreNormalizedAsTheHarnessesDo) {
  for (const auto& c : scoring_fixture("vqa")) {
    if (!c.contains("text")) continue;
    EXPECT_EQ(normalize_answer(text_of(c, "text"), rules_of(c)), text_of(c, "normal")) << c;
    EXPECT_EQ(drop_punctuation(text_of(c, "text"), rules_of(c)), text_of(c, "plain")) << c;
  }
}

TEST(Vqa, AccuraciesAreThoseOfTheHarnesses) {
  for (const auto& c : scoring_fixture("vqa")) {
    if (!c.contains("prediction")) continue;
    EXPECT_NEAR(vqa_accuracy(text_of(c, "prediction"), texts_of(c, "answers"), rules_of(c)),
                c["score"].get<double>(), 1e-12)
        << c;
  }
}

TEST(Vqa, TheHarnessesDisagreeOnPeriodsAndPossessives) {
  EXPECT_EQ(normalize_answer("3.", VqaRules::vlmevalkit), "3.");
  EXPECT_EQ(normalize_answer("3.", VqaRules::lmms_eval), "3");
  EXPECT_EQ(normalize_answer("women's", VqaRules::vlmevalkit), "women's");
  EXPECT_EQ(normalize_answer("women's", VqaRules::lmms_eval), "women 's");
}

// k of ten annotators agree: leaving each out in turn, (k min(1, (k-1)/3) + (10-k) min(1, k/3)) / 10.
TEST(Vqa, AgreementCountsInThirds) {
  const double expected[] = {0, 0.3, 0.6, 0.9, 1, 1, 1, 1, 1, 1, 1};
  for (std::size_t k = 0; k <= 10; ++k) {
    std::vector<std::string> answers(10, "other");
    std::fill_n(answers.begin(), k, "The cat.");
    EXPECT_NEAR(vqa_accuracy("cat", answers, VqaRules::vlmevalkit), expected[k], 1e-12) << k;
  }
}

TEST(Vqa, OneAnnotatorAloneNeverScores) {
  EXPECT_EQ(vqa_accuracy("cat", std::vector<std::string>{"cat"}, VqaRules::vlmevalkit), 0);
  EXPECT_EQ(vqa_accuracy("cat", std::vector<std::string>{}, VqaRules::vlmevalkit), 0);
}

}  // namespace
}  // namespace halftone
