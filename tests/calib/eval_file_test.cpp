#include "halftone/calib/eval_file.h"

#include "tests/expect_error.h"

namespace halftone {
namespace {

class EvalFiles : public testing::Test {
 protected:
  EvalFile open(const std::string& name, const std::string& text, std::vector<std::string> needed = {}) {
    write_file(*files_, "/d/" + name, text);
    return EvalFile(*files_, {"/d/" + name, "", true}, std::move(needed));
  }
  std::unique_ptr<FileSystem> files_ = memory_files();
};

const std::string kPicture = "Zm9v" + std::string(64, 'A');

TEST_F(EvalFiles, RowsAreNumberedFromOneAndNamedInTheirPictures) {
  const EvalFile file =
      open("a.tsv", "index\timage\tquestion\n10\t" + kPicture + "\tQ?\n11\t10\tR?\n", {"image", "question"});
  ASSERT_EQ(file.size(), 2u);
  const EvalRow row = file.row(1);
  EXPECT_EQ(row.index, "11");
  EXPECT_EQ(row.line, 2u);
  EXPECT_EQ(row.origin, "/d/a.tsv, row 2");
  EXPECT_EQ(row.images.at(0).origin, "/d/a.tsv, row 2, picture 1");
  EXPECT_EQ(file.row(0).images.at(0).bytes, row.images.at(0).bytes);
}

TEST_F(EvalFiles, AFileWithoutANeededColumnIsRefused) {
  expect_error(ErrorKind::input, {"/d/a.tsv", "\"answer\" is missing", "index, question"},
               [&] { open("a.tsv", "index\tquestion\n", {"answer"}); });
  expect_error(ErrorKind::input, {"\"image\" is missing"}, [&] { open("a.tsv", "index\n", {"image"}); });
  EXPECT_EQ(open("a.tsv", "index\timage_path\n", {"image"}).size(), 0u);
}

TEST_F(EvalFiles, ARowWithoutANeededCellIsNamedAndTheNextIsRead) {
  const EvalFile file =
      open("a.tsv", "index\timage\tanswer\n0\t" + kPicture + "\t\n1\t\tx\n2\t" + kPicture + "\tx\n",
           {"image", "answer"});
  expect_error(ErrorKind::input, {"/d/a.tsv, row 1: ", "\"answer\" is missing"}, [&] { file.row(0); });
  expect_error(ErrorKind::input, {"/d/a.tsv, row 2: ", "no picture"}, [&] { file.row(1); });
  EXPECT_EQ(file.row(2).at("answer"), "x");
}

TEST_F(EvalFiles, JsonRowsAreCheckedOneByOne) {
  const EvalFile file = open("a.jsonl", "{\"answer\": \"x\"}\n{\"question\": \"y\"}\n", {"answer"});
  EXPECT_EQ(file.row(0).at("answer"), "x");
  expect_error(ErrorKind::input, {"/d/a.jsonl, row 2: "}, [&] { file.row(1); });
}

TEST_F(EvalFiles, OtherFilesAreRefused) {
  expect_error(ErrorKind::unsupported, {"/d/a.csv", ".tsv"}, [&] { open("a.csv", "x"); });
  expect_error(ErrorKind::input, {"/d/none.tsv", "no such file"}, [&] {
    EvalFile(*files_, {"/d/none.tsv", "", true});
  });
}

}  // namespace
}  // namespace halftone
