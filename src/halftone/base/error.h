// One error type for the whole library.
//
// A kind says who must act, a message says in one sentence what happened, where and what was expected; a hint
// names the way out; context lines are added while the error rises. The library throws, never prints or exits.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace halftone {

enum class ErrorKind {
  usage,        // the recipe or the arguments are wrong
  input,        // the checkpoint, the data or the resume state is invalid
  unsupported,  // valid, but not something halftone can do
  resource,     // memory, disk or device
  numeric,      // a computation left the finite numbers
  conflict,     // the output exists or is locked
  interrupted,  // stopped by SIGINT
  terminated,   // stopped by SIGTERM
  internal,     // our bug
};

// Exit code of the command line for a kind: 2, 3, 4, 5, 6, 7, 130, 143, 70 in the order above.
int exit_code(ErrorKind kind);

class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message, std::string hint = {});

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }
  const std::vector<std::string>& context() const { return context_; }
  // The message alone; render() adds context and hint.
  const char* what() const noexcept override { return message_.c_str(); }

  // Adds a line "while ..." further out than those already there.
  void add_context(std::string line);
  Error&& with_hint(std::string hint) &&;
  // "message\n  while ...\n  hint: ..."
  std::string render() const;

 private:
  ErrorKind kind_;
  std::string message_, hint_;
  std::vector<std::string> context_;
};

// Text with control characters and invalid UTF-8 replaced by escapes: names out of files may reach a terminal.
std::string printable(std::string_view text);

// At most `limit` bytes of text, "..." after a cut: a name out of a file may be as long as the file.
std::string clipped(std::string_view text, std::size_t limit = 120);

template <class... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void require(bool condition, ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) fail(kind, format, std::forward<Args>(args)...);
}

// The current exception as an Error. Foreign exceptions become ErrorKind::internal, bad_alloc a resource error.
// Call inside a catch block only.
Error current_error();

// Runs body; an error that passes gains the context line `doing` ("quantizing language.3.down").
template <class Body>
decltype(auto) while_doing(const std::string& doing, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    Error error = current_error();
    error.add_context(doing);
    throw error;
  }
}

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

// For our own invariants. Nothing that a user can write reaches one.
#define HALFTONE_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::halftone::assertion_failed(#condition, __FILE__, __LINE__))

}  // namespace halftone
