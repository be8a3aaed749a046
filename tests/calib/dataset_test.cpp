#include "halftone/calib/dataset.h"

#include <map>
#include <set>

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A folder /d of data in memory; pictures are any bytes, since nothing is decoded here.
class Dataset : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& content) { write_file(*files_, "/d/" + name, content); }
  std::vector<DataRecord> read(const std::string& name) {
    bad_.clear();
    return read_dataset(*files_, {.path = "/d/" + name, .prompt = "Describe it.", .images = images_}, bad_);
  }
  std::vector<DataRecord> read(const std::string& name, const std::string& content) {
    put(name, content);
    return read(name);
  }
  // One bad record in a list between two good ones: left out, and named by its number.
  void expect_bad(const std::string& record, const std::string& piece) {
    const std::string good = R"({"text": "x"})";
    EXPECT_EQ(read("bad.json", "[" + good + "," + record + "," + good + "]").size(), 2u) << record;
    EXPECT_THAT(bad_, ElementsAre(AllOf(HasSubstr("/d/bad.json, record 2: "), HasSubstr(piece)))) << record;
  }

  std::unique_ptr<FileSystem> files_ = memory_files();
  std::string images_;
  BadRecords bad_;
};

std::string asks(const std::string& image, const std::string& words) {
  return R"({"id": 7, "image": )" + image + R"(, "conversations": [{"from": "human", "value": ")" + words +
         R"("}, {"from": "gpt", "value": "A cat."}]})";
}

// What a turn shows and says, pictures by number: "[0] words".
std::string shown(const ChatTurn& turn) {
  std::string text;
  for (const auto& item : turn.content)
    text += item.picture >= 0 ? "[" + std::to_string(item.picture) + "]" : "{" + item.text + "}";
  return turn.role + ":" + text;
}

TEST_F(Dataset, ReadsConversations) {
  put("a.jpg", "x");
  const auto records = read("c.json", "[" + asks("\"a.jpg\"", "<image>\\nWhat is it?") + "]");
  ASSERT_THAT(bad_, IsEmpty());
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].id, "7");
  EXPECT_EQ(records[0].origin, "/d/c.json, record 1");
  EXPECT_EQ(records[0].pictures[0].origin, "/d/a.jpg");
  EXPECT_EQ(shown(records[0].turns[0]), "user:[0]{What is it?}");
  EXPECT_EQ(shown(records[0].turns[1]), "assistant:{A cat.}");
}

TEST_F(Dataset, MarkersMoveBeforeTheWordsOfTheirTurn) {
  put("a.jpg", "x");
  put("b.jpg", "x");
  const auto first_turn = [&](const std::string& image, const std::string& words) {
    const auto records = read("c.json", "[" + asks(image, words) + "]");
    return bad_.empty() ? shown(records[0].turns[0]) : bad_[0];
  };
  EXPECT_EQ(first_turn("\"a.jpg\"", "What is it?\\n<image>"), "user:[0]{What is it?}");
  EXPECT_EQ(first_turn("\"a.jpg\"", "Is <image> it?"), "user:[0]{Is  it?}");
  EXPECT_EQ(first_turn("\"a.jpg\"", "What is it?"), "user:[0]{What is it?}");  // no marker at all
  EXPECT_EQ(first_turn(R"(["a.jpg", "b.jpg"])", "One <image> two <image>"), "user:[0][1]{One  two}");
  EXPECT_EQ(first_turn(R"(["a.jpg", "b.jpg"])", "Which?"), "user:[0][1]{Which?}");
  EXPECT_EQ(first_turn("[]", "Nothing to see."), "user:{Nothing to see.}");
}

TEST_F(Dataset, MarkersOfLaterTurnsStayInTheirTurn) {
  put("a.jpg", "x");
  put("b.jpg", "x");
  const auto records = read("c.json", R"([{"image": ["a.jpg", "b.jpg"], "conversations": [
      {"from": "system", "value": "Be brief."}, {"role": "user", "content": "<image>First?"},
      {"from": "gpt", "value": "Yes."}, {"from": "human", "value": "Second?<image>"}]}])");
  ASSERT_THAT(bad_, IsEmpty());
  EXPECT_EQ(shown(records[0].turns[0]), "system:{Be brief.}");
  EXPECT_EQ(shown(records[0].turns[1]), "user:[0]{First?}");
  EXPECT_EQ(shown(records[0].turns[3]), "user:[1]{Second?}");
}

TEST_F(Dataset, ReadsLinesOfEveryKind) {
  const auto records =
      read("t.jsonl",
           "{\"text\": \"Hello.\"}\r\n\n  \n{\"input_ids\": [1, 2, 3]}\n"
           "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"conversations\": null}");
  ASSERT_THAT(bad_, IsEmpty());
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].text, "Hello.");
  EXPECT_EQ(records[1].id, "t.jsonl:4");  // lines are counted as an editor does
  EXPECT_THAT(records[1].ids, ElementsAre(1, 2, 3));
  EXPECT_EQ(shown(records[2].turns[0]), "user:{Hi}");
}

TEST_F(Dataset, ABrokenLineIsNamedAndTheRestIsRead) {
  EXPECT_EQ(read("t.jsonl", "{\"text\": \"a\"}\n{\"text\": \n{\"text\": \"b\"}").size(), 2u);
  EXPECT_THAT(bad_, ElementsAre(HasSubstr("/d/t.jsonl, record 2: ")));
}

TEST_F(Dataset, AFolderGivesItsPicturesWithThePrompt) {
  for (const char* name :
       {"p/b.PNG", "p/a.jpeg", "p/c.webp", "p/notes.txt", "p/noext", "p/.jpg.swp", "p/sub/d.jpg"})
    put(name, "x");
  put("p/folder.jpg/x.txt", "x");  // a folder with a picture's name
  const auto records = read("p");
  std::vector<std::string> ids;
  for (const auto& record : records) ids.push_back(record.id);
  EXPECT_THAT(ids, ElementsAre("a.jpeg", "b.PNG", "c.webp"));
  EXPECT_EQ(shown(records.at(0).turns[0]), "user:[0]{Describe it.}");
  EXPECT_EQ(records.at(0).pictures[0].origin, "/d/p/a.jpeg");
}

TEST_F(Dataset, PicturesAreLookedForInTheirFolderThenBesideThenInImages) {
  const auto found = [&](const std::string& name) {
    const auto records = read("c.json", "[" + asks("\"" + name + "\"", "<image>?") + "]");
    return bad_.empty() ? records[0].pictures[0].origin : bad_[0];
  };
  put("images/a.jpg", "x");
  EXPECT_EQ(found("a.jpg"), "/d/images/a.jpg");
  EXPECT_EQ(found("train2014/a.jpg"), "/d/images/a.jpg");
  put("a.jpg", "x");
  EXPECT_EQ(found("a.jpg"), "/d/a.jpg");
  images_ = "/pictures";
  write_file(*files_, "/pictures/a.jpg", "x");
  EXPECT_EQ(found("a.jpg"), "/pictures/a.jpg");
  EXPECT_EQ(found("/d/a.jpg"), "/d/a.jpg");
  EXPECT_THAT(found("gone.jpg"),
              AllOf(HasSubstr("\"gone.jpg\""), HasSubstr("/pictures/gone.jpg, /d/gone.jpg")));
  EXPECT_THAT(found("/d/gone.jpg"), HasSubstr("/d/gone.jpg"));
  EXPECT_THAT(found("images"), HasSubstr("not there"));  // a folder is no picture
}

TEST_F(Dataset, BadRecordsAreNamedByWhatIsWrong) {
  put("a.jpg", "x");
  const std::string turn = R"("conversations": [{"from": "human", "value": "Hi"}])";
  expect_bad("3", "not an object");
  expect_bad("{}", "neither \"conversations\", \"text\" nor \"input_ids\"");
  expect_bad(R"({"text": 4})", "\"text\"");
  expect_bad(R"({"text": ""})", "\"text\" is empty");
  expect_bad(R"({"input_ids": []})", "\"input_ids\" is empty");
  expect_bad(R"({"input_ids": [1.5]})", "input_ids");
  expect_bad(R"({"input_ids": "1"})", "input_ids");
  expect_bad(R"({"conversations": []})", "no list of turns");
  expect_bad(R"({"conversations": "Hi"})", "no list of turns");
  expect_bad(R"({"conversations": ["Hi"]})", "\"from\" and \"value\"");
  expect_bad(R"({"conversations": [{"from": "human"}]})", "\"from\" and \"value\"");
  expect_bad(R"({"conversations": [{"from": "human", "value": 3}]})", "\"from\" and \"value\"");
  expect_bad(R"({"conversations": [{"from": "dog", "value": "Woof"}]})", "\"dog\"");
  expect_bad(R"({"video": "v.mp4", )" + turn + "}", "video");
  expect_bad(R"({"videos": ["v.mp4"], "text": "x"})", "video");
  expect_bad(R"({"conversations": [{"from": "human", "value": "<video>What?"}]})", "video");
  expect_bad(R"({"image": 4, )" + turn + "}", "neither a name nor a list");
  expect_bad(R"({"image": [4], )" + turn + "}", "no name");
  expect_bad(R"({"image": "", )" + turn + "}", "not there");
  expect_bad(R"({"image": "a.jpg", "text": "A cat."})", "picture");
  expect_bad(R"({"image": "a.jpg", "input_ids": [1]})", "picture");
  expect_bad(R"({"conversations": [{"from": "human", "value": "<image>?"}]})",
             "1 <image> markers, but 0 pictures");
  expect_bad(asks("\"a.jpg\"", "<image><image>"), "2 <image> markers, but 1 pictures");
  expect_bad(R"({"image": "a.jpg", "conversations": [{"from": "gpt", "value": "A cat."}]})", "no turn asks");
}

TEST_F(Dataset, FilesThatAreNoDataAreAnError) {
  const auto refused = [&](const std::string& name, const std::string& content, ErrorKind kind,
                           const std::string& piece) {
    put(name, content);
    expect_error(kind, {"/d/" + name, piece}, [&] { read(name); });
  };
  refused("a.json", "{\"text\": \"x\"}", ErrorKind::input, "expected a list");
  refused("a.json", "[{", ErrorKind::input, "");
  refused("a.json", "", ErrorKind::input, "");
  refused("a.csv", "a,b", ErrorKind::unsupported, ".json, .jsonl, or a folder");
  expect_error(ErrorKind::input, {"/d/none.json", "no such file"}, [&] { read("none.json"); });
}

TEST_F(Dataset, EmptySetsAreEmpty) {
  EXPECT_THAT(read("e.json", "[]"), IsEmpty());
  EXPECT_THAT(read("e.jsonl", "\n"), IsEmpty());
  EXPECT_THAT(draw_records({}, {}, 5, 1), IsEmpty());
  EXPECT_THAT(draw_records({{}, {}}, {1, 1}, 5, 1), IsEmpty());
}

// ---- drawing

std::vector<DataRecord> numbered(const std::string& source, int count) {
  std::vector<DataRecord> records(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) records[static_cast<size_t>(i)].id = source + std::to_string(i);
  return records;
}

std::vector<std::string> draw(const std::vector<int>& sizes, const std::vector<double>& weights, int count,
                              std::uint64_t seed = 1) {
  std::vector<std::vector<DataRecord>> sources;
  for (const int size : sizes)
    sources.push_back(numbered(std::string(1, static_cast<char>('a' + sources.size())), size));
  std::vector<std::string> ids;
  for (const auto& record : draw_records(std::move(sources), weights, count, seed)) ids.push_back(record.id);
  return ids;
}

// Records taken of each source.
std::vector<int> shares(const std::vector<int>& sizes, const std::vector<double>& weights, int count) {
  std::vector<int> taken(sizes.size());
  for (const auto& id : draw(sizes, weights, count)) ++taken[static_cast<size_t>(id[0] - 'a')];
  return taken;
}

TEST(DrawRecords, SharesFollowTheWeights) {
  EXPECT_THAT(shares({100, 100}, {3, 1}, 40), ElementsAre(30, 10));
  EXPECT_THAT(shares({100, 100}, {1, 0}, 40), ElementsAre(40, 0));
  EXPECT_THAT(shares({10, 10, 10}, {1, 1, 1}, 10), ElementsAre(4, 3, 3));
  // Quotas 2.4, 0.8, 0.8: the two largest remainders round up.
  EXPECT_THAT(shares({100, 100, 100}, {0.6, 0.2, 0.2}, 4), ElementsAre(2, 1, 1));
  // Quotas 3.5, 2.1, 1.4.
  EXPECT_THAT(shares({100, 100, 100}, {5, 3, 2}, 7), ElementsAre(4, 2, 1));
}

TEST(DrawRecords, WhatAShortSourceLacksTheOthersMakeUp) {
  EXPECT_THAT(shares({5, 100}, {1, 1}, 40), ElementsAre(5, 35));
  EXPECT_THAT(shares({5, 100, 100}, {1, 2, 1}, 35), ElementsAre(5, 20, 10));
  EXPECT_THAT(shares({5, 7}, {1, 1}, 40), ElementsAre(5, 7));
  EXPECT_THAT(shares({5, 7}, {1, 0}, 40), ElementsAre(5, 0));
  EXPECT_THAT(shares({0, 3}, {1, 1}, 2), ElementsAre(0, 2));
}

TEST(DrawRecords, NothingIsDrawnTwice) {
  const auto ids = draw({50, 30}, {1, 2}, 60);
  EXPECT_EQ(ids.size(), 60u);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 60u);
}

TEST(DrawRecords, TheSeedDecidesAlone) {
  EXPECT_EQ(draw({50, 30}, {1, 1}, 40, 5), draw({50, 30}, {1, 1}, 40, 5));
  EXPECT_NE(draw({50, 30}, {1, 1}, 40, 5), draw({50, 30}, {1, 1}, 40, 6));
  EXPECT_NE(draw({50}, {1}, 50, 5), draw({50}, {1}, 50, 6));
}

// Every record of a source is as likely as any other.
TEST(DrawRecords, EveryRecordHasItsChance) {
  std::map<std::string, int> counts;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    for (const auto& id : draw({10}, {1}, 5, seed)) ++counts[id];
  }
  ASSERT_EQ(counts.size(), 10u);
  for (const auto& [id, count] : counts) EXPECT_NEAR(count, 2000, 190) << id;  // six deviations
}

}  // namespace
}  // namespace halftone
