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

// What stands in a file of its own, refused by the reader that everything goes through.
struct BadFile {
  const char* id;
  std::string content;
  ErrorKind kind;
  std::vector<std::string> pieces;
};

void expect_refused(const BadFile& bad) {
  SCOPED_TRACE(bad.id);
  const auto files = memory_files();
  write_file(*files, "m.safetensors", bad.content);
  auto pieces = bad.pieces;
  pieces.insert(pieces.begin(), "m.safetensors: ");
  const Error error = error_of([&] { SafetensorsSource::from_file(*files, "m.safetensors"); });
  EXPECT_EQ(exit_code(error.kind()), exit_code(bad.kind)) << error.render();
  for (const auto& piece : pieces) EXPECT_THAT(error.message(), HasSubstr(piece));
  EXPECT_LT(error.message().size(), 600u);
}

// A file whose header is json and whose data are as many zero bytes as given.
std::string with_data(const std::string& json, size_t data) {
  return raw_safetensors(json, std::string(data, '\0'));
}

std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets, size_t data) {
  return with_data("{" + raw_entry("w", dtype, shape, offsets) + "}", data);
}

TEST(SafetensorsHeader, RefusesFilesThatAreNotSafetensors) {
  const std::string lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n";
  const BadFile table[] = {
      {"ST-01 empty", "", input, {"0 bytes", "at least 8"}},
      {"ST-01 one byte", "x", input, {"1 bytes", "at least 8"}},
      {"ST-01 seven bytes", "1234567", input, {"7 bytes", "at least 8"}},
      {"ST-02 above the file", length_bytes(100) + "{}", input, {"claims 100 bytes", "has 10", "truncated"}},
      {"ST-02 one above", length_bytes(3) + "{}", input, {"claims 3 bytes"}},
      {"ST-02 2^63", length_bytes(std::uint64_t{1} << 63) + "{}", input, {"9223372036854775808 bytes"}},
      {"ST-02 2^64-1", length_bytes(~std::uint64_t{0}) + "{}", input, {"18446744073709551615 bytes"}},
      {"ST-02 2^64-8", length_bytes(~std::uint64_t{7}) + "{}", input, {"the limit is 100000000"}},
      {"ST-03 N = 0", length_bytes(0), input, {"not valid JSON near byte 1"}},
      {"ST-03 N = 0 with data", length_bytes(0) + "abc", input, {"not valid JSON near byte 1"}},
      {"ST-03 brace", raw_safetensors("{"), input, {"not valid JSON"}},
      {"ST-03 0xFF", raw_safetensors("\xff"), input, {"not valid JSON"}},
      {"ST-27 LFS pointer", lfs, input, {"this is a Git LFS pointer", "git lfs pull"}},
      {"ST-28 zip", std::string("PK\x03\x04\x14\0\0\0\0\0", 10), input, {"this is a zip archive or pickle"}},
      {"ST-28 GGUF", std::string("GGUF\x03\0\0\0\0\0", 10), input, {"this is a GGUF file"}},
      {"ST-28 HTML", "<!DOCTYPE html><html></html>", input, {"this is a web page"}},
      {"ST-28 html", "<!doctype html>", input, {"this is a web page"}},
      {"ST-28 <HTML>", "<HTML><BODY>", input, {"this is a web page"}},
      {"ST-28 XML of a store", "<?xml version=\"1.0\"?><Error>", input, {"this is a web page"}},
  };
  for (const auto& bad : table) expect_refused(bad);
}

TEST(SafetensorsHeader, RefusesHeadersThatAreNotWellFormed) {
  const std::string good = raw_entry("w", "U8", "1", "0,1");
  const auto text = [](const std::string& json) { return with_data(json, 1); };
  const BadFile table[] = {
      {"ST-08 NUL", text("{" + good + "}" + std::string(1, '\0')), input, {"NUL"}},
      {"ST-08 junk", text("{" + good + "}x"), input, {"not valid JSON"}},
      {"ST-08 second value", text("{" + good + "}{}"), input, {"not valid JSON"}},
      {"ST-08 comma", text("{" + good + ",}"), input, {"not valid JSON"}},
      {"BOM", text("\xef\xbb\xbf{" + good + "}"), input, {"byte order mark"}},
      {"a list", text("[]"), input, {"a list stands where"}},
      {"a word", text("\"w\""), input, {"a string stands where"}},
      {"null", text("null"), input, {"null stands where"}},
      {"entry null", text("{\"w\":null}"), input, {"tensor \"w\": null stands where"}},
      {"entry number", text("{\"w\":1}"), input, {"tensor \"w\"", "an integer"}},
      {"entry list", text("{\"w\":[]}"), input, {"tensor \"w\"", "a list"}},
      {"entry empty", text("{\"w\":{}}"), input, {"tensor \"w\" lacks"}},
      {"no dtype",
       text(R"({"w":{"shape":[1],"data_offsets":[0,1]}})"),
       input,
       {"tensor \"w\" lacks its dtype"}},
      {"no shape",
       text(R"({"w":{"dtype":"U8","data_offsets":[0,1]}})"),
       input,
       {"tensor \"w\" lacks its dtype"}},
      {"no offsets", text(R"({"w":{"dtype":"U8","shape":[1]}})"), input, {"tensor \"w\" lacks its dtype"}},
      {"unknown key",
       text(R"({"w":{"dtype":"U8","strides":[1]}})"),
       input,
       {"tensor \"w\"", "unknown key \"strides\""}},
      {"ST-20 same name", with_data("{" + good + "," + good + "}", 1), input, {"\"w\" stands twice"}},
      {"ST-20 same name, elsewhere",
       with_data("{" + good + "," + raw_entry("w", "U8", "1", "1,2") + "}", 2),
       input,
       {"\"w\" stands twice"}},
      {"ST-20 same name, escaped",
       with_data("{" + good + "," + raw_entry("\\u0077", "U8", "1", "1,2") + "}", 2),
       input,
       {"\"w\" stands twice"}},
      {"ST-20 metadata twice",
       text(R"({"__metadata__":{},"__metadata__":{},)" + good + "}"),
       input,
       {"\"__metadata__\" stands twice"}},
      {"ST-20 shape twice",
       text(R"({"w":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}})"),
       input,
       {"tensor \"w\" has \"shape\" twice"}},
      {"ST-20 offsets twice",
       text(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"data_offsets":[0,1]}})"),
       input,
       {"tensor \"w\" has \"data_offsets\" twice"}},
      {"ST-21 lone surrogate",
       text("{" + raw_entry("\\ud800", "U8", "1", "0,1") + "}"),
       input,
       {"not valid JSON"}},
      {"ST-21 invalid UTF-8", text("{" + raw_entry("\xff", "U8", "1", "0,1") + "}"), input, {"not valid JSON"}},
      {"ST-22 number",
       text(R"({"__metadata__":{"a":1},)" + good + "}"),
       input,
       {"__metadata__: an integer stands"}},
      {"ST-22 object",
       text(R"({"__metadata__":{"a":{}},)" + good + "}"),
       input,
       {"__metadata__: a nested object"}},
      {"ST-22 list", text(R"({"__metadata__":{"a":[]},)" + good + "}"), input, {"__metadata__: a list"}},
      {"ST-22 null", text(R"({"__metadata__":{"a":null},)" + good + "}"), input, {"__metadata__: null"}},
      {"ST-22 word", text(R"({"__metadata__":"a",)" + good + "}"), input, {"__metadata__: a string"}},
      {"ST-23 deep", text("{\"x\":" + std::string(100000, '[')), input, {"nests deeper than 256"}},
  };
  for (const auto& bad : table) expect_refused(bad);
}

TEST(SafetensorsHeader, RefusesOffsetsThatDoNotTileTheData) {
  const auto two = [](const std::string& first, const std::string& second, size_t data) {
    return with_data("{" + raw_entry("a", "U8", "4", first) + "," + raw_entry("b", "U8", "4", second) + "}",
                     data);
  };
  std::string ten = "{";
  for (int i = 0; i < 10; ++i) ten += (i ? "," : "") + raw_entry("t" + std::to_string(i), "U8", "4", "0,4");
  const BadFile table[] = {
      {"ST-09 bytes after the last tensor", one("U8", "1", "0,1", 2), input, {"take 1 bytes", "holds 2"}},
      {"ST-09 data without tensors", with_data("{}", 4), input, {"take 0 bytes", "holds 4"}},
      {"ST-10 two short",
       one("F32", "4", "0,16", 14),
       input,
       {"take 16 bytes", "holds 14", "truncated download?"}},
      {"ST-11 hole", two("0,4", "5,9", 9), input, {"tensor \"b\" begins at byte 5, expected 4"}},
      {"ST-11 first not at 0", two("1,5", "5,9", 9), input, {"tensor \"a\" begins at byte 1, expected 0"}},
      {"ST-12 overlap", two("0,4", "3,7", 7), input, {"tensor \"b\" begins at byte 3, expected 4"}},
      {"ST-12 ten on one range",
       with_data(ten + "}", 4),
       input,
       {"tensor \"t1\" begins at byte 0, expected 4"}},
      {"ST-13 begin after end",
       one("U8", "1", "1,0", 1),
       input,
       {"tensor \"w\" ends at byte 0 before it begins at 1"}},
      {"ST-13 empty range, full shape",
       one("U8", "1", "0,0", 0),
       input,
       {"tensor \"w\" of U8 [1] takes 1 bytes", "give 0"}},
      {"ST-13 full range, empty shape",
       one("U8", "0", "0,4", 4),
       input,
       {"tensor \"w\" of U8 [0] takes 0", "give 4"}},
      {"ST-13 negative", one("U8", "1", "-1,0", 1), input, {"tensor \"w\": a negative integer stands"}},
      {"ST-13 above 2^63",
       one("U8", "1", "0,9223372036854775809", 1),
       input,
       {"tensor \"w\"", "takes 1 bytes"}},
      {"ST-13 above 2^64",
       one("U8", "1", "0,18446744073709551616", 1),
       input,
       {"tensor \"w\": a fraction stands"}},
      {"ST-13 wraps to one byte",
       one("U8", "1", "18446744073709551615,18446744073709551615", 1),
       input,
       {"begins at byte 18446744073709551615"}},
      {"too few bytes for the shape",
       one("F32", "2", "0,4", 4),
       input,
       {"tensor \"w\" of F32 [2] takes 8 bytes", "give 4"}},
      {"ST-19 16.0", one("F32", "4", "0,16.0", 16), input, {"tensor \"w\": a fraction stands"}},
      {"ST-19 1e1", one("U8", "10", "0,1e1", 10), input, {"tensor \"w\": a fraction stands"}},
      {"ST-19 text", one("U8", "1", "0,\"1\"", 1), input, {"tensor \"w\": a string stands"}},
      {"ST-19 true", one("U8", "1", "0,true", 1), input, {"tensor \"w\": true or false stands"}},
      {"ST-19 null", one("U8", "1", "0,null", 1), input, {"tensor \"w\": null stands"}},
      {"ST-19 one offset", one("U8", "0", "0", 0), input, {"tensor \"w\" needs two data_offsets, has 1"}},
      {"ST-19 three offsets",
       one("U8", "1", "0,1,2", 1),
       input,
       {"tensor \"w\" needs two data_offsets, has 3"}},
      {"ST-19 no offsets", one("U8", "0", "", 0), input, {"tensor \"w\" needs two data_offsets, has 0"}},
      {"ST-19 a list inside", one("U8", "1", "[0,1]", 1), input, {"tensor \"w\": a list stands"}},
      {"ST-19 offsets null",
       with_data(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":null}})", 1),
       input,
       {"tensor \"w\": null stands"}},
      {"shape a number",
       with_data(R"({"w":{"dtype":"U8","shape":1,"data_offsets":[0,1]}})", 1),
       input,
       {"tensor \"w\": an integer stands"}},
      {"shape 1.0", one("U8", "1.0", "0,1", 1), input, {"tensor \"w\": a fraction stands"}},
      {"shape -1", one("U8", "-1", "0,1", 1), input, {"tensor \"w\": a negative integer stands"}},
  };
  for (const auto& bad : table) expect_refused(bad);
}

TEST(SafetensorsHeader, RefusesShapesThatOverflow) {
  const BadFile table[] = {
      {"ST-15 2, 2^64-2",
       one("U8", "2,18446744073709551614", "0,4", 4),
       input,
       {"tensor \"w\" has an impossible axis of 18446744073709551614"}},
      {"ST-15 bytes overflow",
       one("F32", "2,9223372036854775807", "0,4", 4),
       input,
       {"tensor \"w\"", "overflows"}},
      {"ST-15 elements overflow",
       one("U8", "2,9223372036854775807", "0,4", 4),
       input,
       {"tensor \"w\"", "overflows"}},
      {"ST-15 wraps to 0", one("U8", "4294967296,4294967296", "0,0", 0), input, {"tensor \"w\"", "overflows"}},
      {"ST-15 wraps to 4",
       one("F32", "4194305,4194305,211106198978564", "0,16", 16),
       input,
       {"tensor \"w\"", "overflows"}},
      {"ST-15 only the dtype overflows",
       one("F64", "1152921504606846976", "0,0", 0),
       input,
       {"tensor \"w\"", "overflows"}},
      // The other axes of an empty tensor must be sound too, in any order: strides are products of them.
      {"ST-16 zero first",
       one("F32", "0,4611686018427387904,4", "0,0", 0),
       input,
       {"tensor \"w\"", "overflows"}},
      {"ST-16 zero last",
       one("F32", "4611686018427387904,4,0", "0,0", 0),
       input,
       {"tensor \"w\"", "overflows"}},
      {"ST-16 2^63",
       one("F32", "0,9223372036854775808,9223372036854775808", "0,0", 0),
       input,
       {"tensor \"w\" has an impossible axis of 9223372036854775808"}},
      {"ST-16b bits overflow",
       one("I8", "2305843009213693952", "0,0", 0),
       input,
       {"takes 2305843009213693952 bytes"}},
      {"ST-17 sub-byte types are not known here",
       one("F4", "3", "0,2", 2),
       unsupported,
       {"tensor \"w\"", "\"F4\""}},
      {"ST-18 unknown",
       one("F12", "1", "0,1", 1),
       unsupported,
       {"tensor \"w\" has element type \"F12\"", "known are BOOL, U8, I8,", "F8_E8M0"}},
      {"ST-18 lower case", one("f32", "1", "0,4", 4), unsupported, {"tensor \"w\" has element type \"f32\""}},
      {"ST-18 a number",
       with_data(R"({"w":{"dtype":7,"shape":[1],"data_offsets":[0,1]}})", 1),
       input,
       {"tensor \"w\": an integer stands"}},
      {"ST-24 rank 65",
       one(
           "U8",
           "1" +
               [] {
                 std::string s;
                 for (int i = 0; i < 64; ++i) s += ",1";
                 return s;
               }(),
           "0,1", 1),
       input,
       {"tensor \"w\" has more than 64 axes"}},
  };
  for (const auto& bad : table) expect_refused(bad);
}

// ST-10: a file cut anywhere is refused, and says so where bytes are missing.
TEST(SafetensorsHeader, RefusesAFileThatIsCutAnywhere) {
  std::string json = "{";
  for (int i = 0; i < 40; ++i) {
    const std::string begin = std::to_string(i * 1000), end = std::to_string(i * 1000 + 1000);
    json += (i ? "," : "") + raw_entry("layer." + std::to_string(i), "U8", "1000", begin + "," + end);
  }
  const std::string whole = with_data(json + "}", 40000);
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
  // Sets the peak of the resident set to what is resident now.
  static void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

  static void check(const std::string& json, std::uint64_t data, size_t tensors) {
    ASSERT_LE(json.size(), kMaxHeaderBytes);
    forget_peak();
    const std::int64_t before = resident_bytes();
    const std::clock_t start = std::clock();
    EXPECT_EQ(parse_header(json, data, "m").size(), tensors);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 5.0);
    EXPECT_LT(peak_resident_bytes() - before, 20 * static_cast<std::int64_t>(json.size()));
#endif
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
