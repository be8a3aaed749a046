#include "halftone/text/pipeline_json.h"

#include "halftone/base/error.h"
#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

std::string get_string(const Json& object, const std::string& key, const std::string& origin) {
  require(has(object, key), ErrorKind::input, "{}: \"{}\" is missing in {}", origin, key,
          object.dump().substr(0, 80));
  return get_string_or(object, key, "", origin);
}

std::string type_of(const Json& value, const char* what, const std::string& origin) {
  require(value.is_object(), ErrorKind::input, "{}: a {} is {}, expected an object with a \"type\"", origin,
          what, value.dump().substr(0, 40));
  return get_string(value, "type", origin);
}

[[noreturn]] void fail_type(const char* what, const std::string& type, const std::string& origin) {
  fail(ErrorKind::unsupported, "{}: the {} \"{}\" is not supported", origin, what, type);
}

const Json& get_list(const Json& object, const std::string& key, const std::string& origin) {
  require(has(object, key) && object[key].is_array(), ErrorKind::input, "{}: \"{}\" must be a list", origin,
          key);
  return object[key];
}

char32_t get_character(const Json& object, const std::string& key, const std::string& origin) {
  const std::string text = get_string(object, key, origin);
  const bool one = !text.empty() && front_scalar(text).length == text.size();
  require(one, ErrorKind::input, "{}: \"{}\" is \"{}\", expected one character", origin, key, text);
  return front_scalar(text).value;
}

// {"String": "..."} or {"Regex": "..."}
TextPattern read_pattern(const Json& step, const std::string& origin) {
  require(has(step, "pattern"), ErrorKind::input, "{}: \"pattern\" is missing in {}", origin,
          step.dump().substr(0, 80));
  const Json& pattern = step["pattern"];
  if (has(pattern, "Regex")) return TextPattern::regex(get_string(pattern, "Regex", origin), origin);
  return TextPattern::literal(get_string(pattern, "String", origin), origin);
}

SplitBehavior read_behavior(const std::string& name, const std::string& origin) {
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  fail(ErrorKind::input, "{}: a split has the behavior \"{}\"", origin, name);
}

void add_normalizer(const Json& value, const std::string& origin, std::vector<NormalizerStep>& steps) {
  const std::string type = type_of(value, "normalizer", origin);
  if (type == "Sequence") {
    for (const auto& step : get_list(value, "normalizers", origin)) add_normalizer(step, origin, steps);
  } else if (type == "NFC" || type == "NFD" || type == "NFKC" || type == "NFKD") {
    steps.push_back(UnicodeForm{type.back() == 'C', type[2] == 'K'});
  } else if (type == "Prepend") {
    steps.push_back(PrependText{get_string(value, "prepend", origin)});
  } else if (type == "Replace") {
    steps.push_back(ReplaceText{read_pattern(value, origin), get_string(value, "content", origin)});
  } else if (type == "Lowercase") {
    steps.push_back(LowercaseText{});
  } else if (type == "Strip") {
    steps.push_back(StripText{get_bool_or(value, "strip_left", true, origin),
                              get_bool_or(value, "strip_right", true, origin)});
  } else {
    fail_type("normalizer", type, origin);
  }
}

// Older files say add_prefix_space instead of prepend_scheme.
MetaspaceStep::Prepend read_prepend(const Json& value, const std::string& origin) {
  const std::string scheme = get_string_or(value, "prepend_scheme", "always", origin);
  if (scheme == "never" || !get_bool_or(value, "add_prefix_space", true, origin))
    return MetaspaceStep::Prepend::never;
  if (scheme == "first") return MetaspaceStep::Prepend::first;
  require(scheme == "always", ErrorKind::input, "{}: prepend_scheme is \"{}\"", origin, scheme);
  return MetaspaceStep::Prepend::always;
}

ByteLevelStep read_byte_level(const Json& value, const std::string& origin) {
  ByteLevelStep step{get_bool_or(value, "add_prefix_space", true, origin), {}};
  if (get_bool_or(value, "use_regex", true, origin)) step.split = TextPattern::regex(kByteLevelPattern, origin);
  return step;
}

void add_pre_tokenizer(const Json& value, const std::string& origin, std::vector<PreTokenizerStep>& steps) {
  const std::string type = type_of(value, "pre-tokenizer", origin);
  if (type == "Sequence") {
    for (const auto& step : get_list(value, "pretokenizers", origin)) add_pre_tokenizer(step, origin, steps);
  } else if (type == "Split") {
    steps.push_back(SplitStep{read_pattern(value, origin),
                              read_behavior(get_string(value, "behavior", origin), origin),
                              get_bool_or(value, "invert", false, origin)});
  } else if (type == "ByteLevel") {
    steps.push_back(read_byte_level(value, origin));
  } else if (type == "Metaspace") {
    steps.push_back(MetaspaceStep{to_utf8(get_character(value, "replacement", origin)),
                                  read_prepend(value, origin), get_bool_or(value, "split", true, origin)});
  } else if (type == "Digits") {
    steps.push_back(DigitsStep{get_bool_or(value, "individual_digits", false, origin)});
  } else if (type == "Whitespace") {
    steps.push_back(WhitespaceStep{});
  } else if (type == "WhitespaceSplit") {
    steps.push_back(WhitespaceSplitStep{});
  } else if (type == "Punctuation") {
    steps.push_back(
        PunctuationStep{read_behavior(get_string_or(value, "behavior", "Isolated", origin), origin)});
  } else {
    fail_type("pre-tokenizer", type, origin);
  }
}

std::size_t get_count(const Json& value, const std::string& key, const std::string& origin) {
  const std::int64_t count = get_int_or(value, key, 0, origin);
  require(count >= 0, ErrorKind::input, "{}: \"{}\" is {}, expected 0 or more", origin, key, count);
  return static_cast<std::size_t>(count);
}

void add_decoder(const Json& value, const std::string& origin, std::vector<DecoderStep>& steps) {
  const std::string type = type_of(value, "decoder", origin);
  if (type == "Sequence") {
    for (const auto& step : get_list(value, "decoders", origin)) add_decoder(step, origin, steps);
  } else if (type == "ByteLevel") {
    steps.push_back(ByteLevelDecode{});
  } else if (type == "Replace") {
    steps.push_back(ReplaceDecode{read_pattern(value, origin), get_string(value, "content", origin)});
  } else if (type == "ByteFallback") {
    steps.push_back(ByteFallbackDecode{});
  } else if (type == "Fuse") {
    steps.push_back(FuseDecode{});
  } else if (type == "Strip") {
    steps.push_back(StripDecode{get_character(value, "content", origin), get_count(value, "start", origin),
                                get_count(value, "stop", origin)});
  } else if (type == "Metaspace") {
    steps.push_back(MetaspaceDecode{get_character(value, "replacement", origin),
                                    read_prepend(value, origin) != MetaspaceStep::Prepend::never});
  } else {
    fail_type("decoder", type, origin);
  }
}

// ["</s>", 2]
std::int64_t read_named_id(const Json& value, const std::string& key, const std::string& origin) {
  const Json& pair = get_list(value, key, origin);
  const bool good = pair.size() == 2 && pair[1].is_number_integer() && pair[1] >= 0 && pair[1] <= kMaxTokenId;
  require(good, ErrorKind::input, "{}: \"{}\" is {}, expected a token and its id", origin, key,
          pair.dump().substr(0, 80));
  return pair[1].get<std::int64_t>();
}

std::vector<std::int64_t> template_ids(const Json& value, const std::string& name, const std::string& origin) {
  const bool known = has(value, "special_tokens") && has(value["special_tokens"], name);
  require(known, ErrorKind::input, "{}: the template's token \"{}\" is not in its special_tokens", origin,
          name);
  auto ids = get_ints_or(value["special_tokens"][name], "ids", {}, origin);
  for (const std::int64_t id : ids) {
    require(id >= 0 && id <= kMaxTokenId, ErrorKind::input, "{}: the template's token \"{}\" has the id {}",
            origin, name, id);
  }
  return ids;
}

// The template of one text: tokens, the text (Sequence A) once, tokens.
PostProcessor read_template(const Json& value, const std::string& origin) {
  PostProcessor result;
  int texts = 0;
  for (const auto& item : get_list(value, "single", origin)) {
    if (has(item, "SpecialToken")) {
      const auto ids = template_ids(value, get_string(item["SpecialToken"], "id", origin), origin);
      auto& side = texts == 0 ? result.before : result.after;
      side.insert(side.end(), ids.begin(), ids.end());
    } else {
      ++texts;
    }
  }
  require(texts == 1, ErrorKind::input, "{}: the template of one text holds {} texts, expected one", origin,
          texts);
  return result;
}

}  // namespace

Normalizer read_normalizer(const Json& value, const std::string& origin) {
  std::vector<NormalizerStep> steps;
  if (!value.is_null()) add_normalizer(value, origin, steps);
  return Normalizer(std::move(steps));
}

PreTokenizer read_pre_tokenizer(const Json& value, const std::string& origin) {
  std::vector<PreTokenizerStep> steps;
  if (!value.is_null()) add_pre_tokenizer(value, origin, steps);
  return PreTokenizer(std::move(steps));
}

Decoder read_decoder(const Json& value, const std::string& origin) {
  if (value.is_null()) return Decoder();
  std::vector<DecoderStep> steps;
  add_decoder(value, origin, steps);
  return Decoder(std::move(steps));
}

PostProcessor read_post_processor(const Json& value, const std::string& origin) {
  if (value.is_null()) return {};
  const std::string type = type_of(value, "post-processor", origin);
  if (type == "ByteLevel") return {};
  if (type == "TemplateProcessing") return read_template(value, origin);
  if (type == "BertProcessing" || type == "RobertaProcessing") {
    return {{read_named_id(value, "cls", origin)}, {read_named_id(value, "sep", origin)}};
  }
  if (type != "Sequence") fail_type("post-processor", type, origin);
  PostProcessor all;
  for (const auto& step : get_list(value, "processors", origin))
    all = all.then(read_post_processor(step, origin));
  return all;
}

AddedToken read_added_token(const Json& value, const std::string& origin) {
  const auto flag = [&](const char* key) { return get_bool_or(value, key, false, origin); };
  AddedToken token;
  token.content = get_string(value, "content", origin);
  token.single_word = flag("single_word");
  token.lstrip = flag("lstrip");
  token.rstrip = flag("rstrip");
  token.special = flag("special");
  token.normalized = get_bool_or(value, "normalized", !token.special, origin);
  return token;
}

std::vector<AddedToken> read_added_tokens(const Json& value, const std::string& origin) {
  std::vector<AddedToken> tokens;
  if (value.is_null()) return tokens;
  require(value.is_array(), ErrorKind::input, "{}: added_tokens must be a list", origin);
  for (const auto& item : value) {
    tokens.push_back(read_added_token(item, origin));
    tokens.back().id = get_int(item, "id", origin);
  }
  return tokens;
}

BpeOptions read_bpe_options(const Json& model, const std::string& origin) {
  for (const char* const affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    require(get_string_or(model, affix, "", origin).empty(), ErrorKind::unsupported,
            "{}: model.{} is \"{}\", only models without affixes are supported", origin, affix,
            get_string_or(model, affix, "", origin));
  }
  require(get_double_or(model, "dropout", 0, origin) == 0, ErrorKind::unsupported,
          "{}: model.dropout is set, an encoding at random is not supported", origin);
  BpeOptions options;
  if (has(model, "unk_token")) options.unk_token = get_string(model, "unk_token", origin);
  options.fuse_unk = get_bool_or(model, "fuse_unk", false, origin);
  options.byte_fallback = get_bool_or(model, "byte_fallback", false, origin);
  options.ignore_merges = get_bool_or(model, "ignore_merges", false, origin);
  return options;
}

}  // namespace halftone
