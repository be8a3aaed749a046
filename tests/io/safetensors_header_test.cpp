#include "halftone/io/safetensors_header.h"

#include <chrono>
#include <ctime>
#include <fstream>

#include "tests/expect_error.h"
#include "tests/io/raw_safetensors.h"
#include <gtest/gtest.h>

#include "halftone/base/seed.h"
#include "halftone/io/file.h"
#include "halftone/io/safetensors_source.h"
#include "halftone/tensor/memory.h"

namespace halftone {
namespace {

using enum ErrorKind;
using testing::HasSubstr;

// A file that the reader must refuse with a sentence that names the file and holds `piece`.
struct BadFile {
  const char* id;
  std::string content;
  std::string piece;
  ErrorKind kind = input;
};

void expect_refused(const std::vector<BadFile>& table) {
  for (const auto& [id, content, piece, kind] : table) {
    SCOPED_TRACE(id);
    const auto files = memory_files();
    write_file(*files, "m.safetensors", content);
    const Error error = error_of([&] { SafetensorsSource::from_file(*files, "m.safetensors"); });
    EXPECT_EQ(exit_code(error.kind()), exit_code(kind)) << error.render();
    EXPECT_THAT(error.message(), testing::StartsWith("m.safetensors: "));
    EXPECT_THAT(error.message(), HasSubstr(piece));
    EXPECT_LT(error.message().size(), 600u);
  }
}

// A file whose header is json and whose data are as many zero bytes as given.
std::string text(const std::string& json, size_t data = 1) {
  return raw_safetensors(json, std::string(data, '\0'));
}

// The same with one tensor "w".
std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets, size_t data) {
  return text("{" + raw_entry("w", dtype, shape, offsets) + "}", data);
}

// The same with two tensors of four bytes.
std::string two(const std::string& first, const std::string& second, size_t data) {
  return text("{" + raw_entry("a", "U8", "4", first) + "," + raw_entry("b", "U8", "4", second) + "}", data);
}

std::string times(int count, const std::string& piece) {
  std::string out;
  for (int i = 0; i < count; ++i) out += piece;
  return out;
}

const std::vector<BadFile> kOtherFiles = {
    {"ST-01 empty", "", "0 bytes, a safetensors header needs at least 8"},
    {"ST-01 one byte", "x", "1 bytes, a safetensors header needs at least 8"},
    {"ST-01 seven bytes", "1234567", "7 bytes, a safetensors header needs at least 8"},
    {"ST-02 above the file", length_bytes(100) + "{}",
     "claims 100 bytes, the file has 10 (truncated download?)"},
    {"ST-02 one above", length_bytes(3) + "{}", "claims 3 bytes, the file has 10"},
    {"ST-02 2^63", length_bytes(std::uint64_t{1} << 63) + "{}",
     "9223372036854775808 bytes, the limit is 100000000"},
    {"ST-02 2^64-1", length_bytes(~std::uint64_t{0}) + "{}",
     "18446744073709551615 bytes, the limit is 100000000"},
    {"ST-02 2^64-8", length_bytes(~std::uint64_t{7}) + "{}", "the limit is 100000000"},
    {"ST-03 N = 0", length_bytes(0), "not valid JSON near byte 1"},
    {"ST-03 N = 0 with data", length_bytes(0) + "abc", "not valid JSON near byte 1"},
    {"ST-03 brace", raw_safetensors("{"), "not valid JSON"},
    {"ST-03 0xFF", raw_safetensors("\xff"), "not valid JSON"},
    {"ST-27 LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:0",
     "a Git LFS pointer (run git lfs pull)"},
    {"ST-28 zip", std::string("PK\x03\x04\x14\0\0\0\0\0", 10), "this is a zip archive or pickle"},
    {"ST-28 GGUF", std::string("GGUF\x03\0\0\0\0\0", 10), "this is a GGUF file"},
    {"ST-28 HTML", "<!DOCTYPE html><html></html>", "this is a web page"},
    {"ST-28 html", "<!doctype html>", "this is a web page"},
    {"ST-28 <HTML>", "<HTML><BODY>", "this is a web page"},
    {"ST-28 XML of a store", "<?xml version=\"1.0\"?><Error>", "this is a web page"},
};

TEST(SafetensorsHeader, RefusesFilesThatAreNotSafetensors) { expect_refused(kOtherFiles); }

const std::string kGood = raw_entry("w", "U8", "1", "0,1");
const std::string kElsewhere = raw_entry("w", "U8", "1", "1,2");
const std::string kEscaped = raw_entry("\\u0077", "U8", "1", "1,2");

const std::vector<BadFile> kBadForms = {
    {"ST-08 NUL", text("{" + kGood + "}" + std::string(1, '\0')), "a NUL stands at byte"},
    {"ST-08 junk", text("{" + kGood + "}x"), "not valid JSON"},
    {"ST-08 second value", text("{" + kGood + "}{}"), "not valid JSON"},
    {"ST-08 comma", text("{" + kGood + ",}"), "not valid JSON"},
    {"BOM", text("\xef\xbb\xbf{" + kGood + "}"), "byte order mark"},
    {"a list", text("[]"), "a list stands where"},
    {"a word", text("\"w\""), "a string stands where"},
    {"null", text("null"), "null stands where"},
    {"entry null", text("{\"w\":null}"), R"(tensor "w": null stands)"},
    {"entry number", text("{\"w\":1}"), R"(tensor "w": an integer stands)"},
    {"entry list", text("{\"w\":[]}"), R"(tensor "w": a list stands)"},
    {"entry empty", text("{\"w\":{}}"), R"(tensor "w" lacks its dtype, shape or data_offsets)"},
    {"no dtype", text(R"({"w":{"shape":[1],"data_offsets":[0,1]}})"), R"(tensor "w" lacks)"},
    {"no shape", text(R"({"w":{"dtype":"U8","data_offsets":[0,1]}})"), R"(tensor "w" lacks)"},
    {"no offsets", text(R"({"w":{"dtype":"U8","shape":[1]}})"), R"(tensor "w" lacks)"},
    {"unknown key", text(R"({"w":{"dtype":"U8","strides":[1]}})"),
     R"(tensor "w" has an unknown key "strides")"},
    {"nested", text(R"({"w":{"dtype":{"a":"U8"}}})"), R"(tensor "w": a nested object)"},
    {"ST-20 same name", text("{" + kGood + "," + kGood + "}"), "\"w\" stands twice"},
    {"ST-20 same name, elsewhere", text("{" + kGood + "," + kElsewhere + "}", 2), "\"w\" stands twice"},
    {"ST-20 same name, escaped", text("{" + kGood + "," + kEscaped + "}", 2), "\"w\" stands twice"},
    {"ST-20 metadata", text(R"({"__metadata__":{},"__metadata__":{},)" + kGood + "}"),
     "\"__metadata__\" stands twice"},
    {"ST-20 dtype", text(R"({"w":{"dtype":"U8","dtype":"U8"}})"), R"(tensor "w" has "dtype" twice)"},
    {"ST-20 shape", text(R"({"w":{"shape":[1],"shape":[1]}})"), R"(tensor "w" has "shape" twice)"},
    {"ST-20 offsets", text(R"({"w":{"data_offsets":[0,1],"data_offsets":[0,1]}})"), R"("data_offsets" twice)"},
    {"ST-21 lone surrogate", text("{" + raw_entry("\\ud800", "U8", "1", "0,1") + "}"), "not valid JSON"},
    {"ST-21 invalid UTF-8", text("{" + raw_entry("\xff", "U8", "1", "0,1") + "}"), "not valid JSON"},
    {"ST-22 number", text(R"({"__metadata__":{"a":1},)" + kGood + "}"), "__metadata__: an integer stands"},
    {"ST-22 object", text(R"({"__metadata__":{"a":{}},)" + kGood + "}"),
     "__metadata__: a nested object stands"},
    {"ST-22 list", text(R"({"__metadata__":{"a":[]},)" + kGood + "}"), "__metadata__: a list stands"},
    {"ST-22 null", text(R"({"__metadata__":{"a":null},)" + kGood + "}"), "__metadata__: null stands"},
    {"ST-22 word", text(R"({"__metadata__":"a",)" + kGood + "}"), "__metadata__: a string stands"},
    {"ST-23 deep", text("{\"x\":" + std::string(100000, '[')), "nests deeper than 256"},
    {"shape a number", text(R"({"w":{"dtype":"U8","shape":1}})"), R"(tensor "w": an integer stands)"},
    {"shape 1.0", one("U8", "1.0", "0,1", 1), R"(tensor "w": a fraction stands)"},
    {"shape -1", one("U8", "-1", "0,1", 1), R"(tensor "w": a negative integer stands)"},
};

TEST(SafetensorsHeader, RefusesHeadersThatAreNotWellFormed) { expect_refused(kBadForms); }

const std::vector<BadFile> kBadOffsets = {
    {"ST-09 bytes at the end", one("U8", "1", "0,1", 2), "the tensors take 1 bytes, the file holds 2"},
    {"ST-09 data without tensors", text("{}", 4), "the tensors take 0 bytes, the file holds 4"},
    {"ST-10 two short", one("F32", "4", "0,16", 14),
     "take 16 bytes, the file holds 14 after its header (truncated"},
    {"ST-11 hole", two("0,4", "5,9", 9), R"(tensor "b" begins at byte 5, expected 4 (a hole or an overlap))"},
    {"ST-11 first not at 0", two("1,5", "5,9", 9), R"(tensor "a" begins at byte 1, expected 0)"},
    {"ST-12 overlap", two("0,4", "3,7", 7), R"(tensor "b" begins at byte 3, expected 4)"},
    {"ST-12 both on one range", two("0,4", "0,4", 4), R"(tensor "b" begins at byte 0, expected 4)"},
    {"ST-13 begin after end", one("U8", "1", "1,0", 1), R"(tensor "w" ends at byte 0 before it begins at 1)"},
    {"ST-13 nothing for one", one("U8", "1", "0,0", 0),
     R"(tensor "w" of U8 [1] takes 1 bytes, its data_offsets give 0)"},
    {"ST-13 four for nothing", one("U8", "0", "0,4", 4),
     R"(tensor "w" of U8 [0] takes 0 bytes, its data_offsets give 4)"},
    {"ST-13 negative", one("U8", "1", "-1,0", 1), R"(tensor "w": a negative integer stands)"},
    {"ST-13 above 2^63", one("U8", "1", "0,9223372036854775809", 1), R"(tensor "w" of U8 [1] takes 1 bytes)"},
    {"ST-13 above 2^64", one("U8", "1", "0,18446744073709551616", 1), R"(tensor "w": a fraction stands)"},
    {"ST-13 2^64-1", one("U8", "0", "18446744073709551615,18446744073709551615", 1),
     R"(tensor "w" begins at byte 18)"},
    {"too few bytes", one("F32", "2", "0,4", 4),
     R"(tensor "w" of F32 [2] takes 8 bytes, its data_offsets give 4)"},
    {"ST-19 16.0", one("F32", "4", "0,16.0", 16), R"(tensor "w": a fraction stands)"},
    {"ST-19 1e1", one("U8", "10", "0,1e1", 10), R"(tensor "w": a fraction stands)"},
    {"ST-19 text", one("U8", "1", "0,\"1\"", 1), R"(tensor "w": a string stands)"},
    {"ST-19 true", one("U8", "1", "0,true", 1), R"(tensor "w": true or false stands)"},
    {"ST-19 null", one("U8", "1", "0,null", 1), R"(tensor "w": null stands)"},
    {"ST-19 one offset", one("U8", "0", "0", 0), R"(tensor "w" needs two data_offsets, has 1)"},
    {"ST-19 three offsets", one("U8", "1", "0,1,2", 1), R"(tensor "w" needs two data_offsets, has 3)"},
    {"ST-19 no offsets", one("U8", "0", "", 0), R"(tensor "w" needs two data_offsets, has 0)"},
    {"ST-19 a list inside", one("U8", "1", "[0,1]", 1), R"(tensor "w": a list stands)"},
    {"ST-19 offsets null", text(R"({"w":{"data_offsets":null}})"), R"(tensor "w": null stands)"},
};

TEST(SafetensorsHeader, RefusesOffsetsThatDoNotTileTheData) { expect_refused(kBadOffsets); }

TEST(SafetensorsHeader, RefusesTenTensorsOnOneRange) {  // ST-12: memory amplification
  std::string json;
  for (int i = 0; i < 10; ++i) json += (i ? "," : "{") + raw_entry("t" + std::to_string(i), "U8", "4", "0,4");
  expect_refused({{"ten", text(json + "}", 4), R"(tensor "t1" begins at byte 0, expected 4)"}});
}

const std::vector<BadFile> kBadShapes = {
    {"ST-15 2^64-2", one("U8", "2,18446744073709551614", "0,4", 4),
     R"("w" has an impossible axis of 1844674407370)"},
    {"ST-15 bytes", one("F32", "2,4611686018427387903", "0,4", 4),
     R"(tensor "w": shape [2, 4611686018427387903])"},
    {"ST-15 elements", one("U8", "2,9223372036854775807", "0,4", 4),
     R"(tensor "w": shape [2, 9223372036854775807])"},
    {"ST-15 wraps to 0", one("U8", "4294967296,4294967296", "0,0", 0), "overflows"},
    {"ST-15 wraps to 4", one("F32", "4194305,4194305,211106198978564", "0,16", 16), "overflows"},
    {"ST-15 only the dtype", one("F64", "1152921504606846976", "0,0", 0),
     "shape [1152921504606846976] overflows"},
    // The other axes of an empty tensor must be sound too, in any order: strides are products of them.
    {"ST-16 zero first", one("F32", "0,4611686018427387904,4", "0,0", 0),
     "shape [0, 4611686018427387904, 4] overflows"},
    {"ST-16 zero last", one("F32", "4611686018427387904,4,0", "0,0", 0),
     "shape [4611686018427387904, 4, 0] overflows"},
    {"ST-16 2^63", one("F32", "0,9223372036854775808", "0,0", 0),
     R"(tensor "w" has an impossible axis of 922337203)"},
    {"ST-16b bits", one("I8", "2305843009213693952", "0,0", 0), "takes 2305843009213693952 bytes"},
    {"ST-17 below a byte", one("F4", "3", "0,2", 2), R"(tensor "w" has element type "F4", known are)",
     unsupported},
    {"ST-18 unknown", one("F12", "1", "0,1", 1), R"("F12", known are BOOL, U8, I8, I16, U16, F16)",
     unsupported},
    {"ST-18 lower case", one("f32", "1", "0,4", 4), R"(tensor "w" has element type "f32")", unsupported},
    {"ST-18 a number", text(R"({"w":{"dtype":7}})"), R"(tensor "w": an integer stands)"},
    {"ST-24 rank 65", one("U8", "1" + times(64, ",1"), "0,1", 1), R"(tensor "w" has more than 64 axes)"},
};

TEST(SafetensorsHeader, RefusesShapesThatOverflowAndUnknownTypes) { expect_refused(kBadShapes); }

// ST-10: a file cut anywhere is refused, and says so where bytes are missing.
TEST(SafetensorsHeader, RefusesAFileThatIsCutAnywhere) {
  std::string json = "{";
  for (int i = 0; i < 40; ++i) {
    const std::string begin = std::to_string(i * 1000), end = std::to_string(i * 1000 + 1000);
    json += (i ? "," : "") + raw_entry("layer." + std::to_string(i), "U8", "1000", begin + "," + end);
  }
  const std::string whole = text(json + "}", 40000);
  const auto files = memory_files();
  for (size_t size = 0; size < whole.size(); size += size < 64 ? 1 : 509) {
    write_file(*files, "m", whole.substr(0, size));
    const Error error = error_of([&] { SafetensorsSource::from_file(*files, "m"); });
    EXPECT_EQ(error.kind(), input) << size;
    EXPECT_THAT(error.message(), HasSubstr(size < 8 ? "at least 8" : "truncated download?")) << size;
  }
  write_file(*files, "m", whole);
  EXPECT_EQ(SafetensorsSource::from_file(*files, "m").list().size(), 40u);
}

std::vector<TensorEntry> parse(const std::string& json, std::uint64_t data) {
  return parse_header(json, data, "m");
}

TEST(SafetensorsHeader, AcceptsBlanksAroundTheObject) {
  const std::string entry = raw_entry("w", "U8", "1", "0,1");
  for (const char* front : {"", " ", "\t", "\n", "\r\n  "}) {              // ST-06
    for (const char* back : {"", " ", "\t", "\r", "\n", "       \r\n"}) {  // ST-07
      EXPECT_EQ(parse(front + ("{" + entry + "}") + back, 1).size(), 1u);
    }
  }
}

TEST(SafetensorsHeader, AcceptsTensorsInAnyOrder) {
  const auto entries =
      parse("{" + raw_entry("b", "U8", "3", "8,11") + "," + raw_entry("a", "F32", "2", "0,8") + "}", 11);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_EQ(entries[1].name, "b");
  EXPECT_EQ(entries[1].begin, 8u);
  EXPECT_EQ(entries[1].bytes(), 3u);
  EXPECT_EQ(entries[1].dtype, DType::u8);
  EXPECT_EQ(entries[1].shape, (std::vector<std::int64_t>{3}));
}

TEST(SafetensorsHeader, AcceptsEmptyTensorsThatShareAPlace) {  // ST-14
  const auto entries =
      parse("{" + raw_entry("w", "U8", "4", "0,4") + "," + raw_entry("z", "F32", "0", "0,0") + "," +
                raw_entry("y", "F32", "3,0", "4,4") + "," + raw_entry("x", "I64", "0", "4,4") + "}",
            4);
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[0].name, "z");
  EXPECT_EQ(entries[1].name, "w");
  EXPECT_EQ(entries[1].bytes(), 4u);
  for (const size_t i : {0, 2, 3}) EXPECT_EQ(entries[i].bytes(), 0u);
}

TEST(SafetensorsHeader, AcceptsTheEdgesOfRankAndSize) {  // ST-24
  std::string ones = "1";
  for (int i = 0; i < 63; ++i) ones += ",1";
  EXPECT_EQ(parse("{" + raw_entry("w", "U8", ones, "0,1") + "}", 1)[0].shape.size(), kMaxRank);
  EXPECT_TRUE(parse("{" + raw_entry("w", "F64", "", "0,8") + "}", 8)[0].shape.empty());
  EXPECT_EQ(parse("{}", 0).size(), 0u);
  EXPECT_EQ(parse(R"({"__metadata__":{}})", 0).size(), 0u);
}

TEST(SafetensorsHeader, AcceptsAnyNameAndMetadataText) {  // ST-21, ST-22
  const std::string long_name(1 << 20, 'n');
  const std::pair<std::string, std::string> names[] = {
      {"", ""},
      {"a\\u0000b", std::string("a\0b", 3)},
      {"../../x", "../../x"},
      {"/etc/passwd", "/etc/passwd"},
      {"\\u202e\\ud83d\\ude00", "\xe2\x80\xae\xf0\x9f\x98\x80"},
      {"e\\u0301", "e\xcc\x81"},
      {"\xc3\xa9", "\xc3\xa9"},
      {"a\\nb", "a\nb"},
      {long_name, long_name},
  };
  for (const auto& [written, name] : names) {
    EXPECT_EQ(parse("{" + raw_entry(written, "U8", "1", "0,1") + "}", 1)[0].name, name);
  }
  const std::string both =
      "{" + raw_entry("\\u00e9", "U8", "1", "0,1") + "," + raw_entry("e\\u0301", "U8", "1", "1,2") + "}";
  EXPECT_EQ(parse(both, 2).size(), 2u);  // they differ, if only by normalisation
  EXPECT_EQ(parse(R"({"__metadata__":{"a":")" + std::string(50 << 20, 'v') + R"(","dtype":"x"}})", 0).size(),
            0u);
}

TEST(SafetensorsHeader, NamesInMessagesAreShortAndPrintable) {  // ST-22
  const auto message = [](const std::string& name) {
    return error_of([&] { parse("{" + raw_entry(name, "U8", "1", "0,2") + "}", 2); }).message();
  };
  EXPECT_LT(message(std::string(1 << 20, 'n')).size(), 400u);
  EXPECT_THAT(message("\\u001b[31m"), HasSubstr("\"\\x1b[31m\""));
}

TEST(HeaderLength, GoesUpToTheLimit) {  // ST-04
  const std::uint64_t big = std::uint64_t{1} << 40;
  EXPECT_EQ(header_length(length_bytes(kMaxHeaderBytes), big, "m"), kMaxHeaderBytes);
  expect_error(input, {"m: a header of 100000001 bytes, the limit is 100000000"},
               [&] { header_length(length_bytes(kMaxHeaderBytes + 1), big, "m"); });
  EXPECT_EQ(header_length(length_bytes(92), 100, "m"), 92u);
  expect_error(input, {"claims 93 bytes"}, [] { header_length(length_bytes(93), 100, "m"); });
}

TEST(CheckedBytes, MultipliesOrRefuses) {
  EXPECT_EQ(checked_bytes(DType::bf16, {3, 5}, "w"), 30u);
  EXPECT_EQ(checked_bytes(DType::f64, {}, "w"), 8u);
  EXPECT_EQ(checked_bytes(DType::f64, {7, 0, 9}, "w"), 0u);
  expect_error(input, {"w: shape [-1] overflows"}, [] { checked_bytes(DType::u8, {-1}, "w"); });
  expect_error(input, {"w: shape [0, -1] overflows"}, [] { checked_bytes(DType::u8, {0, -1}, "w"); });
}

TEST(BuildHeader, IsReadBackAndPadded) {
  const std::vector<TensorEntry> entries = {{"b\"\\\n\xc3\xa9", DType::f32, {2, 3}, 0, 24},
                                            {"", DType::u8, {}, 24, 25}};
  const std::string header = build_header(entries);
  EXPECT_EQ(header.size() % 8, 0u);
  const std::uint64_t length = header_length(header.substr(0, 8), header.size() + 25, "m");
  EXPECT_EQ(length, header.size() - 8);
  EXPECT_EQ(header[8], '{');
  EXPECT_THAT(header, HasSubstr(R"("__metadata__":{"format":"pt"})"));
  const auto read = parse_header(std::string_view(header).substr(8), 25, "m");
  ASSERT_EQ(read.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read[i].name, entries[i].name);
    EXPECT_EQ(read[i].dtype, entries[i].dtype);
    EXPECT_EQ(read[i].shape, entries[i].shape);
    EXPECT_EQ(read[i].begin, entries[i].begin);
    EXPECT_EQ(read[i].end, entries[i].end);
  }
}

// ST-05: the largest headers. Seconds of the processor, so that a busy machine does not matter.
class LargeHeader : public testing::Test {
 protected:
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static constexpr bool kSanitized = true;  // slower and larger by design
#else
  static constexpr bool kSanitized = false;
#endif

  // Sets the peak of the resident set to what is resident now.
  static void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

  static void check(const std::string& json, std::uint64_t data, size_t tensors) {
    ASSERT_LE(json.size(), kMaxHeaderBytes);
    forget_peak();
    const std::int64_t before = resident_bytes();
    const std::clock_t start = std::clock();
    EXPECT_EQ(parse_header(json, data, "m").size(), tensors);
    if (kSanitized) return;
    EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 5.0);
    EXPECT_LT(peak_resident_bytes() - before, 20 * static_cast<std::int64_t>(json.size()));
  }

  static std::string million(bool empty) {
    std::string json = "{";
    for (int i = 0; i < 1000000; ++i) {
      const int begin = empty ? 0 : i, end = empty ? 0 : i + 1;
      json += fmt::format(R"({}"t{}":{{"dtype":"U8","shape":[{}],"data_offsets":[{},{}]}})", i ? "," : "", i,
                          end - begin, begin, end);
    }
    return json + "}";
  }
};

TEST_F(LargeHeader, AMillionTensors) { check(million(false), 1000000, 1000000); }

TEST_F(LargeHeader, AMillionEmptyTensors) { check(million(true), 0, 1000000); }

TEST_F(LargeHeader, BlanksAndText) {
  check("{}" + std::string(99'000'000, ' '), 0, 0);
  check(R"({"__metadata__":{"a":")" + std::string(99'000'000, 'x') + R"("}})", 0, 0);
}

// Breaks headers at random. The parser must return entries that tile the data, or throw an Error.
class HeaderMutations {
 public:
  explicit HeaderMutations(std::uint64_t seed) : random_(seed) {}

  std::string next(std::string json) {
    for (std::uint64_t i = random_.below(4) + 1; i > 0; --i) mutate(json);
    return json;
  }

 private:
  size_t spot(const std::string& json) { return random_.below(json.size() + 1); }

  void mutate(std::string& json) {
    static const std::vector<std::string> kPieces = {"\"",
                                                     "{",
                                                     "}",
                                                     "[",
                                                     "]",
                                                     ",",
                                                     ":",
                                                     "-1",
                                                     "0",
                                                     "1.5",
                                                     "1e3",
                                                     "null",
                                                     "true",
                                                     "\\",
                                                     "\\u0000",
                                                     "\\ud800",
                                                     "\xff",
                                                     "18446744073709551615",
                                                     "9223372036854775808",
                                                     "4611686018427387904",
                                                     "\"__metadata__\":{\"a\":\"b\"},",
                                                     R"("w":{"dtype":"U8","shape":[],"data_offsets":[0,1]},)",
                                                     "F64",
                                                     "BOOL",
                                                     "F8_E4M3",
                                                     std::string(1, '\0')};
    const size_t at = spot(json);
    switch (random_.below(6)) {
      case 0: json.insert(at, kPieces[random_.below(kPieces.size())]); break;
      case 1: json.erase(at, random_.below(8) + 1); break;
      case 2: json.insert(at, json.substr(spot(json), random_.below(60))); break;
      case 3:
        if (at < json.size()) json[at] = static_cast<char>(json[at] ^ (1 << random_.below(8)));
        break;
      default: change_number(json, at);
    }
  }

  // Puts another number in the place of the first one after `at`.
  void change_number(std::string& json, size_t at) {
    const size_t begin = json.find_first_of("0123456789", at);
    if (begin == std::string::npos) return;
    const size_t end = json.find_first_not_of("0123456789", begin);
    std::uint64_t value = std::strtoull(json.c_str() + begin, nullptr, 10);
    switch (random_.below(4)) {
      case 0: ++value; break;
      case 1: --value; break;
      case 2: value <<= random_.below(64); break;
      default: value = random_.next() >> random_.below(64);
    }
    json.replace(begin, end - begin, std::to_string(value));
  }

  Random random_;
};

TEST(SafetensorsHeader, SurvivesTwentyThousandMutations) {
  const std::string good = "{\"__metadata__\":{\"format\":\"pt\"}," +
                           raw_entry("model.embed", "F32", "4,6", "0,96") + "," +
                           raw_entry("model.layers.0.q", "BF16", "8,3", "96,144") + "," +
                           raw_entry("model.empty", "I64", "0,5", "144,144") + "," +
                           raw_entry("model.scale", "U8", "", "144,145") + "}   ";
  ASSERT_EQ(parse(good, 145).size(), 4u);
  HeaderMutations mutations(20);
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string json = mutations.next(good);
    try {
      std::uint64_t next = 0;
      for (const auto& entry : parse(json, 145)) {
        ASSERT_EQ(entry.begin, next) << json;
        ASSERT_EQ(entry.bytes(), checked_bytes(entry.dtype, entry.shape, "m")) << json;
        next = entry.end;
      }
      ASSERT_EQ(next, 145u) << json;
      ++accepted;
    } catch (const Error& error) {
      ASSERT_TRUE(error.kind() == input || error.kind() == unsupported) << error.render() << json;
      ASSERT_LT(error.message().size(), 2000u);
    }
  }
  EXPECT_GT(accepted, 100);  // names, blanks and metadata may change freely
  EXPECT_LT(accepted, 10000);
}

}  // namespace
}  // namespace halftone
