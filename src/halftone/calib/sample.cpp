#include "halftone/calib/sample.h"

#include "halftone/base/error.h"

namespace halftone {

std::vector<std::byte> PictureRef::load(FileSystem& files) const {
  if (!bytes.empty()) return bytes;
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 30;
  const InputFile file(files, origin);
  require(file.size() <= kLimit, ErrorKind::input, "{}: {} bytes, no picture is that large", origin,
          file.size());
  std::vector<std::byte> data(file.size());
  file.read(data, 0);
  return data;
}

}  // namespace halftone
