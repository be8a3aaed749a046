#include "halftone/text/json_tree.h"

#include "halftone/base/error.h"

namespace halftone {
namespace {

// Objects look their keys up one by one, so the number of keys is what bounds the time.
constexpr std::size_t kMaxKeys = 1024, kMaxValues = 1'000'000;

}  // namespace

Json& JsonTreeBuilder::place() {
  require(++values_ <= kMaxValues, ErrorKind::input,
          "{}: more than {} values outside the vocabulary, this is no tokenizer", origin_, kMaxValues);
  if (next_) return *std::exchange(next_, nullptr);
  Json& list = *open_.back();
  list.push_back(nullptr);
  return list.back();
}

void JsonTreeBuilder::scalar(Json value) { place() = std::move(value); }

void JsonTreeBuilder::open(Json container) {
  Json& target = place();
  target = std::move(container);
  open_.push_back(&target);
}

void JsonTreeBuilder::key(const std::string& name) {
  Json& object = *open_.back();
  require(!object.contains(name), ErrorKind::input, "{}: key \"{}\" stands twice in one object", origin_, name);
  require(object.size() < kMaxKeys, ErrorKind::input,
          "{}: an object outside the vocabulary has more than {} keys", origin_, kMaxKeys);
  next_ = &object[name];
}

}  // namespace halftone
