#include "halftone/text/regex.h"

#include <new>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "halftone/base/error.h"
#include "halftone/text/regex_dialect.h"

namespace halftone {
namespace {

constexpr std::uint32_t kMatchLimit = 5'000'000;
constexpr std::uint32_t kHeapKibibytes = 64 * 1024;
constexpr std::size_t kStackStart = 32 * 1024, kStackLimit = 8 * 1024 * 1024;
constexpr std::size_t kPatternLimit = 64 * 1024;

PCRE2_SPTR units(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

std::string message_of(int code) {
  PCRE2_UCHAR text[256];
  pcre2_get_error_message(code, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

}  // namespace

struct RegexScratch::State {
  // Only the whole match is asked for, so room for one pair is enough.
  pcre2_match_data* match = pcre2_match_data_create(1, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack = pcre2_jit_stack_create(kStackStart, kStackLimit, nullptr);

  State() {
    if (!match || !context || !stack) throw std::bad_alloc();
    pcre2_set_match_limit(context, kMatchLimit);
    pcre2_set_heap_limit(context, kHeapKibibytes);
    pcre2_jit_stack_assign(context, nullptr, stack);
  }
  ~State() {
    pcre2_jit_stack_free(stack);
    pcre2_match_context_free(context);
    pcre2_match_data_free(match);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

RegexScratch::RegexScratch() : state_(std::make_unique<State>()) {}
RegexScratch::~RegexScratch() = default;
RegexScratch::RegexScratch(RegexScratch&&) noexcept = default;
RegexScratch& RegexScratch::operator=(RegexScratch&&) noexcept = default;

struct Regex::Code {
  pcre2_code* code = nullptr;
  bool compiled_to_machine_code = false;

  Code() = default;
  ~Code() { pcre2_code_free(code); }
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
};

Regex::Regex(std::string_view pattern, const std::string& origin) : pattern_(pattern), origin_(origin) {
  require(pattern.size() <= kPatternLimit, ErrorKind::input,
          "{}: a regular expression of {} bytes, the limit is {}", origin, pattern.size(), kPatternLimit);
  const std::string translated = translate_regex(pattern, origin);
  pcre2_compile_context* context = pcre2_compile_context_create(nullptr);
  if (!context) throw std::bad_alloc();
  pcre2_set_newline(context, PCRE2_NEWLINE_LF);
  auto code = std::make_shared<Code>();
  int error = 0;
  PCRE2_SIZE offset = 0;
  code->code = pcre2_compile(units(translated), translated.size(), PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE,
                             &error, &offset, context);
  pcre2_compile_context_free(context);
  require(code->code != nullptr, ErrorKind::input, "{}: the regular expression \"{}\" does not compile ({})",
          origin, pattern.substr(0, 200), message_of(error));
  code->compiled_to_machine_code = pcre2_jit_compile(code->code, PCRE2_JIT_COMPLETE) == 0;
  code_ = std::move(code);
}

std::optional<TextSpan> Regex::find(std::string_view text, std::size_t from, RegexScratch& scratch) const {
  const auto& state = *scratch.state_;
  const auto match = code_->compiled_to_machine_code ? &pcre2_jit_match : &pcre2_match;
  const int rc =
      match(code_->code, units(text), text.size(), from, PCRE2_NO_UTF_CHECK, state.match, state.context);
  if (rc == PCRE2_ERROR_NOMATCH) return std::nullopt;
  if (rc < 0) {
    fail(ErrorKind::input, "{}: the regular expression \"{}\" gives up at byte {} of a text of {} bytes ({})",
         origin_, std::string_view(pattern_).substr(0, 200), from, text.size(), message_of(rc));
  }
  const PCRE2_SIZE* span = pcre2_get_ovector_pointer(state.match);
  return TextSpan{span[0], span[1]};
}

}  // namespace halftone
