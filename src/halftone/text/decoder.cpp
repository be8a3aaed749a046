#include "halftone/text/decoder.h"

#include <optional>

#include <fmt/ranges.h>

#include "halftone/text/byte_alphabet.h"
#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

using Tokens = std::vector<std::string>;

void apply(const ByteLevelDecode&, Tokens& tokens, RegexScratch&) {
  std::string bytes;
  for (const auto& token : tokens) bytes += bytes_of_token(token);
  tokens = {lossy_utf8(bytes)};
}

void apply(const ReplaceDecode& step, Tokens& tokens, RegexScratch& scratch) {
  std::vector<TextSpan> matches;
  for (auto& token : tokens) {
    matches.clear();
    step.pattern.find_all(token, scratch, matches);
    if (matches.empty()) continue;
    std::string text;
    std::size_t end = 0;
    for (const TextSpan match : matches) {
      text.append(token, end, match.begin - end).append(step.content);
      end = match.end;
    }
    token = text.append(token, end);
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::optional<char> byte_of_token(const std::string& token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
  const int high = hex_value(token[3]), low = hex_value(token[4]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high << 4 | low);
}

void push_bytes(std::string& bytes, Tokens& out) {
  if (bytes.empty()) return;
  if (is_valid_utf8(bytes)) {
    out.push_back(bytes);
  } else {
    out.insert(out.end(), bytes.size(), "\xEF\xBF\xBD");
  }
  bytes.clear();
}

void apply(const ByteFallbackDecode&, Tokens& tokens, RegexScratch&) {
  Tokens out;
  std::string bytes;
  for (auto& token : tokens) {
    if (const auto byte = byte_of_token(token)) {
      bytes += *byte;
    } else {
      push_bytes(bytes, out);
      out.push_back(std::move(token));
    }
  }
  push_bytes(bytes, out);
  tokens = std::move(out);
}

void apply(const FuseDecode&, Tokens& tokens, RegexScratch&) {
  std::string text;
  for (const auto& token : tokens) text += token;
  tokens = {text};
}

void apply(const StripDecode& step, Tokens& tokens, RegexScratch&) {
  for (auto& token : tokens) {
    std::string_view rest = token;
    for (std::size_t i = 0; i < step.start && !rest.empty(); ++i) {
      if (front_scalar(rest).value != step.content) break;
      rest.remove_prefix(front_scalar(rest).length);
    }
    for (std::size_t i = 0; i < step.stop && !rest.empty(); ++i) {
      if (back_scalar(rest).value != step.content) break;
      rest.remove_suffix(back_scalar(rest).length);
    }
    token = std::string(rest);
  }
}

void apply(const MetaspaceDecode& step, Tokens& tokens, RegexScratch&) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    std::string text;
    for (std::string_view rest = tokens[i]; !rest.empty(); rest.remove_prefix(front_scalar(rest).length)) {
      const Scalar scalar = front_scalar(rest);
      if (scalar.value != step.replacement) {
        text += rest.substr(0, scalar.length);
      } else if (i > 0 || !step.drop_first) {
        text += ' ';
      }
    }
    tokens[i] = std::move(text);
  }
}

}  // namespace

std::string Decoder::apply(Tokens tokens, RegexScratch& scratch) const {
  for (const auto& step : steps_) {
    std::visit([&](const auto& one) { halftone::apply(one, tokens, scratch); }, step);
  }
  return fmt::format("{}", fmt::join(tokens, separator_));
}

}  // namespace halftone
