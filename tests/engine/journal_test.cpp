#include "halftone/engine/journal.h"

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

TEST(Journal, ALineIsTheKindAndTheFieldsInOrder) {
  EXPECT_EQ(journal_line({"site", {{"site", "language.0.q"}, {"mse", 0.5}}}),
            "{\"kind\":\"site\",\"site\":\"language.0.q\",\"mse\":0.5}\n");
  EXPECT_EQ(journal_line({"empty"}), "{\"kind\":\"empty\"}\n");
}

TEST(Journal, NamesThatAreNoTextDoNotBreakIt) {
  const std::string line = journal_line({"x", {{"name", "a\xff\nb"}}});
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_EQ(Json::parse(line)["kind"], "x");
}

TEST(Journal, IsOnTheDiskAsItHappens) {
  const auto files = memory_files();
  Journal journal(*files, "/run.jsonl");
  journal.add({"one"});
  journal.add({"two"});
  EXPECT_EQ(read_file(*files, "/run.jsonl"), "{\"kind\":\"one\"}\n{\"kind\":\"two\"}\n");
  journal.finish();
}

TEST(Journal, SyncsBlocksOnly) {
  const auto disk = memory_files();
  const auto files = faulty_files(*disk, {.call = Fault::Call::sync});
  Journal journal(*files, "/run.jsonl");
  journal.add({"site"});
  expect_error(ErrorKind::resource, {"/run.jsonl"}, [&] { journal.add({"block"}); });
  expect_error(ErrorKind::resource, {"/run.jsonl"}, [&] { journal.finish(); });
}

TEST(Journal, AFullDiskIsAResourceError) {
  const auto disk = memory_files();
  const auto files = faulty_files(*disk, {.call = Fault::Call::write, .after = 1, .error = ENOSPC});
  Journal journal(*files, "/run.jsonl");
  journal.add({"site"});
  expect_error(ErrorKind::resource, {"/run.jsonl"}, [&] { journal.add({"site"}); });
}

}  // namespace
}  // namespace halftone
