#include "halftone/calib/probe.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "halftone/calib/encode.h"
#include "halftone/media/decode.h"

namespace halftone {
namespace {

Rgb8 decoded(const PictureRef& picture) { return decode_image(picture.load(*memory_files()), picture.origin); }

TEST(ProbeConversations, AreEightOfDifferentLengthFourWithPictures) {
  const auto records = probe_conversations();
  ASSERT_EQ(records.size(), kProbes);
  std::set<std::string> ids;
  std::multiset<std::size_t> pictures;
  for (const auto& record : records) {
    ids.insert(record.id);
    pictures.insert(record.pictures.size());
    EXPECT_EQ(record.turns.back().role, "assistant") << record.id;
    EXPECT_FALSE(record.origin.empty());
  }
  EXPECT_EQ(ids.size(), kProbes);
  EXPECT_EQ(pictures, (std::multiset<std::size_t>{0, 0, 0, 0, 1, 1, 1, 2}));
}

TEST(ProbeConversations, BringTheirPicturesAsTheyWereDrawn) {
  const auto records = probe_conversations();
  const auto both =
      std::find_if(records.begin(), records.end(), [](const auto& r) { return r.pictures.size() == 2; });
  const Rgb8 gradient = decoded(both->pictures[0]), shapes = decoded(both->pictures[1]);
  ASSERT_EQ(std::pair(gradient.width, gradient.height), std::pair(96, 64));
  ASSERT_EQ(std::pair(shapes.width, shapes.height), std::pair(61, 80));
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 96; ++x) {
      const std::uint8_t* pixel =
          gradient.data.data() + static_cast<std::size_t>(y) * gradient.stride() + 3 * x;
      ASSERT_EQ(pixel[0], 8 * (x / 4));
      ASSERT_EQ(pixel[1], 255 - 2 * x);
      ASSERT_EQ(pixel[2], 4 * y);
    }
  }
  EXPECT_EQ(shapes.data[0], 236);  // its ground
}

TEST(ProbeConversations, AreEncodedInAFamilysOwnFormat) {
  const Tokenizer tokenizer = Tokenizer::from_directory(posix_files(), HALFTONE_EXAMPLES "/mini-qwen2vl");
  ChatFormat chat;
  chat.user = {"<|im_start|>user\n", "<|im_end|>", "\n"};
  chat.assistant = {"<|im_start|>assistant\n", "<|im_end|>", "\n"};
  chat.image_token = "<|image_pad|>";
  const ImagePolicy images = PatchGridPolicy{};
  std::set<std::size_t> lengths;
  for (const auto& record : probe_conversations()) {
    const Sample sample = encode_record(
        {*memory_files(), &tokenizer, chat, images, *tokenizer.id_of("<|image_pad|>"), 1024, 4096, 4096},
        record);
    lengths.insert(sample.ids.size());
    EXPECT_EQ(sample.layouts.size(), record.pictures.size());
    EXPECT_GT(std::count(sample.answer.begin(), sample.answer.end(), 1), 2) << record.id;
  }
  EXPECT_EQ(lengths.size(), kProbes);
}

TEST(ProbeIds, StayInTheVocabularyAndOffThePlaceholder) {
  std::set<std::int64_t> seen;
  for (const auto& record : probe_ids(3, 2, 4096)) seen.insert(record.ids.begin(), record.ids.end());
  EXPECT_EQ(seen, (std::set<std::int64_t>{0, 1}));
}

TEST(ProbeIds, GrowByEightUpToWhatTheModelTakesAndRepeat) {
  const auto records = probe_ids(1000, -1, 20);
  ASSERT_EQ(records.size(), kProbes);
  for (std::size_t i = 0; i < kProbes; ++i) {
    EXPECT_EQ(records[i].ids.size(), std::min<std::size_t>(8 * (i + 1), 20));
    EXPECT_EQ(records[i].ids, probe_ids(1000, -1, 20)[i].ids);
  }
}

}  // namespace
}  // namespace halftone
