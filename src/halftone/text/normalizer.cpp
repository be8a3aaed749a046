#include "halftone/text/normalizer.h"

#include <algorithm>

#include <utf8proc.h>

#include "halftone/base/error.h"
#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

using Scalars = std::vector<utf8proc_int32_t>;

utf8proc_option_t option(int bits) { return static_cast<utf8proc_option_t>(bits); }

// Whether c never combines with what stands before it, whatever the form, and is its own form while nothing
// that combines follows: a text may be cut in front of it. ASCII and the main block of Han in any form; in NFC
// also all scalars below the combining marks, and Hangul syllables.
bool begins_run(char32_t c, const UnicodeForm& form) {
  if (c < 0x80 || (c >= 0x4E00 && c <= 0x9FFF)) return true;
  if (!form.compose || form.compatibility) return false;
  return c < 0x300 || (c >= 0xAC00 && c <= 0xD7A3);
}

void decompose(std::string_view run, const UnicodeForm& form, Scalars& out) {
  const auto options =
      option(UTF8PROC_DECOMPOSE | UTF8PROC_STABLE | (form.compatibility ? UTF8PROC_COMPAT : 0));
  while (!run.empty()) {
    const Scalar scalar = front_scalar(run);
    utf8proc_int32_t parts[32];
    const auto count =
        utf8proc_decompose_char(static_cast<utf8proc_int32_t>(scalar.value), parts, 32, options, nullptr);
    HALFTONE_ASSERT(count >= 0 && count <= 32);
    out.insert(out.end(), parts, parts + count);
    run.remove_prefix(scalar.length);
  }
}

// utf8proc's own ordering is a bubble sort: a hundred thousand marks would take minutes.
void order_marks(Scalars& scalars) {
  const auto mark_class = [](utf8proc_int32_t c) { return utf8proc_get_property(c)->combining_class; };
  const auto is_starter = [&](utf8proc_int32_t c) { return mark_class(c) == 0; };
  for (auto begin = scalars.begin(); begin != scalars.end();) {
    begin = std::find_if_not(begin, scalars.end(), is_starter);
    const auto end = std::find_if(begin, scalars.end(), is_starter);
    std::stable_sort(begin, end, [&](auto a, auto b) { return mark_class(a) < mark_class(b); });
    begin = end;
  }
}

void append_normalized(std::string_view run, const UnicodeForm& form, std::string& out) {
  Scalars scalars;
  decompose(run, form, scalars);
  order_marks(scalars);
  if (form.compose) {
    const auto count = utf8proc_normalize_utf32(scalars.data(), static_cast<utf8proc_ssize_t>(scalars.size()),
                                                option(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
    HALFTONE_ASSERT(count >= 0);
    scalars.resize(static_cast<std::size_t>(count));
  }
  for (const auto c : scalars) append_utf8(out, static_cast<char32_t>(c));
}

// End of the part of text from `begin` on that no form changes: up to one scalar before the first that may.
std::size_t end_of_unchanged(std::string_view text, std::size_t begin, const UnicodeForm& form) {
  std::size_t at = begin, previous = begin;
  while (at < text.size()) {
    const Scalar scalar = front_scalar(text.substr(at));
    if (!begins_run(scalar.value, form)) return previous;
    previous = at;
    at += scalar.length;
  }
  return at;
}

std::size_t end_of_run(std::string_view text, std::size_t begin, const UnicodeForm& form) {
  std::size_t at = begin + front_scalar(text.substr(begin)).length;
  while (at < text.size()) {
    const Scalar scalar = front_scalar(text.substr(at));
    if (begins_run(scalar.value, form)) break;
    at += scalar.length;
  }
  return at;
}

void apply(const UnicodeForm& form, MarkedText& text, RegexScratch&) {
  std::size_t at = end_of_unchanged(text.bytes, 0, form);
  if (at == text.bytes.size()) return;
  MarkedText out;
  out.append(text, {0, at});
  while (at < text.bytes.size()) {
    const TextSpan run{at, end_of_run(text.bytes, at, form)};
    std::string normalized;
    append_normalized(run.of(text.bytes), form, normalized);
    out.append(normalized, text.any_locked(run), !text.locked.empty());
    at = end_of_unchanged(text.bytes, run.end, form);
    out.append(text, {run.end, at});
  }
  out.at_front = text.at_front;
  text = std::move(out);
}

void apply(const PrependText& step, MarkedText& text, RegexScratch&) {
  if (text.bytes.empty()) return;
  text.bytes.insert(0, step.text);
  if (!text.locked.empty()) text.locked.insert(0, step.text.size(), text.locked[0]);
}

void apply(const ReplaceText& step, MarkedText& text, RegexScratch& scratch) {
  std::vector<TextSpan> matches;
  step.pattern.find_all(text.bytes, scratch, matches);
  if (matches.empty()) return;
  MarkedText out;
  std::size_t end = 0;
  for (const TextSpan match : matches) {
    out.append(text, {end, match.begin});
    out.append(step.content, text.any_locked(match), !text.locked.empty());
    end = match.end;
  }
  out.append(text, {end, text.bytes.size()});
  const bool front_removed = matches[0].begin == 0 && !matches[0].empty() && step.content.empty();
  out.at_front = text.at_front && !front_removed;
  text = std::move(out);
}

void apply(const LowercaseText&, MarkedText& text, RegexScratch&) {
  MarkedText out;
  std::string lower;
  for (std::size_t at = 0; at < text.bytes.size();) {
    const Scalar scalar = front_scalar(std::string_view(text.bytes).substr(at));
    lower.clear();
    append_lower(lower, scalar.value);
    out.append(lower, text.is_locked(at), !text.locked.empty());
    at += scalar.length;
  }
  out.at_front = text.at_front;
  text = std::move(out);
}

void apply(const StripText& step, MarkedText& text, RegexScratch&) {
  std::string_view rest = text.bytes;
  while (step.left && !rest.empty() && is_white_space(front_scalar(rest).value)) {
    rest.remove_prefix(front_scalar(rest).length);
  }
  const std::size_t begin = text.bytes.size() - rest.size();
  while (step.right && !rest.empty() && is_white_space(back_scalar(rest).value)) {
    rest.remove_suffix(back_scalar(rest).length);
  }
  if (rest.size() != text.bytes.size()) text = text.slice({begin, begin + rest.size()});
}

}  // namespace

MarkedText Normalizer::apply(MarkedText text, RegexScratch& scratch) const {
  for (const auto& step : steps_) {
    std::visit([&](const auto& one) { halftone::apply(one, text, scratch); }, step);
  }
  return text;
}

}  // namespace halftone
