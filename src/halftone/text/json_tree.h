// Builds trees out of the small parts of a large JSON file while the rest of it streams past.
#pragma once

#include <string>
#include <vector>

#include "halftone/base/json.h"

namespace halftone {

// Give it a target, then feed it the events of one value; active() until the value is complete. Throws
// Error(input) for a key that stands twice in one object and for trees too large to be settings.
class JsonTreeBuilder {
 public:
  explicit JsonTreeBuilder(std::string origin) : origin_(std::move(origin)) {}

  // The next value goes to target, which must stay where it is until then.
  void begin(Json& target) { next_ = &target; }
  bool active() const { return next_ != nullptr || !open_.empty(); }

  void scalar(Json value);
  void open(Json container);  // an empty object or list
  void key(const std::string& name);
  void close() { open_.pop_back(); }

 private:
  Json& place();

  std::string origin_;
  std::vector<Json*> open_;
  Json* next_ = nullptr;  // where the next value goes, unless a list is open
  std::size_t values_ = 0;
};

}  // namespace halftone
