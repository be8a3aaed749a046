// The door to spdlog: lines for people who debug. Off unless HALFTONE_LOG asks, e.g. HALFTONE_LOG=debug or
// HALFTONE_LOG=engine=debug,io=warn. Never used for results.
#pragma once

#include <string>

#include <fmt/format.h>

namespace halftone {

enum class LogLevel { debug, info, warn, error };

// Whether a line of this room and level would be written.
bool log_enabled(const char* room, LogLevel level);
void log_line(const char* room, LogLevel level, const std::string& line);

template <class... Args>
void log_debug(const char* room, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(room, LogLevel::debug)) {
    log_line(room, LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
  }
}

}  // namespace halftone
