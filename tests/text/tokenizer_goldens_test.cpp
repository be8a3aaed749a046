// Id for id what the reference library makes of the same texts; see tests/goldens/tokenizers/README.md.
#include <cstdlib>

#include <gtest/gtest.h>

#include "halftone/base/json.h"
#include "halftone/text/tokenizer.h"

namespace halftone {
namespace {

using Ids = std::vector<std::int64_t>;

std::string goldens(const std::string& name) { return std::string(HALFTONE_GOLDENS) + "/tokenizers/" + name; }

template <class Check>
int for_each_line(const std::string& path, Check&& check) {
  const std::string text = read_file(posix_files(), path);
  int lines = 0;
  for (std::string_view rest = text; !rest.empty(); ++lines) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    check(parse_json(rest.substr(0, end), path));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return lines;
}

// Lines {text, ids, ids_without_special, decoded, decoded_skip_special}.
int check_goldens(const Tokenizer& tokenizer, const std::string& path) {
  return for_each_line(path, [&](const Json& line) {
    const auto text = line["text"].get<std::string>();
    const auto ids = line["ids"].get<Ids>();
    EXPECT_EQ(tokenizer.encode(text, true), ids) << line["text"];
    EXPECT_EQ(tokenizer.encode(text, false), line["ids_without_special"].get<Ids>()) << line["text"];
    EXPECT_EQ(tokenizer.decode(ids, false), line["decoded"].get<std::string>());
    EXPECT_EQ(tokenizer.decode(ids, true), line["decoded_skip_special"].get<std::string>());
    for (const std::int64_t id : ids) EXPECT_LE(id, tokenizer.max_id());
  });
}

Tokenizer load(const std::string& directory) { return Tokenizer::from_directory(posix_files(), directory); }

TEST(TokenizerGoldens, Texts) {
  EXPECT_EQ(
      check_goldens(load(std::string(HALFTONE_EXAMPLES) + "/mini-qwen2vl"), goldens("mini-qwen2vl.jsonl")),
      320);
  for (const std::string name : {"mini-llava", "metaspace", "splits"}) {
    EXPECT_EQ(check_goldens(load(goldens(name)), goldens(name + ".jsonl")), 320) << name;
  }
}

// tokenizer.model says the same as the tokenizer.json that was made of it.
TEST(TokenizerGoldens, SentencePieceAloneIsTheSameTokenizer) {
  const auto files = memory_files();
  for (const std::string name : {"tokenizer.model", "tokenizer_config.json", "added_tokens.json"}) {
    write_file(*files, "m/" + name, read_file(posix_files(), goldens("mini-llava/" + name)));
  }
  EXPECT_EQ(check_goldens(Tokenizer::from_directory(*files, "m"), goldens("mini-llava.jsonl")), 320);
}

TEST(TokenizerGoldens, VocabAndMergesAreTheSameTokenizer) {
  const auto files = memory_files();
  for (const std::string name : {"vocab.json", "merges.txt", "tokenizer_config.json"}) {
    write_file(*files, "m/" + name,
               read_file(posix_files(), std::string(HALFTONE_EXAMPLES) + "/mini-qwen2vl/" + name));
  }
  EXPECT_EQ(check_goldens(Tokenizer::from_directory(*files, "m"), goldens("mini-qwen2vl.jsonl")), 320);
}

// Whole prompts and answers of reference runs: {prompt, ids, generated, answer}.
TEST(TokenizerGoldens, Prompts) {
  for (const std::string name : {"mini-qwen2vl", "mini-llava", "mini-internvl2", "mini-internlm2"}) {
    const bool example = name == "mini-qwen2vl";
    const Tokenizer tokenizer = load(example ? std::string(HALFTONE_EXAMPLES) + "/" + name : goldens(name));
    const int lines = for_each_line(goldens("prompts/" + name + ".jsonl"), [&](const Json& line) {
      EXPECT_EQ(tokenizer.encode(line["prompt"].get<std::string>(), true), line["ids"].get<Ids>()) << name;
      EXPECT_EQ(tokenizer.decode(line["generated"].get<Ids>(), true), line["answer"].get<std::string>())
          << name;
    });
    EXPECT_GE(lines, 2);
  }
}

// Vocabularies of published models are not ours to ship. HALFTONE_REAL_TOKENIZERS names a folder that holds one
// folder for each, with tokenizer.json and golden-encodings.jsonl.
TEST(TokenizerGoldens, RealVocabularies) {
  const char* const root = std::getenv("HALFTONE_REAL_TOKENIZERS");
  if (!root) GTEST_SKIP() << "HALFTONE_REAL_TOKENIZERS is not set";
  int checked = 0;
  for (const auto& name : posix_files().list(root)) {
    const std::string directory = join_path(root, name);
    if (!posix_files().stat(join_path(directory, "tokenizer.json")).exists) continue;
    SCOPED_TRACE(name);
    checked += check_goldens(load(directory), join_path(directory, "golden-encodings.jsonl"));
  }
  EXPECT_GT(checked, 0);
}

}  // namespace
}  // namespace halftone
