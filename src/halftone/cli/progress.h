// Progress on stderr: a bar with the time left on a terminal, plain lines elsewhere.
#pragma once

#include <string>
#include <string_view>

#include "halftone/base/clock.h"
#include "halftone/base/record.h"

namespace halftone {

// Text to stderr. A reader who left is no error: what is told there never stops a run.
void tell(std::string_view text);

class ProgressView {
 public:
  // `quiet`: warnings only.
  explicit ProgressView(bool quiet);
  ~ProgressView();
  ProgressView(const ProgressView&) = delete;
  ProgressView& operator=(const ProgressView&) = delete;

  void show(const Record& record);

 private:
  void draw(const std::string& block, std::size_t done, std::size_t total);
  void clear();
  bool terminal_, quiet_, drawn_ = false;
  double last_line_ = 0;
  Stopwatch watch_;
};

}  // namespace halftone
