#include "halftone/base/log.h"

#include <cstdlib>
#include <map>
#include <sstream>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace halftone {
namespace {

constexpr auto kOff = spdlog::level::off;

struct Levels {
  spdlog::level::level_enum fallback = kOff;
  std::map<std::string, spdlog::level::level_enum> rooms;
};

Levels read_levels() {
  Levels levels;
  const char* text = std::getenv("HALFTONE_LOG");
  std::istringstream words(text ? text : "");
  for (std::string word; std::getline(words, word, ',');) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) {
      levels.fallback = spdlog::level::from_str(word);
    } else {
      levels.rooms[word.substr(0, equals)] = spdlog::level::from_str(word.substr(equals + 1));
    }
  }
  return levels;
}

spdlog::level::level_enum native(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

spdlog::logger& logger() {
  static spdlog::logger instance("halftone", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  static const bool ready = [] {
    instance.set_level(spdlog::level::trace);
    instance.set_pattern("%H:%M:%S.%e %l %v");
    return true;
  }();
  (void)ready;
  return instance;
}

}  // namespace

bool log_enabled(const char* room, LogLevel level) {
  static const Levels levels = read_levels();
  const auto found = levels.rooms.find(room);
  return native(level) >= (found == levels.rooms.end() ? levels.fallback : found->second);
}

void log_line(const char* room, LogLevel level, const std::string& line) {
  logger().log(native(level), "{}: {}", room, line);
}

}  // namespace halftone
