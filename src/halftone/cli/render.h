// Results as people read them. Each takes what the verb of that name returns.
#pragma once

#include <string>

#include "halftone/base/json.h"

namespace halftone {

std::string render_inspect(const Json& result);
std::string render_plan(const Json& result);
std::string render_quantize(const Json& result);
std::string render_verify(const Json& result);
std::string render_eval(const Json& result);
std::string render_compare(const Json& result);
std::string render_compare_tasks(const Json& result);
std::string render_dump(const Json& result);
std::string render_report(const Json& result);
std::string render_describe(const Json& result);

}  // namespace halftone
