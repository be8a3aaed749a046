#include "halftone/api/data.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "tests/api/places.h"
#include "tests/expect_error.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/api/request.h"

namespace halftone::test {
namespace {

class LoadSamples : public testing::Test {
 protected:
  LoadedData load(const std::string& path) {
    options_.data = {{path, 1, "What is it?", kPictures}};
    return load_samples(options_, checkpoint_.spec, kModel);
  }
  Registry registry_;
  Checkpoint checkpoint_ = registry_.open(kModel, Accept::float_only);
  CalibrationOptions options_;
  TempDirectory place_;
};

TEST_F(LoadSamples, DrawsAsManyAsAskedBySeed) {
  const std::string texts = write_texts(place_, 30);
  options_.samples = 10;
  const auto ids = [&] {
    std::vector<std::string> names;
    for (const auto& sample : load(texts).samples) names.push_back(sample.id);
    return names;
  };
  const auto first = ids();
  EXPECT_EQ(std::set<std::string>(first.begin(), first.end()).size(), 10u);
  EXPECT_EQ(ids(), first);
  options_.seed = 18;
  EXPECT_NE(ids(), first);
  options_.samples = 1000;
  EXPECT_EQ(ids().size(), 30u);
}

TEST_F(LoadSamples, AFolderAsksItsPromptOfEachPicture) {
  std::filesystem::create_directory(place_ / "folder");
  for (const char* name : {"scene-112.png", "jpeg-gray.jpg"})
    std::filesystem::copy(kPictures + "/" + name, place_ / ("folder/" + std::string(name)));
  write_into(place_, "folder/notes.txt", "not a picture");
  const LoadedData loaded = load(place_ / "folder");
  ASSERT_EQ(loaded.samples.size(), 2u);
  for (const auto& sample : loaded.samples) {
    EXPECT_EQ(sample.layouts.size(), 1u);
    EXPECT_EQ(std::count(sample.modality.begin(), sample.modality.end(), 1), sample.layouts[0].tokens);
  }
}

TEST_F(LoadSamples, BadRecordsStopTheRunOrAreSkipped) {
  const std::string lines = write_into(place_, "x.jsonl",
                                       "{\"text\": \"good\"}\n{\"video\": \"v.mp4\", \"conversations\": []}\n"
                                       "{\"input_ids\": [5000]}\n");
  expect_error(ErrorKind::input, {"x.jsonl, record 2", "video"}, [&] { load(lines); });
  options_.on_bad_record = OnBadRecord::skip;
  const LoadedData loaded = load(lines);
  EXPECT_EQ(loaded.samples.size(), 1u);
  EXPECT_THAT(loaded.skipped, testing::ElementsAre(testing::HasSubstr("video"), testing::HasSubstr("5000")));
}

TEST_F(LoadSamples, ManyFaultsAreCountedAndTheFirstFewShown) {
  std::string lines;
  for (int i = 0; i < 9; ++i) lines += "{\"text\": 1}\n";
  expect_error(ErrorKind::input, {"9 records", "record 1:", "record 5:", "and 4 more"},
               [&] { load(write_into(place_, "x.jsonl", lines)); });
}

TEST_F(LoadSamples, NothingUsableIsAnEmptyCalibrationSet) {
  options_.on_bad_record = OnBadRecord::skip;
  expect_error(ErrorKind::input, {"x.jsonl", "calibration set is empty"},
               [&] { load(write_into(place_, "x.jsonl", "{\"text\": 1}\n")); });
}

TEST_F(LoadSamples, StopsBetweenRecords) {
  int asked = 0;
  options_.data = {{write_texts(place_, 5), 1, "", ""}};
  expect_error(ErrorKind::interrupted, {"stop"}, [&] {
    load_samples(options_, checkpoint_.spec, kModel,
                 [&] { require(++asked < 3, ErrorKind::interrupted, "stop"); });
  });
  EXPECT_EQ(asked, 3);
}

// Ready ids need no tokenizer; text does.
TEST_F(LoadSamples, ReadyIdsNeedNoTokenizer) {
  const std::string ids = write_into(place_, "ids.jsonl", "{\"input_ids\": [1, 2, 3]}\n");
  options_.data = {{ids, 1, "", ""}};
  EXPECT_EQ(load_samples(options_, checkpoint_.spec, place_.path()).samples[0].ids,
            (std::vector<std::int64_t>{1, 2, 3}));
  options_.data = {{write_texts(place_, 1), 1, "", ""}};
  EXPECT_THROW(load_samples(options_, checkpoint_.spec, place_.path()), Error);
}

}  // namespace
}  // namespace halftone::test
