// Calibration data that cannot be used: exit code 3, the record named, nothing written.
#include <filesystem>

#include "tests/e2e/program.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halftone::e2e {
namespace {

namespace fs = std::filesystem;

class BadData : public testing::Test {
 protected:
  // The good records, and after them one made by `record`.
  std::string data_with(const Json& record) const {
    Json records = Json::parse(read_text(write_conversations(place_, 20)));
    records.push_back(record);
    write_text(place_ / "data.json", records.dump());
    return place_ / "data.json";
  }

  Finished quantize(const std::string& data, const std::string& model = kModel,
                    const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"quantize", model,      "-r",      "gptq-w4g64", "--data",
                                          data,       "--images", kPictures, "-o",         place_ / "out"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return halftone(arguments);
  }

  void expect_refused(const std::string& data, const std::vector<std::string>& pieces,
                      const std::string& model = kModel) const {
    expect_refusal(quantize(data, model), 3, pieces);
    for (const auto& name : names_in(place_.path())) EXPECT_FALSE(name.starts_with("out")) << name;
  }

  TempDirectory place_;
};

TEST_F(BadData, MissingPicture) {
  const std::string data = data_with(record_about("bad", "gone.png"));
  expect_refused(data, {data + ", record 21", "\"gone.png\"", kPictures + "/gone.png"});
}

TEST_F(BadData, BrokenPictures) {
  write_text(place_ / "broken.jpg", "\xff\xd8\xff\xe0 and no more");
  write_text(place_ / "words.png", "no picture at all");
  write_text(place_ / "empty.webp", "");
  for (const std::string name : {"broken.jpg", "words.png", "empty.webp"})
    expect_refused(data_with(record_about("bad", name)), {"record 21", place_ / name});
}

// The header is whole, so only the run itself finds out.
TEST_F(BadData, PictureThatEndsEarly) {
  const std::string whole = read_text(kPictures + "/png-rgba.png");
  write_text(place_ / "half.png", whole.substr(0, whole.size() / 2));
  expect_refused(data_with(record_about("bad", "half.png")), {place_ / "half.png"});
}

TEST_F(BadData, VideosAreRefusedByNameAndCounted) {
  Json records = Json::parse(read_text(data_with(
      {{"id", "v"}, {"video", "clip.mp4"}, {"conversations", record_about("v", "x")["conversations"]}})));
  records.push_back({{"id", "w"}, {"conversations", {{{"from", "human"}, {"value", "<video>\nWhat?"}}}}});
  write_text(place_ / "data.json", records.dump());
  expect_refused(place_ / "data.json",
                 {"2 records", "record 21: ", "record 22: ", "video", "frames", "on_bad_record=skip"});
}

TEST_F(BadData, SkippedRecordsAreWarnedOfAndCounted) {
  const std::string data = data_with({{"id", "v"}, {"video", "clip.mp4"}, {"conversations", Json::array()}});
  const auto finished = quantize(data, kModel, {"--json", "--set", "calibration.on_bad_record=skip"});
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.err, testing::HasSubstr("warning: skipped " + data + ", record 21: holds a video"));
  EXPECT_EQ(Json::parse(finished.out)["skipped_records"], 1);
}

TEST_F(BadData, EmptySets) {
  write_text(place_ / "empty.json", "[]");
  write_text(place_ / "empty.jsonl", "\n\n");
  fs::create_directory(place_ / "folder");
  for (const std::string name : {"empty.json", "empty.jsonl", "folder"})
    expect_refused(place_ / name, {place_ / name, "calibration set is empty"});
}

TEST_F(BadData, MoreTokensThanTheModelHasPositions) {
  const ModelCopy model;
  model.edit_json("config.json", [](Json& config) { config["max_position_embeddings"] = 24; });
  expect_refused(data_with(record_about("bad", "scene-112.png")), {"24 positions", "record "}, model.path());
}

TEST_F(BadData, FilesThatAreNoData) {
  write_text(place_ / "data.json", "[{\"id\": 1,]");
  expect_refused(place_ / "data.json", {place_ / "data.json"});
  write_text(place_ / "data.json", "{\"text\": \"not a list\"}");
  expect_refused(place_ / "data.json", {place_ / "data.json", "list"});
  expect_refused(place_ / "nowhere.json", {place_ / "nowhere.json"});
  write_text(place_ / "lines.jsonl", "{\"text\": \"good\"}\n{\"text\": \n");
  expect_refused(place_ / "lines.jsonl", {place_ / "lines.jsonl, record 2"});
  write_text(place_ / "lines.jsonl", "{\"input_ids\": [1, 2, 999999]}\n");
  expect_refused(place_ / "lines.jsonl", {place_ / "lines.jsonl, record 1", "999999", "1024"});
}

TEST_F(BadData, AnUnknownKindOfFileIsUnsupported) {
  write_text(place_ / "data.parquet", "PAR1");
  expect_refusal(quantize(place_ / "data.parquet"), 4, {place_ / "data.parquet", ".jsonl"});
}

TEST_F(BadData, RecordsOfAnotherForm) {
  expect_refused(data_with({{"id", "x"}, {"image", "scene-112.png"}}), {"record 21", "conversations"});
  expect_refused(data_with({{"conversations", {{{"from", "narrator"}, {"value", "Once"}}}}}),
                 {"record 21", "narrator"});
  Json two = record_about("bad", "scene-112.png");
  two["conversations"][0]["value"] = "<image><image> Which?";
  expect_refused(data_with(two), {"record 21", "2 <image> markers, but 1 pictures"});
}

}  // namespace
}  // namespace halftone::e2e
