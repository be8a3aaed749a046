// Relaxed accuracy, the score of questions about charts (Methani et al. 2020): numbers may be off by a
// twentieth.
#pragma once

#include <string_view>

namespace halftone {

// Numbers where both are and the answer is not 0, with "%" as hundredths: |said - answer| <= |answer| / 20.
// Else equality without regard to case.
bool relaxed_equal(std::string_view prediction, std::string_view answer);

}  // namespace halftone
