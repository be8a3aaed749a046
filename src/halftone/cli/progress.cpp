#include "halftone/cli/progress.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "halftone/base/error.h"
#include "halftone/report/console.h"

namespace halftone {
namespace {

constexpr std::size_t kBar = 30;
constexpr double kLineSeconds = 2;  // between plain lines

}  // namespace

void tell(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

ProgressView::ProgressView(bool quiet) : terminal_(isatty(STDERR_FILENO) == 1), quiet_(quiet) {}

ProgressView::~ProgressView() { clear(); }

void ProgressView::clear() {
  if (drawn_) tell("\r\033[K");
  drawn_ = false;
}

void ProgressView::show(const Record& record) {
  if (record.kind == "warning") {
    clear();
    tell(fmt::format("warning: {}\n", printable(record.fields["text"].get<std::string>())));
  }
  if (record.kind != "progress" || quiet_) return;
  draw(record.fields["block"].get<std::string>(), record.fields["done"].get<std::size_t>(),
       record.fields["total"].get<std::size_t>());
}

void ProgressView::draw(const std::string& block, std::size_t done, std::size_t total) {
  const double seconds = watch_.seconds();
  const double left = done > 0 ? seconds / static_cast<double>(done) * static_cast<double>(total - done) : 0;
  const std::string text =
      fmt::format("{:>3} of {} blocks, {} left  {}", done, total, human_seconds(left), printable(block));
  if (terminal_) {
    const std::size_t filled = total > 0 ? kBar * done / total : 0;
    tell(fmt::format("\r\033[K[{}{}] {}", std::string(filled, '#'), std::string(kBar - filled, '.'), text));
    drawn_ = true;
  } else if (done == total || seconds - last_line_ >= kLineSeconds) {
    tell(fmt::format("{}\n", text));
    last_line_ = seconds;
  }
}

}  // namespace halftone
