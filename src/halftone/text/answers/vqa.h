// The accuracy of visual question answering with several annotators (Goyal et al. 2017), as two public
// harnesses compute it. They differ in the normaliser, and so in the score of "3." or "women's".
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace halftone {

enum class VqaRules { vlmevalkit, lmms_eval };

// The punctuation step alone: marks are deleted or become blanks, at most 32 periods go.
std::string drop_punctuation(std::string_view text, VqaRules rules);

// Punctuation, lower case, number words as digits, no articles, contractions with their apostrophe.
std::string normalize_answer(std::string_view text, VqaRules rules);

// The mean over the annotators i of min(1, |{j != i : answer j is the prediction}| / 3), everything normalised,
// in [0, 1]. One answer alone always gives 0, none gives 0.
double vqa_accuracy(std::string_view prediction, std::span<const std::string> answers, VqaRules rules);

}  // namespace halftone
