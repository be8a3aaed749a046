#include "halftone/calib/identity.h"

#include "tests/expect_error.h"
#include <gtest/gtest.h>

#include "halftone/base/sha256.h"
#include "halftone/media/decode.h"

namespace halftone {
namespace {

const std::string kPictures = std::string(HALFTONE_GOLDENS) + "/images";

PictureRef picture(const std::string& name) { return {kPictures + "/" + name, {}}; }

DataRecord record(const std::string& question, const std::vector<std::string>& names) {
  DataRecord r;
  r.origin = "data.json, record 1";
  for (const auto& name : names) r.pictures.push_back(picture(name));
  r.turns = {{"user", {{"", 0}, {question, -1}}}, {"assistant", {{"yes", -1}}}, {"user", {{"And now?", -1}}}};
  return r;
}

TEST(Identity, OfAQuestionIsTheHashOfItsWordsWithSingleBlanks) {
  EXPECT_EQ(question_identity("What is  this?"), sha256_hex(std::string_view("What is this?")));
  EXPECT_EQ(question_identity("\n What\tis \xC2\xA0this? \r\n"), question_identity("What is this?"));
  EXPECT_NE(question_identity("What is This?"), question_identity("What is this?"));
}

TEST(Identity, OfAPictureIsTheHashOfItsPixelsNotOfItsFile) {
  const PictureRef png = picture("scene-112.png");
  const Rgb8 image = decode_image(png.load(posix_files()), png.origin);
  EXPECT_EQ(picture_identity(posix_files(), png), sha256_hex(std::as_bytes(std::span(image.data))));
  EXPECT_EQ(picture_identity(posix_files(), {"bytes", png.load(posix_files())}),
            picture_identity(posix_files(), png));
}

TEST(Identity, CalibrationHoldsARowByItsPicturesAndItsQuestion) {
  const RecordIdentity one = record_identity(posix_files(), record("What is this?", {"scene-112.png"}));
  ASSERT_EQ(one.questions.size(), 2u);
  const CalibrationRows rows({{"calibration_rows", {to_json(one)}}}, "run.jsonl");
  const auto holds = [&](const std::vector<std::string>& names, const std::string& question) {
    std::vector<PictureRef> pictures;
    for (const auto& name : names) pictures.push_back(picture(name));
    return rows.holds(pictures_identity(posix_files(), pictures), question_identity(question));
  };
  EXPECT_TRUE(holds({"scene-112.png"}, " What is\nthis?"));
  EXPECT_TRUE(holds({"scene-112.png"}, "And now?"));
  EXPECT_FALSE(holds({"scene-112.png"}, "What is that?"));
  EXPECT_FALSE(holds({"scene-84x140.png"}, "What is this?"));
  EXPECT_FALSE(holds({"scene-112.png", "scene-112.png"}, "What is this?"));
  EXPECT_FALSE(holds({}, "What is this?"));
}

TEST(Identity, RecordsThatDoNotTellHoldNothingAndNonsenseIsRefused) {
  EXPECT_TRUE(CalibrationRows(Json::object(), "run.jsonl").empty());
  EXPECT_TRUE(CalibrationRows().empty());
  for (const Json& bad : {Json("x"), Json{1}, Json{Json::object()}}) {
    expect_error(ErrorKind::input, {"run.jsonl", "calibration_rows"}, [&] {
      CalibrationRows({{"calibration_rows", bad}}, "run.jsonl");
    });
  }
  expect_error(ErrorKind::input, {"record 1", "none.png"},
               [] { record_identity(posix_files(), record("?", {"none.png"})); });
}

}  // namespace
}  // namespace halftone
