// Parameters declared once. A plug-in's options are a plain struct with
//
//   template <class V> void visit(V& v) {
//     v.field("damp", damp, {0.0, 1.0}, "share of the mean diagonal added to the Hessian");
//     v.choice("order", order, {{"none", Order::none}, {"weight", Order::weight}}, "column order");
//   }
//
// From that one declaration come: reading with unknown keys refused (ParamReader), the description that
// `halftone describe` prints and the resolved recipe (ParamWriter).
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "halftone/base/json.h"

namespace halftone {

// Where a value stands in the user's file; line and column count from 1, 0 when it came from the command line.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  std::string text() const;  // "recipe.yaml:4:44" or "--set"
};

// A value as the user wrote it: a tree of scalars, lists and maps with places. Scalars stay text until they are
// read.
struct Value {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string text;     // scalar
  bool quoted = false;  // a quoted scalar is a string, whatever it looks like
  std::vector<Value> items;
  std::vector<std::pair<std::string, Value>> fields;  // in file order
  std::vector<Place> field_places;                    // place of each key
  Place place;

  const Value* find(const std::string& key) const;
  static Value scalar(std::string text, Place place);
};

// Collects every fault of a recipe, to be shown at once.
class Faults {
 public:
  void add(const Place& place, const std::string& message);
  bool empty() const { return lines_.empty(); }
  size_t size() const { return lines_.size(); }
  const std::vector<std::string>& lines() const { return lines_; }
  // Throws Error(usage) that lists all faults, if there are any.
  void raise() const;

 private:
  std::vector<std::string> lines_;
};

// The candidate nearest to `word` by edit distance, empty when none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

template <class T>
struct Range {
  T low = std::numeric_limits<T>::lowest();
  T high = std::numeric_limits<T>::max();
};

template <class E>
using Choices = std::vector<std::pair<std::string, E>>;

// Fills declared fields from a Value of kind map; faults are collected, not thrown.
class ParamReader {
 public:
  // `where` names the map in messages ("methods.gptq"). A null value reads as an empty map.
  ParamReader(const Value& map, std::string where, Faults& faults);

  void field(const char* name, bool& out, const char* help);
  void field(const char* name, std::int64_t& out, Range<std::int64_t> range, const char* help);
  void field(const char* name, double& out, Range<double> range, const char* help);
  void field(const char* name, std::string& out, const char* help);
  void field(const char* name, std::vector<std::string>& out, const char* help);
  void field(const char* name, std::map<std::string, double>& out, Range<double> range, const char* help);
  template <class E>
  void choice(const char* name, E& out, const Choices<E>& choices, const char* help) {
    std::vector<std::string> names;
    for (const auto& [word, value] : choices) names.push_back(word);
    const size_t index = choose(name, names);
    if (index < choices.size()) out = choices[index].second;
    (void)help;
  }
  // A field whose value the caller reads itself: returns it, or nullptr when absent.
  const Value* raw(const char* name, const char* help);

  // Reports every key that no field claimed, with the nearest known name.
  void finish();

 private:
  const Value* take(const char* name);
  size_t choose(const char* name, const std::vector<std::string>& names);
  void wrong(const Value& value, const char* name, const std::string& expected);

  const Value& map_;
  std::string where_;
  Faults& faults_;
  std::vector<std::string> known_;
};

// One declared parameter, for people.
struct ParamInfo {
  std::string name, type, fallback, range, help;
};

// Lists declared fields and their present values.
class ParamWriter {
 public:
  void field(const char* name, bool& value, const char* help);
  void field(const char* name, std::int64_t& value, Range<std::int64_t> range, const char* help);
  void field(const char* name, double& value, Range<double> range, const char* help);
  void field(const char* name, std::string& value, const char* help);
  void field(const char* name, std::vector<std::string>& value, const char* help);
  void field(const char* name, std::map<std::string, double>& value, Range<double> range, const char* help);
  template <class E>
  void choice(const char* name, E& value, const Choices<E>& choices, const char* help) {
    std::string all, now;
    for (const auto& [word, candidate] : choices) {
      all += (all.empty() ? "" : " | ") + word;
      if (candidate == value) now = word;
    }
    add({name, "choice", now, all, help}, now);
  }
  const Value* raw(const char* name, const char* help);

  const std::vector<ParamInfo>& infos() const { return infos_; }
  const Json& values() const { return values_; }

 private:
  void add(ParamInfo info, Json value);
  std::vector<ParamInfo> infos_;
  Json values_ = Json::object();
};

// Reads `options` from `map` and refuses unknown keys.
template <class Options>
Options read_params(const Value& map, const std::string& where, Faults& faults) {
  Options options;
  ParamReader reader(map, where, faults);
  options.visit(reader);
  reader.finish();
  return options;
}

template <class Options>
std::vector<ParamInfo> describe_params() {
  Options options;
  ParamWriter writer;
  options.visit(writer);
  return writer.infos();
}

template <class Options>
Json params_as_json(Options options) {
  ParamWriter writer;
  options.visit(writer);
  return writer.values();
}

}  // namespace halftone
