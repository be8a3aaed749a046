#include "halftone/calib/probe.h"

#include <algorithm>
#include <array>
#include <span>

#include "halftone/base/error.h"
#include "halftone/base/seed.h"

namespace halftone {
namespace {

// Drawn by tools/make_probe_pictures.py: 96 x 64 and 61 x 80 pixels.
constexpr std::array<unsigned char, 172> kGradientPng = {
    137, 80,  78,  71,  13,  10,  26,  10,  0,   0,   0,   13,  73, 72, 68,  82, 0,  0,   0,   96,  0,   0,
    0,   64,  8,   2,   0,   0,   0,   106, 86,  229, 89,  0,   0,  0,  115, 73, 68, 65,  84,  120, 218, 237,
    208, 33,  14,  0,   32,  16,  3,   193, 146, 156, 224, 255, 15, 62, 48,  40, 18, 52,  102, 54,  21,  213,
    51,  178, 146, 62,  155, 237, 223, 191, 146, 138, 222, 1,   2,  4,  8,   16, 32, 64,  128, 0,   1,   18,
    32,  64,  128, 0,   1,   2,   4,   8,   144, 0,   1,   2,   4,  8,  16,  32, 64, 128, 4,   8,   16,  32,
    64,  128, 0,   1,   2,   4,   72,  128, 0,   1,   2,   4,   8,  16, 32,  64, 2,  4,   8,   16,  32,  64,
    128, 0,   1,   18,  32,  64,  128, 0,   1,   2,   4,   8,   16, 32, 1,   2,  4,  232, 71,  27,  30,  89,
    97,  243, 16,  113, 196, 20,  0,   0,   0,   0,   73,  69,  78, 68, 174, 66, 96, 130};
constexpr std::array<unsigned char, 574> kShapesPng = {
    137, 80,  78,  71,  13,  10,  26,  10,  0,   0,   0,   13,  73,  72,  68,  82,  0,   0,   0,   61,  0,
    0,   0,   80,  8,   2,   0,   0,   0,   37,  106, 234, 58,  0,   0,   2,   5,   73,  68,  65,  84,  120,
    218, 237, 219, 45,  78,  3,   65,  20,  192, 241, 233, 6,   197, 73,  42,  80,  4,   129, 68,  34,  171,
    57,  2,   186, 154, 19,  160, 57,  71,  37,  178, 18,  85,  133, 64,  112, 128, 138, 106, 52,  98,  147,
    41,  97,  231, 235, 125, 191, 151, 116, 52,  93,  126, 188, 252, 103, 219, 157, 134, 213, 233, 248, 157,
    2,   174, 41,  197, 92,  23,  247, 197, 93,  91,  235, 155, 251, 120, 238, 25,  157, 233, 83,  172, 73,
    127, 125, 126, 196, 235, 36,  163, 83,  74,  87,  248, 171, 60,  108, 10,  131, 217, 239, 68,  179, 206,
    107, 5,   125, 223, 41,  114, 229, 254, 128, 101, 33,  96,  247, 160, 152, 81,  95,  67,  3,   250, 70,
    160, 209, 175, 106, 100, 13,  232, 155, 248, 187, 231, 151, 35,  6,   95,  204, 122, 116, 222, 44,  3,
    67,  92,  167, 81,  136, 223, 251, 96,  23,  221, 113, 115, 13,  27,  118, 35,  26,  64,  183, 220, 188,
    104, 232, 53,  219, 104, 119, 157, 180, 247, 98,  223, 45,  49,  236, 238, 149, 7,   11,  241, 53,  111,
    16,  218, 93,  39,  131, 232, 178, 91,  46,  146, 218, 245, 199, 179, 118, 52,  111, 104, 33,  46,  220,
    56,  180, 177, 27,  141, 118, 209, 9,   2,   109, 233, 70,  236, 69,  123, 55,  165, 144, 170, 91,  226,
    25,  241, 239, 218, 156, 142, 68,  180, 101, 39,  20,  180, 129, 59,  15,  155, 184, 38,  209, 167, 113,
    137, 66,  180, 231, 205, 136, 110, 185, 121, 71,  206, 139, 238, 159, 159, 140, 124, 198, 122, 186, 123,
    233, 254, 204, 207, 251, 115, 74,  233, 250, 241, 13,  167, 60,  188, 222, 26,  116, 50,  163, 121, 87,
    199, 77,  175, 37,  163, 209, 195, 70,  238, 203, 245, 126, 135, 214, 11,  161, 1,   157, 80,  6,   207,
    142, 134, 245, 13,  29,  188, 68,  214, 121, 129, 207, 191, 51,  189, 125, 171, 145, 43,  4,   233, 46,
    148, 179, 61,  40,  163, 69,  238, 131, 10,  104, 193, 251, 183, 40,  154, 223, 45,  186, 23,  165, 220,
    58,  133, 48,  187, 53,  209, 252, 157, 232, 160, 217, 220, 106, 89,  115, 186, 149, 11,  225, 113, 231,
    19,  5,   77,  52,  213, 109, 133, 230, 233, 68,  31,  77,  114, 19,  15,  202, 108, 220, 244, 131, 50,
    3,   183, 57,  154, 212, 137, 33,  26,  227, 182, 205, 26,  233, 246, 80,  8,   252, 249, 210, 13,  26,
    242, 60,  239, 9,   13,  238, 196, 9,   122, 212, 237, 100, 47,  194, 220, 222, 10,  25,  114, 251, 68,
    143, 118, 226, 13,  221, 113, 59,  204, 186, 239, 118, 91,  72,  203, 237, 28,  93,  118, 251, 71,  183,
    58,  241, 140, 78,  203, 243, 88,  196, 94,  92,  126, 105, 164, 61,  239, 16,  133, 252, 119, 7,   66,
    23,  250, 14,  129, 62,  187, 61,  191, 197, 84,  221, 177, 10,  57,  187, 103, 110, 32,  116, 66,  252,
    95,  70,  164, 207, 131, 14,  215, 47,  52,  230, 247, 20,  213, 76,  110, 95,  0,   0,   0,   0,   73,
    69,  78,  68,  174, 66,  96,  130};

template <std::size_t count>
PictureRef picture(const char* name, const std::array<unsigned char, count>& data) {
  const auto bytes = std::as_bytes(std::span(data));
  return {std::string("probe picture \"") + name + "\"", {bytes.begin(), bytes.end()}};
}
PictureRef gradient() { return picture("gradient", kGradientPng); }
PictureRef shapes() { return picture("shapes", kShapesPng); }

// A question and its answer; the pictures stand in front of the question.
DataRecord asked(std::vector<PictureRef> pictures, const std::string& question, const std::string& answer) {
  DataRecord record;
  ChatTurn user{"user", {}};
  for (std::size_t i = 0; i < pictures.size(); ++i) user.content.push_back({"", static_cast<int>(i)});
  user.content.push_back({question});
  record.pictures = std::move(pictures);
  record.turns = {std::move(user), {"assistant", {{answer}}}};
  return record;
}

std::vector<DataRecord> numbered(std::vector<DataRecord> records) {
  for (std::size_t i = 0; i < records.size(); ++i)
    records[i].id = records[i].origin = fmt::format("probe {}", i + 1);
  return records;
}

}  // namespace

std::vector<DataRecord> probe_conversations() {
  std::vector<DataRecord> records = {
      asked({}, "What is the capital of France?", "Paris."),
      asked({gradient()}, "Describe the picture.", "Colours run smoothly from one corner to the other."),
      asked({}, "Count from one to twelve.",
            "One, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve."),
      asked({shapes()}, "Which shapes are there, and which of them lies in front?",
            "A red disc and a blue box. The box covers a part of the disc, and a dark line crosses both."),
      asked({}, "Write a function that adds two numbers.",
            "def add(a, b):\n    return a + b\n\nprint(add(2, 40))  # 42"),
      asked({gradient(), shapes()}, "How do the two pictures differ?",
            "The first has no edges at all; the second is made of three shapes on a pale ground."),
      asked(
          {}, "Why does the moon have phases?",
          "The sun lights one half of the moon at any time. While the moon goes round the earth we see more or "
          "less of that half: nothing at new moon, all of it at full moon, and a growing or shrinking part in "
          "between. The shadow of the earth has no share in it, save for the hours of an eclipse."),
      asked({shapes()}, "What colour is the box?", "Blue."),
  };
  records.back().turns.push_back({"user", {{"And the disc?"}}});
  records.back().turns.push_back({"assistant", {{"Red."}}});
  return numbered(std::move(records));
}

std::vector<DataRecord> probe_ids(std::int64_t vocabulary, std::int64_t image_token,
                                  std::int64_t max_positions) {
  Random random(seed_for(0, "probe"));
  std::vector<DataRecord> records(kProbes);
  for (std::size_t i = 0; i < kProbes; ++i) {
    const auto length = std::min<std::int64_t>(8 * (static_cast<std::int64_t>(i) + 1), max_positions);
    for (std::int64_t k = 0; k < length; ++k) {
      const auto id = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(vocabulary)));
      records[i].ids.push_back(id == image_token ? (id + 1) % vocabulary : id);
    }
  }
  return numbered(std::move(records));
}

}  // namespace halftone
