#include "halftone/base/error.h"

#include <new>

namespace halftone {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage: return 2;
    case ErrorKind::input: return 3;
    case ErrorKind::unsupported: return 4;
    case ErrorKind::resource: return 5;
    case ErrorKind::numeric: return 6;
    case ErrorKind::conflict: return 7;
    case ErrorKind::interrupted: return 130;
    case ErrorKind::terminated: return 143;
    case ErrorKind::internal: return 70;
  }
  return 70;
}

Error::Error(ErrorKind kind, std::string message, std::string hint)
    : kind_(kind), message_(printable(message)), hint_(printable(hint)) {}

void Error::add_context(std::string line) { context_.push_back(printable(line)); }

Error&& Error::with_hint(std::string hint) && {
  hint_ = printable(hint);
  return std::move(*this);
}

std::string Error::render() const {
  std::string text = message_;
  for (const auto& line : context_) text += "\n  while " + line;
  if (!hint_.empty()) text += "\n  hint: " + hint_;
  return text;
}

namespace {

// Length of the valid UTF-8 sequence at the front of text, 0 if there is none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (length == 0 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Longer than needed, a surrogate, or past U+10FFFF: the second byte tells.
  if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F)) return 0;
  if ((lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F)) return 0;
  return length;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    // C1 controls (U+0080..U+009F) are two bytes that begin with 0xC2.
    const bool c1 = length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    const bool control = length == 0 || c1 || (byte < 0x20 && byte != '\n') || byte == 0x7F;
    const size_t step = length == 0 ? 1 : length;
    if (control) {
      for (size_t i = 0; i < step; ++i) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
    } else {
      out.append(text.substr(0, step));
    }
    text.remove_prefix(step);
  }
  return out;
}

std::string clipped(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return std::string(text.substr(0, limit)) + "...";
}

Error current_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error(ErrorKind::resource, "out of memory",
                 "give the process more memory, or lower the micro-batch");
  } catch (const std::exception& error) {
    return Error(ErrorKind::internal, error.what());
  } catch (...) {
    return Error(ErrorKind::internal, "unknown exception");
  }
}

void assertion_failed(const char* condition, const char* file, int line) {
  fail(ErrorKind::internal, "assertion failed: {} ({}:{})", condition, file, line);
}

}  // namespace halftone
