// What a run has to say, as data: typed records that doors show and files keep. The library prints nothing.
#pragma once

#include <functional>
#include <string>

#include "halftone/base/json.h"

namespace halftone {

// One fact: its kind ("site", "block", "progress", "warning", ...) and its fields, in order.
struct Record {
  std::string kind;
  Json fields = Json::object();
};

// Takes records; called from the compute thread only, one record at a time.
using RecordSink = std::function<void(const Record&)>;

}  // namespace halftone
