#include "halftone/quant/scheme.h"

#include <fmt/format.h>

namespace halftone {

std::string scheme_text(const Scheme& scheme) {
  const WeightScheme& w = scheme.weight;
  std::string text = w.kind == NumberKind::floating ? fmt::format("fp{}", w.bits) : fmt::format("w{}", w.bits);
  switch (w.granularity) {
    case Granularity::tensor: text += " tensor"; break;
    case Granularity::channel: text += " channel"; break;
    case Granularity::group: text += fmt::format(" g{}", w.group); break;
  }
  if (!w.symmetric) text += " asym";
  if (scheme.input) {
    const char* kind = scheme.input->kind == NumberKind::floating ? "fp" : "a";
    text += fmt::format(" + {}{} token", kind, scheme.input->bits);
  }
  return text;
}

}  // namespace halftone
