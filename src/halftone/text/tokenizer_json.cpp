#include "halftone/text/tokenizer_json.h"

#include "halftone/base/error.h"
#include "halftone/text/json_tree.h"

namespace halftone {
namespace {

// "left right": neither side holds a blank.
std::pair<std::string, std::string> split_merge(std::string_view line, std::size_t number,
                                                const std::string& origin) {
  const std::size_t blank = line.find(' ');
  const bool two = blank != std::string_view::npos && line.find(' ', blank + 1) == std::string_view::npos;
  require(two && blank > 0 && blank + 1 < line.size(), ErrorKind::input,
          "{}: merge {} is \"{}\", expected two tokens with a blank between them", origin, number,
          line.substr(0, 80));
  return {std::string(line.substr(0, blank)), std::string(line.substr(blank + 1))};
}

class VocabularyEvents final : public JsonEvents {
 public:
  VocabularyEvents(const std::string& origin, Vocabulary& vocabulary)
      : JsonEvents(origin), vocabulary_(vocabulary) {}

  bool start_object(std::size_t) override { return ++depth_ == 1 || refuse("an object"); }
  bool end_object() override { return true; }
  bool key(string_t& name) override {
    token_ = std::move(name);
    return true;
  }
  bool number_unsigned(number_unsigned_t id) override {
    return add(static_cast<std::int64_t>(std::min<std::uint64_t>(id, INT64_MAX)));
  }
  bool number_integer(number_integer_t id) override { return add(id); }

 private:
  bool add(std::int64_t id) {
    if (depth_ == 0) refuse("a number");
    vocabulary_.add(token_, id, origin());
    return true;
  }
  Vocabulary& vocabulary_;
  std::string token_;
  int depth_ = 0;
};

class TokenizerEvents final : public JsonEvents {
 public:
  TokenizerEvents(const std::string& origin, TokenizerJson& file)
      : JsonEvents(origin), file_(file), tree_(origin) {}

  bool null() override { return scalar(nullptr, "null"); }
  bool boolean(bool value) override { return scalar(value, "true or false"); }
  bool number_float(number_float_t value, const string_t&) override { return scalar(value, "a fraction"); }
  bool number_integer(number_integer_t value) override {
    return where_ == Where::vocabulary ? add(value) : scalar(value, "a negative integer");
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (where_ != Where::vocabulary) return scalar(value, "an integer");
    return add(static_cast<std::int64_t>(std::min<std::uint64_t>(value, INT64_MAX)));
  }
  bool string(string_t& value) override;
  bool start_object(std::size_t) override;
  bool key(string_t& name) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;

 private:
  // Which object or list is open, outside the trees.
  enum class Where { outside, top, model, vocabulary, merges, pair };

  bool scalar(Json value, const char* what) {
    if (!tree_.active()) refuse(what);
    tree_.scalar(std::move(value));
    return true;
  }
  bool add(std::int64_t id) {
    file_.vocabulary->add(key_, id, origin());
    return true;
  }
  bool enter(Where where) {
    where_ = where;
    return true;
  }
  bool once(bool& seen) {
    require(!std::exchange(seen, true), ErrorKind::input, "{}: key \"{}\" stands twice in one object", origin(),
            key_);
    return true;
  }

  TokenizerJson& file_;
  JsonTreeBuilder tree_;
  Where where_ = Where::outside;
  std::string key_;
  std::vector<std::string> pair_;
  bool model_seen_ = false, vocabulary_seen_ = false, merges_seen_ = false;

 public:
  bool complete() const { return vocabulary_seen_ && merges_seen_; }
};

bool TokenizerEvents::string(string_t& value) {
  if (tree_.active()) return scalar(std::move(value), "a string");
  if (where_ == Where::pair) {
    pair_.push_back(std::move(value));
  } else if (where_ == Where::merges) {
    file_.merges.push_back(split_merge(value, file_.merges.size(), origin()));
  } else {
    refuse("a string");
  }
  return true;
}

bool TokenizerEvents::start_object(std::size_t) {
  if (tree_.active()) {
    tree_.open(Json::object());
    return true;
  }
  if (where_ == Where::outside) return enter(Where::top);
  if (where_ == Where::top && key_ == "model") return once(model_seen_) && enter(Where::model);
  if (where_ == Where::model && key_ == "vocab") return once(vocabulary_seen_) && enter(Where::vocabulary);
  return refuse("an object");
}

bool TokenizerEvents::key(string_t& name) {
  if (tree_.active()) {
    tree_.key(name);
    return true;
  }
  key_ = std::move(name);
  const bool streamed = where_ == Where::vocabulary || (where_ == Where::top && key_ == "model") ||
                        (where_ == Where::model && (key_ == "vocab" || key_ == "merges"));
  if (streamed) return true;
  Json& target = where_ == Where::top ? file_.settings : file_.model;
  require(!target.contains(key_), ErrorKind::input, "{}: key \"{}\" stands twice in one object", origin(),
          key_);
  require(target.size() < 64, ErrorKind::input, "{}: \"{}\" is one key too many, this is no tokenizer",
          origin(), key_);
  tree_.begin(target[key_]);
  return true;
}

bool TokenizerEvents::end_object() {
  if (tree_.active()) {
    tree_.close();
    return true;
  }
  return enter(where_ == Where::vocabulary ? Where::model
               : where_ == Where::model    ? Where::top
                                           : Where::outside);
}

bool TokenizerEvents::start_array(std::size_t) {
  if (tree_.active()) {
    tree_.open(Json::array());
    return true;
  }
  if (where_ == Where::merges) return enter(Where::pair);
  if (where_ == Where::model && key_ == "merges") return once(merges_seen_) && enter(Where::merges);
  require(where_ != Where::model || key_ != "vocab", ErrorKind::unsupported,
          "{}: model.vocab is a list with scores (a {} model), only BPE models are supported", origin(),
          get_string_or(file_.model, "type", "Unigram", origin()));
  return refuse("a list");
}

bool TokenizerEvents::end_array() {
  if (tree_.active()) {
    tree_.close();
    return true;
  }
  if (where_ == Where::merges) return enter(Where::model);
  require(pair_.size() == 2, ErrorKind::input, "{}: merge {} is a list of {}, expected two tokens", origin(),
          file_.merges.size(), pair_.size());
  file_.merges.emplace_back(std::move(pair_[0]), std::move(pair_[1]));
  pair_.clear();
  return enter(Where::merges);
}

}  // namespace

TokenizerJson read_tokenizer_json(std::string_view text, const std::string& origin) {
  TokenizerJson file;
  TokenizerEvents events(origin, file);
  read_json_events(text, events, origin);
  const std::string type = get_string_or(file.model, "type", "BPE", origin);
  require(type == "BPE", ErrorKind::unsupported, "{}: model.type is \"{}\", only BPE models are supported",
          origin, type);
  require(events.complete(), ErrorKind::input, "{}: a BPE model needs model.vocab and model.merges", origin);
  file.vocabulary->finish(origin);
  return file;
}

std::shared_ptr<Vocabulary> read_vocabulary_json(std::string_view text, const std::string& origin) {
  auto vocabulary = std::make_shared<Vocabulary>();
  VocabularyEvents events(origin, *vocabulary);
  read_json_events(text, events, origin);
  vocabulary->finish(origin);
  return vocabulary;
}

MergeList read_merges(std::string_view text, const std::string& origin) {
  MergeList merges;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with("#version")) continue;
    merges.push_back(split_merge(line, merges.size(), origin));
  }
  return merges;
}

}  // namespace halftone
