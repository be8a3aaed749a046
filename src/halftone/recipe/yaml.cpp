#include "halftone/recipe/yaml.h"

#include <algorithm>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "halftone/base/error.h"

namespace halftone {
namespace {

constexpr size_t kMaxDepth = 64;
constexpr size_t kMaxText = 1 << 20;

// Builds a Value from parser events; nodes would lose anchors and resolve aliases silently.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string file) : file_(std::move(file)) {}
  Value take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check(mark, "", anchor);
    if (expects_key()) refuse(mark, "a key must be a word");
    Value value;
    value.place = place(mark);
    accept(std::move(value));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, "aliases are not allowed"); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    check(mark, tag, anchor);
    if (expects_key()) return take_key(mark, text);
    Value value = Value::scalar(text, place(mark));
    value.quoted = tag == "!";
    const bool empty = text == "~" || text == "null";
    if (empty && !value.quoted) value.kind = Value::Kind::null;
    accept(std::move(value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Value::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Value::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Value value;
    bool has_key = false;
    std::string key;
    Place key_place;
  };

  Place place(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }
  [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& why) const {
    fail(ErrorKind::usage, "{}: {}", place(mark).text(), why);
  }
  void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const {
    if (anchor != 0) refuse(mark, "anchors are not allowed");
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "tags are not allowed");
  }
  bool expects_key() const {
    return !stack_.empty() && stack_.back().value.kind == Value::Kind::map && !stack_.back().has_key;
  }
  void take_key(const YAML::Mark& mark, const std::string& text) {
    Open& open = stack_.back();
    if (open.value.find(text)) refuse(mark, "key \"" + text + "\" stands twice");
    open.has_key = true;
    open.key = text;
    open.key_place = place(mark);
  }
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Value::Kind kind) {
    check(mark, tag, anchor);
    if (expects_key()) refuse(mark, "a key must be a word");
    if (stack_.size() >= kMaxDepth) refuse(mark, "nesting is deeper than 64");
    Open entry;
    entry.value.kind = kind;
    entry.value.place = place(mark);
    stack_.push_back(std::move(entry));
  }
  void close() {
    Value value = std::move(stack_.back().value);
    stack_.pop_back();
    accept(std::move(value));
  }
  void accept(Value value) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& open = stack_.back();
    if (open.value.kind == Value::Kind::list) {
      open.value.items.push_back(std::move(value));
      return;
    }
    open.value.fields.emplace_back(std::move(open.key), std::move(value));
    open.value.field_places.push_back(open.key_place);
    open.has_key = false;
  }

  std::string file_;
  std::vector<Open> stack_;
  Value root_;
};

void emit(YAML::Emitter& out, const Json& value) {
  if (value.is_object()) {
    out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginMap;
    for (const auto& [key, item] : value.items()) {
      out << YAML::Key << key << YAML::Value;
      emit(out, item);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    const bool flat =
        std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_primitive(); });
    out << (flat ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
    for (const auto& item : value) emit(out, item);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    out << value.get<std::string>();
  } else if (value.is_null()) {
    out << YAML::Null;
  } else {
    out << value.dump();  // numbers and booleans read the same in both languages
  }
}

// The child that a path's word names: a field, or in a list the item that is {word: ...}.
Value& child(Value& parent, const std::string& word, const Place& place) {
  if (parent.kind == Value::Kind::list) {
    for (auto& item : parent.items) {
      if (item.kind == Value::Kind::map && item.fields.size() == 1 && item.fields[0].first == word) {
        return item.fields[0].second;
      }
      if (item.kind == Value::Kind::scalar && item.text == word) {
        Value named;
        named.kind = Value::Kind::map;
        named.place = item.place;
        named.fields.emplace_back(word, Value());
        named.field_places.push_back(item.place);
        item = std::move(named);
        return item.fields[0].second;
      }
    }
    fail(ErrorKind::usage, "--set: \"{}\" is not in the list at {}", word, parent.place.text());
  }
  require(parent.kind != Value::Kind::scalar, ErrorKind::usage,
          "--set: \"{}\" cannot stand under a plain value", word);
  parent.kind = Value::Kind::map;
  for (auto& [name, value] : parent.fields) {
    if (name == word) return value;
  }
  parent.fields.emplace_back(word, Value());
  parent.field_places.push_back(place);
  return parent.fields.back().second;
}

}  // namespace

Value parse_yaml(const std::string& text, const std::string& file) {
  require(text.size() <= kMaxText, ErrorKind::usage, "{}: {} bytes, a recipe has at most {}", file, text.size(),
          kMaxText);
  std::istringstream stream(text);
  TreeBuilder builder(file);
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    TreeBuilder rest(file);
    require(!parser.HandleNextDocument(rest), ErrorKind::usage, "{}: more than one document", file);
  } catch (const YAML::Exception& error) {
    fail(ErrorKind::usage, "{}:{}:{}: {}", file, error.mark.line + 1, error.mark.column + 1, error.msg);
  }
  Value root = builder.take();
  if (root.place.file.empty()) root.place = {file, 1, 1};  // an empty document
  return root;
}

std::string write_yaml(const Json& value) {
  YAML::Emitter out;
  emit(out, value);
  return std::string(out.c_str()) + "\n";
}

void set_value(Value& root, const std::string& assignment) {
  const size_t equals = assignment.find('=');
  require(equals != std::string::npos && equals > 0, ErrorKind::usage, "--set {}: expected key=value",
          assignment);
  const Place place{"--set " + assignment, 0, 0};
  Value* at = &root;
  std::istringstream words(assignment.substr(0, equals));
  for (std::string word; std::getline(words, word, '.');) {
    require(!word.empty(), ErrorKind::usage, "--set {}: a word of the key is empty", assignment);
    at = &child(*at, word, place);
  }
  *at = parse_yaml(assignment.substr(equals + 1), place.file);
  at->place = place;
}

}  // namespace halftone
