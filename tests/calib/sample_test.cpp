#include "halftone/calib/sample.h"

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(PictureRef, ReadsItsFileOrGivesItsBytes) {
  const auto files = memory_files();
  write_file(*files, "/a.png", "from the disk");
  EXPECT_EQ(text_of(PictureRef{"/a.png", {}}.load(*files)), "from the disk");
  const PictureRef inline_picture{"/a.png", {std::byte{'x'}, std::byte{0}}};
  EXPECT_EQ(text_of(inline_picture.load(*files)), std::string("x\0", 2));
}

TEST(PictureRef, AMissingOrFailingFileIsNamed) {
  const auto files = memory_files();
  expect_error(ErrorKind::input, {"/gone.png"}, [&] { PictureRef{"/gone.png", {}}.load(*files); });
  write_file(*files, "/a.png", "bytes");
  const auto broken = faulty_files(*files, {.call = Fault::Call::read});
  expect_error(ErrorKind::resource, {"/a.png"}, [&] { PictureRef{"/a.png", {}}.load(*broken); });
}

}  // namespace
}  // namespace halftone
