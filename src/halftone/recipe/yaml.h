// The door to yaml-cpp: a recipe's text as a Value tree with the place of every key, and back.
#pragma once

#include <string>

#include "halftone/base/json.h"
#include "halftone/base/params.h"

namespace halftone {

// Parses one YAML document made of maps, lists and scalars. Throws Error(usage) with file, line and column for
// broken syntax, repeated keys, anchors and aliases, tags, nesting deeper than 64 and texts above 1 MiB.
Value parse_yaml(const std::string& text, const std::string& file);

// YAML text of a JSON value, keys in order, that parse_yaml reads back as the same values.
std::string write_yaml(const Json& value);

// "gptq.damp=0.05" -> sets the value at that path of `root`, maps made on the way; list items of the form
// {name: {...}} are found by their name. Throws Error(usage) when the text has no "=".
void set_value(Value& root, const std::string& assignment);

}  // namespace halftone
