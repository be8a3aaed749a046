#include "halftone/text/added_tokens.h"

#include <algorithm>

#include "halftone/base/error.h"
#include "halftone/text/codepoints.h"
#include "halftone/text/vocabulary.h"

namespace halftone {
namespace {

// Where the white space at the end of text begins.
std::size_t begin_of_blanks(std::string_view text) {
  while (!text.empty() && is_white_space(back_scalar(text).value)) text.remove_suffix(back_scalar(text).length);
  return text.size();
}

std::size_t blanks_at_front(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_white_space(front_scalar(text.substr(at)).value)) {
    at += front_scalar(text.substr(at)).length;
  }
  return at;
}

}  // namespace

void StringMatcher::add(std::string_view text, std::size_t value) {
  if (text.empty()) return;
  begins_[static_cast<unsigned char>(text[0])] = true;
  std::uint32_t node = 0;
  for (const char letter : text) {
    std::uint32_t next = child(node, letter);
    if (next == 0) {
      next = static_cast<std::uint32_t>(nodes_.size());
      nodes_[node].children.emplace_back(letter, next);
      nodes_.emplace_back();
    }
    node = next;
  }
  if (nodes_[node].value == kNoValue) nodes_[node].value = value;
}

std::uint32_t StringMatcher::child(std::uint32_t node, char letter) const {
  for (const auto& [key, next] : nodes_[node].children) {
    if (key == letter) return next;
  }
  return 0;
}

std::optional<StringMatcher::Match> StringMatcher::longest_at(const MarkedText& text, std::size_t begin) const {
  std::optional<Match> best;
  std::uint32_t node = 0;
  for (std::size_t at = begin; at < text.bytes.size() && !text.is_locked(at); ++at) {
    node = child(node, text.bytes[at]);
    if (node == 0) break;
    if (nodes_[node].value != kNoValue) best = {{begin, at + 1}, nodes_[node].value};
  }
  return best;
}

std::optional<StringMatcher::Match> StringMatcher::find(const MarkedText& text, std::size_t from) const {
  if (empty()) return std::nullopt;
  for (std::size_t begin = from; begin < text.bytes.size(); ++begin) {
    if (!begins_[static_cast<unsigned char>(text.bytes[begin])]) continue;
    if (const auto match = longest_at(text, begin)) return match;
  }
  return std::nullopt;
}

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, const Normalizer& normalizer,
                         const std::string& origin)
    : tokens_(std::move(tokens)) {
  RegexScratch scratch;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const AddedToken& token = tokens_[i];
    check_token(token.content, token.id, origin);
    require(token.content.size() <= kMaxAddedBytes, ErrorKind::input,
            "{}: the added token with the id {} has {} bytes, the limit is {}", origin, token.id,
            token.content.size(), kMaxAddedBytes);
    require(by_id_.emplace(token.id, i).second, ErrorKind::input, "{}: two added tokens have the id {}", origin,
            token.id);
    require(by_content_.emplace(token.content, i).second, ErrorKind::input,
            "{}: the added token \"{}\" stands twice", origin, token.content.substr(0, 80));
    if (token.normalized) {
      normalized_.add(normalizer.apply({token.content, {}, true}, scratch).bytes, i);
    } else {
      raw_.add(token.content, i);
    }
  }
}

bool AddedTokens::stands_alone(const MarkedText& text, TextSpan span) const {
  const std::string_view all = text.bytes, before = all.substr(0, span.begin), after = all.substr(span.end);
  return (before.empty() || !is_word(back_scalar(before).value)) &&
         (after.empty() || !is_word(front_scalar(after).value));
}

std::vector<TextSegment> AddedTokens::split(const MarkedText& text, bool normalized) const {
  const StringMatcher& matcher = normalized ? normalized_ : raw_;
  const std::string_view all = text.bytes;
  std::vector<TextSegment> segments;
  std::size_t done = 0;
  for (auto match = matcher.find(text, 0); match; match = matcher.find(text, match->span.end)) {
    const AddedToken& token = tokens_[match->value];
    TextSpan span = match->span;
    if (token.single_word && !stands_alone(text, span)) continue;
    if (token.lstrip) span.begin = std::max(begin_of_blanks(all.substr(0, span.begin)), done);
    if (token.rstrip) span.end += blanks_at_front(all.substr(span.end));
    // Nothing is left of a token that lies in the white space which the one before it took.
    if (span.begin >= span.end) continue;
    if (done < span.begin) segments.push_back({{done, span.begin}, -1});
    segments.push_back({span, token.id});
    done = span.end;
  }
  if (done < all.size()) segments.push_back({{done, all.size()}, -1});
  return segments;
}

const AddedToken* AddedTokens::find(std::int64_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &tokens_[found->second];
}

std::optional<std::int64_t> AddedTokens::id_of(const std::string& content) const {
  const auto found = by_content_.find(content);
  if (found == by_content_.end()) return std::nullopt;
  return tokens_[found->second].id;
}

std::int64_t AddedTokens::max_id() const {
  std::int64_t highest = -1;
  for (const AddedToken& token : tokens_) highest = std::max(highest, token.id);
  return highest;
}

}  // namespace halftone
