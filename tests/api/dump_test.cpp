#include <filesystem>

#include "tests/api/places.h"
#include "tests/expect_error.h"
#include <gtest/gtest.h>

#include "halftone/api/api.h"

namespace halftone::test {
namespace {

TEST(DumpVerb, TakesAnyKindOfRecordAndNeverReplacesAFile) {
  const TempDirectory place;
  const std::string ids = write_into(place, "ids.json", "{\"input_ids\": [5, 6, 7]}");
  const std::string text = write_into(place, "text.json", "{\"text\": \"A word.\"}");
  const std::string picture =
      write_into(place, "picture.json",
                 R"({"image": "scene-112.png", "conversations": [{"from": "human", "value": "What?"}]})");
  const Json r = api::dump({kModel, ids, "", place / "ids.safetensors", "cpu"});
  EXPECT_EQ(r["file"], place / "ids.safetensors");
  EXPECT_EQ(r["tensors"]["logits"], Json({3, 1024}));
  EXPECT_FALSE(r["tensors"].contains("image_features"));
  EXPECT_TRUE(api::dump({kModel, text, "", place / "text.safetensors", "cpu"})["tensors"].contains("logits"));
  EXPECT_TRUE(api::dump({kModel, picture, kPictures, place / "picture.safetensors", "cpu"})["tensors"].contains(
      "image_features"));
  expect_error(ErrorKind::conflict, {"ids.safetensors", "exists"}, [&] {
    api::dump({kModel, ids, "", place / "ids.safetensors", "cpu"});
  });
}

TEST(DumpVerb, RefusesASampleThatIsNone) {
  const TempDirectory place;
  const auto dump = [&](const std::string& text) {
    api::dump({kModel, write_into(place, "s.json", text), "", place / "out.safetensors", "cpu"});
  };
  expect_error(ErrorKind::input, {"s.json"}, [&] { dump("{"); });
  expect_error(ErrorKind::input, {"object"}, [&] { dump("[1]"); });
  expect_error(ErrorKind::input, {"gone.png"},
               [&] { dump(R"({"image": "gone.png", "conversations": [{"from": "human", "value": "?"}]})"); });
  EXPECT_FALSE(std::filesystem::exists(place / "out.safetensors"));
}

}  // namespace
}  // namespace halftone::test
