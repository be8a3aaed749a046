#include "halftone/io/file.h"

#include <cerrno>
#include <utility>

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

using Call = Fault::Call;
using testing::HasSubstr;

const std::string kText = "The quick brown fox jumps over the lazy dog.";

std::span<std::byte> into(std::string& text) { return std::as_writable_bytes(std::span(text)); }
std::span<const std::byte> from(const std::string& text) { return std::as_bytes(std::span(text)); }

TEST(InputFile, ReadsAnyPiece) {
  const auto files = memory_files();
  write_file(*files, "f", kText);
  const InputFile file(*files, "f");
  EXPECT_EQ(file.size(), kText.size());
  EXPECT_EQ(file.path(), "f");
  std::string out(5, '.');
  file.read(into(out), 4);
  EXPECT_EQ(out, "quick");
  std::string nothing;
  file.read(into(nothing), 1u << 30);
}

TEST(InputFile, NamesWhatIsMissing) {
  const auto files = memory_files();
  files->make_directory("d");
  expect_error(ErrorKind::input, {"x/f: no such file"}, [&] { InputFile(*files, "x/f"); });
  expect_error(ErrorKind::input, {"d: not a regular file"}, [&] { InputFile(*files, "d"); });
}

TEST(InputFile, PastTheEndIsTheFilesFault) {
  const auto files = memory_files();
  write_file(*files, "f", "12345");
  const InputFile file(*files, "f");
  std::string out(4, '.');
  expect_error(ErrorKind::input, {"f: ends at byte 5", "2 more"}, [&] { file.read(into(out), 3); });
}

TEST(InputFile, AFailingDiskIsAResource) {
  const auto disk = memory_files();
  write_file(*disk, "f", "12345");
  const auto files = faulty_files(*disk, {.call = Call::read});
  const InputFile file(*files, "f");
  std::string out(4, '.');
  expect_error(ErrorKind::resource, {"f: reading at byte 1 failed (Input/output error)"},
               [&] { file.read(into(out), 1); });
}

TEST(InputFile, FinishesShortReadsAndRetriesInterruptedOnes) {
  const auto disk = memory_files();
  write_file(*disk, "f", kText);
  const auto shortened = faulty_files(*disk, {.call = Call::read, .after = 0, .shorten = true});
  EXPECT_EQ(read_file(*shortened, "f"), kText);
  const auto interrupted = faulty_files(*disk, {.call = Call::read, .error = EINTR, .times = 3});
  EXPECT_EQ(read_file(*interrupted, "f"), kText);
}

TEST(InputFile, MovesWithItsHandle) {
  const auto files = memory_files();
  write_file(*files, "f", "ab");
  InputFile first(*files, "f");
  const InputFile second(std::move(first));
  std::string out(2, '.');
  second.read(into(out), 0);
  EXPECT_EQ(out, "ab");
}

TEST(OutputFile, WritesPiecesInAnyOrder) {
  const auto files = memory_files();
  OutputFile file(*files, "f");
  file.write(from("fox"), 4);
  file.write(from("the "), 0);
  file.finish();
  EXPECT_EQ(read_file(*files, "f"), "the fox");
}

TEST(OutputFile, FinishesShortWritesAndRetriesInterruptedOnes) {
  for (const Fault& fault : {Fault{.call = Call::write, .after = 0, .shorten = true},
                             Fault{.call = Call::write, .error = EINTR, .times = 3}}) {
    const auto disk = memory_files();
    const auto files = faulty_files(*disk, fault);
    write_file(*files, "f", kText);
    EXPECT_EQ(read_file(*disk, "f"), kText);
  }
}

TEST(OutputFile, NamesFileReasonAndFreeBytesWhenTheDiskFails) {
  for (const Call call : {Call::create, Call::write, Call::sync}) {
    const auto disk = memory_files();
    const auto files = faulty_files(*disk, {.call = call, .error = EIO});
    const Error error = error_of([&] { write_file(*files, "d/f", "x"); });
    EXPECT_EQ(error.kind(), ErrorKind::resource);
    EXPECT_THAT(error.message(),
                HasSubstr("d/f: cannot be written (Input/output error, 1099511627776 bytes free)"));
    EXPECT_EQ(error.hint(), "");
  }
}

TEST(OutputFile, AFullDiskSaysTheWayOut) {
  const auto disk = memory_files();
  const auto files = faulty_files(*disk, {.call = Call::write, .error = ENOSPC});
  const Error error = error_of([&] { write_file(*files, "f", "x"); });
  EXPECT_THAT(error.message(), HasSubstr("No space left"));
  EXPECT_THAT(error.hint(), HasSubstr("another disk"));
}

TEST(ReadFile, RefusesWhatIsTooLargeBeforeReading) {
  const auto disk = memory_files();
  write_file(*disk, "f", "12345");
  EXPECT_EQ(read_file(*disk, "f", 5), "12345");
  const auto files = faulty_files(*disk, {.call = Call::read});
  expect_error(ErrorKind::input, {"f: 5 bytes", "4"}, [&] { read_file(*files, "f", 4); });
}

TEST(Paths, JoinBaseAndParent) {
  EXPECT_EQ(join_path("a", "b"), "a/b");
  EXPECT_EQ(join_path("a/", "b"), "a/b");
  EXPECT_EQ(join_path("/", "b"), "/b");
  EXPECT_EQ(join_path("", "b"), "b");
  struct Row {
    const char *path, *base, *parent;
  };
  for (const auto& [path, base, parent] : {
           Row{"a", "a", "."},
           Row{"a/", "a", "."},
           Row{"a/b", "b", "a"},
           Row{"a/b//", "b", "a"},
           Row{"a//b", "b", "a"},
           Row{"/a", "a", "/"},
           Row{"//a", "a", "/"},
           Row{"/a/b.c", "b.c", "/a"},
           Row{"/", "/", "/"},
           Row{"", "", "."},
           Row{"..", "..", "."},
       }) {
    EXPECT_EQ(base_name(path), base) << path;
    EXPECT_EQ(parent_path(path), parent) << path;
  }
}

}  // namespace
}  // namespace halftone
