#include "halftone/io/safetensors_source.h"

#include <cmath>
#include <limits>
#include <thread>

#include "tests/expect_error.h"
#include "tests/io/random_tensors.h"
#include "tests/io/raw_safetensors.h"
#include "tests/temp_directory.h"
#include <ATen/ops/full.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace halftone {
namespace {

using enum ErrorKind;
using testing::ElementsAre;
using testing::HasSubstr;

// One byte a tensor: 0, 1, 2, ...
std::string u8_file(const std::vector<std::string>& names) {
  std::string json = "{";
  for (size_t i = 0; i < names.size(); ++i) {
    json += (i ? "," : "") + raw_entry(names[i], "U8", "1", std::to_string(i) + "," + std::to_string(i + 1));
  }
  return raw_safetensors(json + "}", std::string("0123456789", names.size()));
}

std::string index_of(const std::string& weight_map) { return "{\"weight_map\":{" + weight_map + "}}"; }

std::vector<std::string> names_of(const TensorSource& source) {
  std::vector<std::string> names;
  for (const auto& info : source.list()) names.push_back(info.name);
  return names;
}

// A directory of two shards, s1 with a and b, s2 with c.
class TwoShards : public testing::Test {
 protected:
  TwoShards() : files_(memory_files()) {
    add("s1", u8_file({"a", "b"}));
    add("s2", u8_file({"c"}));
    add("model.safetensors.index.json", index_of(R"("a":"s1","b":"s1","c":"s2")"));
  }
  void add(const std::string& name, const std::string& content) { write_file(*files_, "/m/" + name, content); }
  SafetensorsSource open() { return SafetensorsSource(*files_, "/m"); }

  std::unique_ptr<FileSystem> files_;
};

TEST_F(TwoShards, ListsAllTensorsWithTheirPlaces) {
  const auto source = open();
  EXPECT_THAT(names_of(source), ElementsAre("a", "b", "c"));
  EXPECT_EQ(source.at("c").place, "/m/s2");
  EXPECT_EQ(source.at("a").bytes, 1u);
  EXPECT_TRUE(source.warnings().empty());
}

TEST_F(TwoShards, ATensorThatItsShardDoesNotHoldIsRefused) {  // DIR-07
  add("model.safetensors.index.json", index_of(R"("a":"s1","b":"s1","c":"s2","d":"s2")"));
  expect_error(input, {"/m", "tensor \"d\" into s2, which does not hold it"}, [&] { open(); });
  add("model.safetensors.index.json", index_of(R"("a":"s1","b":"s2","c":"s2")"));
  expect_error(input, {"/m", "tensor \"b\" into s2, which does not hold it"}, [&] { open(); });
}

TEST_F(TwoShards, ATensorInTwoShardsIsRefused) {  // DIR-07
  add("s2", u8_file({"c", "a"}));
  expect_error(input, {"tensor \"a\" stands in two shards, /m/s1 and /m/s2"}, [&] { open(); });
}

TEST_F(TwoShards, WhatTheIndexDoesNotNameIsLeftOutWithAWarning) {  // DIR-06, DIR-07
  add("s1", u8_file({"a", "extra", "b"}));
  add("s3.safetensors", "never opened");
  auto source = open();
  EXPECT_THAT(names_of(source), ElementsAre("a", "b", "c"));
  EXPECT_THAT(source.warnings(),
              ElementsAre(HasSubstr("/m/s3.safetensors"), HasSubstr("/m/s1: tensor \"extra\"")));
  EXPECT_EQ(source.find("extra"), nullptr);
  EXPECT_EQ(source.read(source.at("b")).item<std::uint8_t>(), '2');
}

TEST_F(TwoShards, ABrokenShardIsNamed) {
  add("s2", "version https://git-lfs.github.com/spec/v1\n");
  expect_error(input, {"/m/s2", "Git LFS pointer"}, [&] { open(); });
}

TEST_F(TwoShards, EmptyTensorsDoNotConfuseNamesAndBytes) {  // ST-14
  add("s2", raw_safetensors("{" + raw_entry("c", "U8", "2", "0,2") + "," + raw_entry("e", "U8", "0", "0,0") +
                                "," + raw_entry("f", "F32", "2,0,3", "2,2") + "}",
                            "yz"));
  add("model.safetensors.index.json", index_of(R"("a":"s1","b":"s1","c":"s2","e":"s2","f":"s2")"));
  auto source = open();
  EXPECT_EQ(view_bytes(source.read(source.at("c"))), "yz");
  EXPECT_EQ(source.read(source.at("e")).numel(), 0);
  EXPECT_EQ(source.read(source.at("f")).sizes(), at::IntArrayRef({2, 0, 3}));
}

TEST(SafetensorsSource, NumbersThatAreNotFiniteAreRead) {  // ST-26
  const auto files = memory_files();
  const double infinity = std::numeric_limits<double>::infinity();
  write_all(*files, "/m", {{"nan", at::full({3}, std::nan(""))}, {"inf", at::full({3}, infinity)}}, 1 << 20);
  SafetensorsSource source(*files, "/m");
  EXPECT_TRUE(source.read(source.at("nan")).isnan().all().item<bool>());
  EXPECT_TRUE(source.read(source.at("inf")).isinf().all().item<bool>());
}

TEST(SafetensorsSource, DataNeedNotBeAligned) {  // ST-25
  const auto files = memory_files();
  std::string json = "{" + raw_entry("c", "U8", "1", "0,1") + "," + raw_entry("d", "F64", "2", "1,17") + "," +
                     raw_entry("i", "I64", "1", "17,25") + "}";
  while (json.size() % 8 != 3) json += ' ';
  const double values[] = {0.5, -3};
  const std::int64_t integer = -7;
  std::string data = "c";
  data.append(reinterpret_cast<const char*>(values), 16).append(reinterpret_cast<const char*>(&integer), 8);
  write_file(*files, "m", raw_safetensors(json, data));
  auto source = SafetensorsSource::from_file(*files, "m");
  EXPECT_EQ(source.read(source.at("d"))[0].item<double>(), 0.5);
  EXPECT_EQ(source.read(source.at("d"), 1)[0].item<double>(), -3);
  EXPECT_EQ(source.read(source.at("i")).item<std::int64_t>(), -7);
}

TEST(SafetensorsSource, AFileThatShrinksAfterOpeningIsAnError) {  // ST-29
  const TempDirectory temp;
  write_file(posix_files(), temp / "model.safetensors", u8_file({"a", "b", "c"}));
  SafetensorsSource source(posix_files(), temp.path());
  const auto size = static_cast<off_t>(posix_files().stat(temp / "model.safetensors").size);
  ASSERT_EQ(::truncate((temp / "model.safetensors").c_str(), size - 2), 0);
  EXPECT_EQ(source.read(source.at("a")).numel(), 1);
  expect_error(input, {temp / "model.safetensors", "truncated or replaced"},
               [&] { source.read(source.at("b")); });
}

TEST(SafetensorsSource, NoPipeNoDeviceNoDirectory) {  // ST-30
  const TempDirectory temp;
  ASSERT_EQ(::mkfifo((temp / "pipe").c_str(), 0600), 0);
  for (const std::string& path : {temp / "pipe", temp.path(), std::string("/dev/zero"), temp / "missing"}) {
    expect_error(input, {path}, [&] { SafetensorsSource::from_file(posix_files(), path); });
  }
}

TEST(SafetensorsSource, AFailingDiskIsAResource) {
  const auto disk = memory_files();
  write_file(*disk, "m", u8_file({"a"}));
  for (int n = 0; n < 2; ++n) {  // the 8 bytes, the header
    const auto files = faulty_files(*disk, {.call = Fault::Call::read, .after = n});
    expect_error(resource, {"m: reading at byte"}, [&] { SafetensorsSource::from_file(*files, "m"); });
  }
  const auto files = faulty_files(*disk, {.call = Fault::Call::read, .after = 2});
  auto source = SafetensorsSource::from_file(*files, "m");
  expect_error(resource, {"m: reading at byte"}, [&] { source.read(source.at("a")); });
}

TEST(SafetensorsSource, TensorsAreKnownByNameAndBounded) {
  const auto files = memory_files();
  Random random(1);
  write_all(*files, "/m",
            {{"a", random_tensor(random, DType::i32, {3, 2})}, {"b", random_tensor(random, DType::u8, {4})}},
            1 << 20);
  SafetensorsSource source(*files, "/m");
  TensorInfo copy = source.at("a");
  EXPECT_TRUE(source.read(copy).equal(source.read(source.at("a"))));
  for (const auto& [first, count] : {std::pair(-1, 1), std::pair(0, 4), std::pair(3, 1), std::pair(4, -1)}) {
    expect_error(internal, {}, [&, f = first, c = count] { source.read(copy, f, c); });
  }
  std::string out(25, '.');
  const auto into = std::as_writable_bytes(std::span(out));
  expect_error(internal, {}, [&] { source.read_bytes(copy, 0, into); });
  expect_error(internal, {}, [&] { source.read_bytes(copy, 25, into.first(0)); });
  expect_error(internal, {}, [&] { source.read_bytes(copy, ~std::uint64_t{0}, into.first(2)); });
  source.read_bytes(copy, 0, into.first(24));
  copy.name = "c";
  expect_error(input, {"\"c\" is not in the checkpoint"}, [&] { source.read(copy); });
}

TEST(SafetensorsSource, AnotherThreadMayRead) {
  const auto files = memory_files();
  Random random(2);
  const Tensor tensor = random_tensor(random, DType::f32, {8});
  write_all(*files, "/m", {{"a", tensor}}, 1 << 20);
  SafetensorsSource source(*files, "/m");
  Tensor read;
  std::jthread([&] { read = source.read(source.at("a")); }).join();
  EXPECT_EQ(view_bytes(read), view_bytes(tensor));
}

// Random rows and random bytes of one tensor are those of the whole.
void check_pieces(SafetensorsSource& source, const TensorInfo& info, const Tensor& tensor, Random& random) {
  const std::string_view whole = view_bytes(tensor);
  if (tensor.dim() > 0) {
    const auto rows = static_cast<std::uint64_t>(tensor.size(0));
    const auto first = static_cast<std::int64_t>(random.below(rows + 1));
    const auto count = static_cast<std::int64_t>(random.below(rows - static_cast<std::uint64_t>(first) + 1));
    const Tensor expected = tensor.narrow(0, first, count).contiguous();
    const Tensor read = source.read(info, first, count);
    EXPECT_EQ(read.sizes(), expected.sizes());
    EXPECT_EQ(view_bytes(read), view_bytes(expected));
    EXPECT_EQ(source.read(info, first).size(0), tensor.size(0) - first);
  }
  const std::uint64_t offset = random.below(whole.size() + 1);
  std::string bytes(random.below(whole.size() - offset + 1), '.');
  source.read_bytes(info, offset, std::as_writable_bytes(std::span(bytes)));
  EXPECT_EQ(bytes, whole.substr(offset, bytes.size()));
}

void round_trip(std::uint64_t seed) {
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto tensors = random_tensors(random);
  const auto disk = memory_files();
  // Every third disk does one byte at a time.
  const auto call = seed % 3 == 1 ? Fault::Call::write : Fault::Call::read;
  const auto files = faulty_files(*disk, {.call = call, .after = seed % 3 ? 0 : 1 << 30, .shorten = true});
  const std::uint64_t limit = random.below(3000);
  const auto written = write_all(*files, "/m", tensors, limit);
  ASSERT_EQ(written.size(), tensors.size());

  SafetensorsSource source(*files, "/m");
  EXPECT_TRUE(source.warnings().empty());
  ASSERT_EQ(source.list().size(), tensors.size());
  std::map<std::string, std::uint64_t> shard_bytes, shard_tensors;
  for (const auto& [name, tensor] : tensors) {
    const TensorInfo& info = source.at(name);
    EXPECT_EQ(info.dtype, to_dtype(tensor.scalar_type()));
    EXPECT_EQ(at::IntArrayRef(info.shape), tensor.sizes());
    EXPECT_EQ(info.bytes, tensor.nbytes());
    const Tensor read = source.read(info);
    EXPECT_EQ(read.scalar_type(), tensor.scalar_type());
    EXPECT_EQ(read.sizes(), tensor.sizes());
    EXPECT_EQ(view_bytes(read), view_bytes(tensor));
    check_pieces(source, info, tensor, random);
    shard_bytes[info.place] += info.bytes;
    shard_tensors[info.place] += info.bytes > 0 ? 1 : 0;
  }
  for (const auto& [place, bytes] : shard_bytes)
    EXPECT_TRUE(bytes <= limit || shard_tensors[place] == 1) << place;
}

TEST(SafetensorsRoundTrip, TwoHundredRandomSets) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) round_trip(seed);
}

}  // namespace
}  // namespace halftone
