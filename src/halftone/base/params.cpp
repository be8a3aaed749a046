#include "halftone/base/params.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "halftone/base/error.h"

namespace halftone {
namespace {

// The value of an unquoted scalar that is a number and nothing else.
std::optional<std::int64_t> as_int(const Value& written) {
  if (written.kind != Value::Kind::scalar || written.quoted) return std::nullopt;
  const std::string& text = written.text;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> as_double(const Value& written) {
  if (written.kind != Value::Kind::scalar || written.quoted) return std::nullopt;
  const std::string& text = written.text;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

template <class T>
std::string range_text(Range<T> range) {
  const bool low = range.low != std::numeric_limits<T>::lowest();
  const bool high = range.high != std::numeric_limits<T>::max();
  if (low && high) return fmt::format("{} to {}", range.low, range.high);
  if (low) return fmt::format("from {}", range.low);
  if (high) return fmt::format("up to {}", range.high);
  return "";
}

std::string expected_number(const char* kind, const std::string& range) {
  return range.empty() ? fmt::format("expected {}", kind) : fmt::format("expected {} in {}", kind, range);
}

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row.back();
}

}  // namespace

std::string Place::text() const { return line > 0 ? fmt::format("{}:{}:{}", file, line, column) : file; }

const Value* Value::find(const std::string& key) const {
  for (const auto& [name, value] : fields) {
    if (name == key) return &value;
  }
  return nullptr;
}

Value Value::scalar(std::string text, Place place) {
  Value value;
  value.kind = Kind::scalar;
  value.text = std::move(text);
  value.place = std::move(place);
  return value;
}

void Faults::add(const Place& place, const std::string& message) {
  lines_.push_back(place.file.empty() ? message : place.text() + ": " + message);
}

void Faults::raise() const {
  if (lines_.empty()) return;
  if (lines_.size() == 1) fail(ErrorKind::usage, "{}", lines_.front());
  fail(ErrorKind::usage, "the recipe has {} faults:\n  {}", lines_.size(), fmt::join(lines_, "\n  "));
}

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

ParamReader::ParamReader(const Value& map, std::string where, Faults& faults)
    : map_(map), where_(std::move(where)), faults_(faults) {
  if (map.kind != Value::Kind::map && map.kind != Value::Kind::null) {
    faults.add(map.place, fmt::format("{}: expected keys and values", where_));
  }
}

const Value* ParamReader::take(const char* name) {
  known_.emplace_back(name);
  return map_.find(name);
}

void ParamReader::wrong(const Value& value, const char* name, const std::string& expected) {
  const std::string got = value.kind == Value::Kind::scalar
                              ? fmt::format("{}\"{}\"", value.quoted ? "the text " : "", value.text)
                          : value.kind == Value::Kind::list ? "a list"
                          : value.kind == Value::Kind::map  ? "keys and values"
                                                            : "nothing";
  faults_.add(value.place, fmt::format("{}.{} is {}, {}", where_, name, got, expected));
}

void ParamReader::field(const char* name, bool& out, const char*) {
  const Value* value = take(name);
  if (!value) return;
  if (value->kind == Value::Kind::scalar && !value->quoted &&
      (value->text == "true" || value->text == "false")) {
    out = value->text == "true";
  } else {
    wrong(*value, name, "expected true or false");
  }
}

void ParamReader::field(const char* name, std::int64_t& out, Range<std::int64_t> range, const char*) {
  const Value* value = take(name);
  if (!value) return;
  const auto number = as_int(*value);
  if (number && *number >= range.low && *number <= range.high) {
    out = *number;
  } else {
    wrong(*value, name, expected_number("an integer", range_text(range)));
  }
}

void ParamReader::field(const char* name, double& out, Range<double> range, const char*) {
  const Value* value = take(name);
  if (!value) return;
  const auto number = as_double(*value);
  if (number && *number >= range.low && *number <= range.high) {
    out = *number;
  } else {
    wrong(*value, name, expected_number("a number", range_text(range)));
  }
}

void ParamReader::field(const char* name, std::string& out, const char*) {
  const Value* value = take(name);
  if (!value) return;
  if (value->kind == Value::Kind::scalar) {
    out = value->text;
  } else {
    wrong(*value, name, "expected a word");
  }
}

void ParamReader::field(const char* name, std::vector<std::string>& out, const char*) {
  const Value* value = take(name);
  if (!value) return;
  if (value->kind == Value::Kind::scalar) {
    out = {value->text};
    return;
  }
  if (value->kind != Value::Kind::list) return wrong(*value, name, "expected a list of words");
  out.clear();
  for (const auto& item : value->items) {
    if (item.kind != Value::Kind::scalar) return wrong(item, name, "expected a list of words");
    out.push_back(item.text);
  }
}

void ParamReader::field(const char* name, std::map<std::string, double>& out, Range<double> range,
                        const char*) {
  const Value* value = take(name);
  if (!value) return;
  if (value->kind != Value::Kind::map) return wrong(*value, name, "expected names with numbers");
  for (const auto& [key, item] : value->fields) {
    const auto number = as_double(item);
    if (!number || *number < range.low || *number > range.high) {
      wrong(item, (name + ("." + key)).c_str(), expected_number("a number", range_text(range)));
    } else {
      out[key] = *number;
    }
  }
}

const Value* ParamReader::raw(const char* name, const char*) { return take(name); }

size_t ParamReader::choose(const char* name, const std::vector<std::string>& names) {
  const Value* value = take(name);
  if (!value) return names.size();
  const auto found = std::find(names.begin(), names.end(), value->text);
  if (value->kind != Value::Kind::scalar || found == names.end()) {
    wrong(*value, name, fmt::format("expected one of {}", fmt::join(names, ", ")));
    return names.size();
  }
  return static_cast<size_t>(found - names.begin());
}

void ParamReader::finish() {
  for (size_t i = 0; i < map_.fields.size(); ++i) {
    const auto& key = map_.fields[i].first;
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    const std::string near = nearest(key, known_);
    const std::string hint = near.empty() ? fmt::format("known: {}", fmt::join(known_, ", "))
                                          : fmt::format("did you mean \"{}\"?", near);
    const Place& place = i < map_.field_places.size() ? map_.field_places[i] : map_.place;
    faults_.add(place, fmt::format("unknown key \"{}\" in {}; {}", key, where_, hint));
  }
}

void ParamWriter::add(ParamInfo info, Json value) {
  values_[info.name] = std::move(value);
  infos_.push_back(std::move(info));
}

void ParamWriter::field(const char* name, bool& value, const char* help) {
  add({name, "bool", value ? "true" : "false", "", help}, value);
}

void ParamWriter::field(const char* name, std::int64_t& value, Range<std::int64_t> range, const char* help) {
  add({name, "integer", fmt::format("{}", value), range_text(range), help}, value);
}

void ParamWriter::field(const char* name, double& value, Range<double> range, const char* help) {
  add({name, "number", fmt::format("{}", value), range_text(range), help}, value);
}

void ParamWriter::field(const char* name, std::string& value, const char* help) {
  add({name, "text", value, "", help}, value);
}

void ParamWriter::field(const char* name, std::vector<std::string>& value, const char* help) {
  add({name, "list of text", fmt::format("{}", fmt::join(value, ", ")), "", help}, value);
}

void ParamWriter::field(const char* name, std::map<std::string, double>& value, Range<double> range,
                        const char* help) {
  std::string now;
  Json json = Json::object();
  for (const auto& [key, number] : value) {
    now += fmt::format("{}{}: {}", now.empty() ? "" : ", ", key, number);
    json[key] = number;
  }
  add({name, "names with numbers", now, range_text(range), help}, json);
}

const Value* ParamWriter::raw(const char* name, const char* help) {
  infos_.push_back({name, "see help", "", "", help});
  return nullptr;
}

}  // namespace halftone
