#include "halftone/io/safetensors_sink.h"

#include <cerrno>

#include "tests/expect_error.h"
#include "tests/io/random_tensors.h"
#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "halftone/base/json.h"
#include "halftone/io/safetensors_header.h"

namespace halftone {
namespace {

using Call = Fault::Call;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 40;

std::vector<TensorEntry> entries_of(FileSystem& files, const std::string& path) {
  const std::string file = read_file(files, path);
  const std::uint64_t length = header_length(file.substr(0, 8), file.size(), path);
  EXPECT_EQ(length % 8, 0u);
  return parse_header(std::string_view(file).substr(8, length), file.size() - 8 - length, path);
}

// Six tensors of 64, 6, 16, 0, 8 and 1 bytes.
std::vector<NamedTensor> six() {
  Random random(6);
  return {{"embed", random_tensor(random, DType::f32, {4, 4})},
          {"norm", random_tensor(random, DType::bf16, {3})},
          {"bias", random_tensor(random, DType::f64, {2})},
          {"empty", random_tensor(random, DType::i64, {0, 7})},
          {"scalar", random_tensor(random, DType::u64, {})},
          {"mask", random_tensor(random, DType::boolean, {1})}};
}

TEST(SafetensorsSink, OneShardHasNoNumberAndNoIndex) {
  const auto files = memory_files();
  const auto written = write_all(*files, "/out", six(), kNoLimit);
  EXPECT_THAT(files->list("/out"), ElementsAre("model.safetensors"));
  EXPECT_EQ(written.size(), 6u);
  for (const auto& tensor : written) EXPECT_EQ(tensor.file, "model.safetensors");
}

TEST(SafetensorsSink, NothingIsAFileToo) {
  const auto files = memory_files();
  EXPECT_TRUE(write_all(*files, "/out", {}, kNoLimit).empty());
  EXPECT_TRUE(entries_of(*files, "/out/model.safetensors").empty());
}

TEST(SafetensorsSink, WideTypesComeFirstSoThatAllAreAligned) {
  const auto files = memory_files();
  write_all(*files, "/out", six(), kNoLimit);
  std::vector<std::string> order;
  for (const auto& entry : entries_of(*files, "/out/model.safetensors")) {
    if (entry.bytes() > 0) order.push_back(entry.name);
    EXPECT_EQ(entry.begin % static_cast<std::uint64_t>(dtype_bytes(entry.dtype)), 0u) << entry.name;
  }
  EXPECT_THAT(order, ElementsAre("bias", "scalar", "embed", "norm", "mask"));
}

TEST(SafetensorsSink, ShardsFillUpToTheLimitInThePlansOrder) {
  const auto files = memory_files();
  const auto written = write_all(*files, "/out", six(), 70);
  EXPECT_THAT(files->list("/out"),
              ElementsAre("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                          "model.safetensors.index.json"));
  std::vector<std::string> first;
  for (const auto& tensor : written) {
    if (tensor.file == "model-00001-of-00002.safetensors") first.push_back(tensor.name);
  }
  EXPECT_THAT(first, testing::UnorderedElementsAre("embed", "norm"));  // 64 + 6
  const Json index = parse_json(read_file(*files, "/out/model.safetensors.index.json"), "index");
  EXPECT_EQ(index["metadata"]["total_size"], 95);
  EXPECT_EQ(index["weight_map"].size(), 6u);
  EXPECT_EQ(index["weight_map"]["mask"], "model-00002-of-00002.safetensors");
}

TEST(SafetensorsSink, ATensorAboveTheLimitHasAShardOfItsOwn) {
  const auto files = memory_files();
  const auto written = write_all(*files, "/out", six(), 1);
  std::map<std::string, std::uint64_t> bytes;
  for (const auto& tensor : written) bytes[tensor.file] += tensor.bytes;
  EXPECT_EQ(bytes.size(), 5u);
}

TEST(SafetensorsSink, TellsBytesAndHashOfEachTensor) {
  const auto files = memory_files();
  const auto tensors = six();
  SafetensorsSink sink(*files, "/out", plan_of(tensors), kNoLimit);
  EXPECT_EQ(sink.total_bytes(), 95u);
  std::map<std::string, Tensor> by_name;
  for (const auto& [name, tensor] : tensors) {
    sink.write(name, tensor);
    by_name[name] = tensor;
  }
  for (const auto& row : sink.finish()) {
    EXPECT_EQ(row.bytes, by_name.at(row.name).nbytes());
    EXPECT_EQ(row.hash, hash_hex(view_bytes(by_name.at(row.name))));
  }
}

TEST(SafetensorsSink, WritesViewsAsTheyRead) {
  const auto files = memory_files();
  const Tensor base = at::arange(12, at::kInt).reshape({3, 4});
  write_all(*files, "/out", {{"t", base.t()}}, kNoLimit);
  const std::string file = read_file(*files, "/out/model.safetensors");
  EXPECT_EQ(file.substr(file.size() - 48), view_bytes(base.t().contiguous()));
}

TEST(SafetensorsSink, TakesPiecesOfSeveralTensorsInTurn) {
  const auto files = memory_files();
  const std::string a = "abcdef", b = "123456";
  SafetensorsSink sink(*files, "/out", {{"a", DType::u8, {6}}, {"b", DType::u8, {6}}}, kNoLimit);
  for (size_t i = 0; i < 6; i += 2) {
    sink.write_bytes("b", std::as_bytes(std::span(b).subspan(i, 2)));
    sink.write_bytes("a", std::as_bytes(std::span(a).subspan(i, 2)));
  }
  const auto written = sink.finish();
  EXPECT_EQ(read_file(*files, "/out/model.safetensors")
                .substr(8 + header_length(read_file(*files, "/out/model.safetensors").substr(0, 8), 1000, "m")),
            "abcdef123456");
  EXPECT_EQ(written[0].hash, hash_hex(a));
  EXPECT_EQ(written[1].hash, hash_hex(b));
}

TEST(SafetensorsSink, WhatWasNotPlannedIsOurBug) {
  const auto files = memory_files();
  SafetensorsSink sink(*files, "/out", {{"a", DType::f32, {2}}}, kNoLimit);
  const auto refuses = [](const std::vector<std::string>& pieces, auto body) {
    expect_error(ErrorKind::internal, pieces, body);
  };
  refuses({"\"b\" was not planned"}, [&] { sink.write("b", at::zeros({2})); });
  refuses({"\"a\" is F32 [3], planned was F32 [2]"}, [&] { sink.write("a", at::zeros({3})); });
  refuses({"\"a\" is F32 [1, 2]"}, [&] { sink.write("a", at::zeros({1, 2})); });
  refuses({"\"a\" is F64 [2]"}, [&] { sink.write("a", at::zeros({2}, at::kDouble)); });
  refuses({"\"a\" has 0 of 8 bytes"}, [&] { sink.finish(); });
  sink.write("a", at::zeros({2}));
  refuses({"\"a\" got more bytes than planned"}, [&] { sink.write("a", at::zeros({2})); });
  refuses({"\"a\" is planned twice"}, [&] {
    SafetensorsSink(*files, "/twice", {{"a", DType::u8, {1}}, {"a", DType::u8, {1}}}, kNoLimit);
  });
  expect_error(ErrorKind::input, {"overflows"}, [&] {
    SafetensorsSink(*files, "/big", {{"a", DType::u8, {std::int64_t{1} << 62, 4}}}, kNoLimit);
  });
}

// Every file of a directory by name.
std::map<std::string, std::string> contents(FileSystem& files, const std::string& directory) {
  std::map<std::string, std::string> all;
  for (const auto& name : files.list(directory)) all[name] = read_file(files, join_path(directory, name));
  return all;
}

// The n-th write, sync or create fails, for every n: the error names a file of the output, and once n is past
// the last call the output is complete.
TEST(SafetensorsSink, AnyFailureOfTheDiskIsAResourceError) {
  const auto good = memory_files();
  write_all(*good, "/out", six(), 70);
  const auto expected = contents(*good, "/out");
  for (const auto& [call, calls] :
       {std::pair(Call::create, 3), std::pair(Call::write, 8), std::pair(Call::sync, 3)}) {
    int failures = 0;
    for (int n = 0; n < 100; ++n) {
      const auto disk = memory_files();
      const auto files = faulty_files(*disk, {.call = call, .after = n, .error = n % 2 ? EIO : ENOSPC});
      try {
        write_all(*files, "/out", six(), 70);
        EXPECT_EQ(contents(*disk, "/out"), expected);
        break;
      } catch (const Error& error) {
        ++failures;
        EXPECT_EQ(error.kind(), ErrorKind::resource) << error.render();
        EXPECT_THAT(error.message(), testing::MatchesRegex("/out/model.*: cannot be written .*bytes free\\)"));
        EXPECT_EQ(error.hint().empty(), n % 2 == 1);
      }
    }
    EXPECT_GE(failures, calls);
  }
}

TEST(SafetensorsSink, ShortWritesGiveTheSameFiles) {
  const auto good = memory_files();
  write_all(*good, "/out", six(), 70);
  for (const int after : {0, 1, 3}) {
    const auto disk = memory_files();
    const auto files = faulty_files(*disk, {.call = Call::write, .after = after, .shorten = true});
    write_all(*files, "/out", six(), 70);
    EXPECT_EQ(contents(*disk, "/out"), contents(*good, "/out"));
  }
}

}  // namespace
}  // namespace halftone
