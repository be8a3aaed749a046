// Every plug-in of this build. The definitions are made by CMake from the lists in families/, methods/,
// formats/ and tasks/: a missing or misspelt maker is a link error.
#pragma once

#include <memory>
#include <vector>

#include "halftone/plugin/family.h"
#include "halftone/plugin/format.h"
#include "halftone/plugin/method.h"
#include "halftone/plugin/task.h"

namespace halftone {

std::vector<std::unique_ptr<Family>> all_families();
std::vector<std::unique_ptr<Format>> all_formats();
std::vector<MethodPlugin> all_methods();
std::vector<std::unique_ptr<Task>> all_tasks();

}  // namespace halftone
