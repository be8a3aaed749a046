#include "halftone/calib/json_rows.h"

#include "tests/expect_error.h"

namespace halftone {
namespace {

using testing::HasSubstr;

class JsonRows : public testing::Test {
 protected:
  void SetUp() override { write_file(*files_, "/d/a.jpg", "x"); }
  EvalRow row(const std::string& text) { return json_row(*files_, source_, parse_json(text, "t"), 3); }
  EvalTable open(const std::string& name, const std::string& text) {
    source_.path = "/d/" + name;
    write_file(*files_, source_.path, text);
    return open_json_rows(*files_, source_);
  }

  std::unique_ptr<FileSystem> files_ = memory_files();
  EvalSource source_{"/d/a.json", "", true};
};

TEST_F(JsonRows, KeysBecomeColumns) {
  const EvalRow r = row(R"({"id": 7, "image": "a.jpg", "question": "Q?", "answer": ["a", "it's", 3], "A": 2.0,
                            "hint": null, "ok": true, "meta": {"x": 1}})");
  EXPECT_EQ(r.index, "7");
  EXPECT_EQ(r.images.at(0).origin, "/d/a.jpg");
  EXPECT_EQ(r.at("answer"), R"(["a", "it's", 3])");
  EXPECT_EQ(r.at("A"), "2.0");
  EXPECT_EQ(r.at("ok"), "True");
  EXPECT_EQ(r.find("hint"), nullptr);
  EXPECT_EQ(r.find("meta"), nullptr);
  EXPECT_EQ(r.find("image"), nullptr);
  EXPECT_EQ(row(R"({"question": "Q?"})").index, "3");
}

TEST_F(JsonRows, ConversationsGiveTheirFirstQuestionAndAnswer) {
  const EvalRow r = row(R"({"image": "a.jpg", "conversations": [{"from": "human", "value": "<image>\nFirst?"},
      {"from": "gpt", "value": "One."}, {"from": "human", "value": "Second?"}, {"from": "gpt", "value": "Two."}]})");
  EXPECT_EQ(r.at("question"), "First?");
  EXPECT_EQ(r.at("answer"), "One.");
  EXPECT_THAT(r.at("conversations"), HasSubstr("Second?"));
  EXPECT_EQ(r.images.size(), 1u);
}

TEST_F(JsonRows, ObjectsThatAreNoRowsAreRefused) {
  expect_error(ErrorKind::input, {"not an object"}, [&] { row("3"); });
  expect_error(ErrorKind::input, {"input_ids"}, [&] { row(R"({"input_ids": [1]})"); });
  expect_error(ErrorKind::input, {"\"gone.jpg\"", "not there"}, [&] { row(R"({"image": "gone.jpg"})"); });
}

TEST_F(JsonRows, LinesAndListsGiveTheSameRows) {
  const EvalTable list = open("l.json", R"([{"id": "x", "question": "1"}, {"id": "y", "question": "2"}])");
  ASSERT_EQ(list.rows, 2u);
  EXPECT_EQ(list.row(1).at("question"), "2");
  const EvalTable lines =
      open("l.jsonl", "{\"id\": \"x\", \"question\": \"1\"}\r\n\n  \n{\"id\": \"y\", \"question\": \"2\"}");
  ASSERT_EQ(lines.rows, 2u);
  EXPECT_EQ(lines.row(1).at("question"), "2");
  EXPECT_EQ(lines.row(0).index, "x");
}

TEST_F(JsonRows, BrokenLinesAndTwinsAreSaidToBe) {
  const EvalTable table = open("l.jsonl", "{\"id\": 1}\n{\"id\": \n{\"id\": 1}\n{\"id\": 2}\n");
  ASSERT_EQ(table.rows, 4u);
  expect_error(ErrorKind::input, {"JSON"}, [&] { table.row(1); });
  expect_error(ErrorKind::input, {"\"1\" stands twice, first in row 1"}, [&] { table.row(2); });
  EXPECT_EQ(table.row(3).index, "2");
  expect_error(ErrorKind::input, {"expected a list"}, [&] { open("o.json", "{}"); });
}

}  // namespace
}  // namespace halftone
