#include "halftone/io/safetensors_header.h"

#include <algorithm>
#include <unordered_set>

#include "halftone/base/error.h"
#include "halftone/base/json.h"

namespace halftone {
namespace {

constexpr size_t kMaxRank = 64;

bool multiply_overflows(std::uint64_t a, std::uint64_t b, std::uint64_t& product) {
  return __builtin_mul_overflow(a, b, &product);
}

// Fills TensorEntry values from the events of
// {"name": {"dtype": "...", "shape": [...], "data_offsets": [begin, end]}, "__metadata__": {"k": "v"}}.
class HeaderEvents final : public JsonEvents {
 public:
  explicit HeaderEvents(const std::string& path) : JsonEvents(path) {}
  std::vector<TensorEntry> take() { return std::move(entries_); }

  bool start_object(std::size_t) override {
    if (depth_ == 2 || list_open_) refuse("a nested object");
    ++depth_;
    if (depth_ == 2) seen_ = 0;
    return true;
  }

  bool end_object() override {
    if (depth_ == 2 && !metadata_) {
      require(seen_ == 7, ErrorKind::input, "{}: tensor \"{}\" lacks its dtype, shape or data_offsets",
              origin(), entries_.back().name);
    }
    --depth_;
    return true;
  }

  bool key(string_t& name) override {
    if (depth_ == 1) {
      metadata_ = name == "__metadata__";
      if (!names_.insert(name).second) {
        fail(ErrorKind::input, "{}: \"{}\" stands twice in the header", origin(), name);
      }
      if (!metadata_) entries_.emplace_back().name = name;
      return true;
    }
    if (metadata_) return true;
    const int bit = name == "dtype" ? 1 : name == "shape" ? 2 : name == "data_offsets" ? 4 : 0;
    require(bit != 0, ErrorKind::input, "{}: tensor \"{}\" has an unknown key \"{}\"", origin(),
            entries_.back().name, name);
    require((seen_ & bit) == 0, ErrorKind::input, "{}: tensor \"{}\" has \"{}\" twice", origin(),
            entries_.back().name, name);
    seen_ |= bit;
    current_ = bit;
    return true;
  }

  bool string(string_t& value) override {
    if (depth_ == 2 && metadata_) return true;
    if (depth_ != 2 || current_ != 1) refuse("a string");
    const auto dtype = dtype_from_name(value);
    require(dtype.has_value(), ErrorKind::unsupported,
            "{}: tensor \"{}\" has element type \"{}\", known are {}", origin(), entries_.back().name, value,
            dtype_names());
    entries_.back().dtype = *dtype;
    return true;
  }

  bool start_array(std::size_t) override {
    if (depth_ != 2 || metadata_ || current_ == 1 || list_open_) refuse("a list");
    list_open_ = true;
    offsets_ = 0;
    return true;
  }

  bool end_array() override {
    list_open_ = false;
    require(current_ != 4 || offsets_ == 2, ErrorKind::input,
            "{}: tensor \"{}\" needs two data_offsets, has {}", origin(), entries_.back().name, offsets_);
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (!list_open_) refuse("an integer");
    TensorEntry& entry = entries_.back();
    if (current_ == 2) {
      require(value <= INT64_MAX && entry.shape.size() < kMaxRank, ErrorKind::input,
              "{}: tensor \"{}\" has an impossible shape", origin(), entry.name);
      entry.shape.push_back(static_cast<std::int64_t>(value));
    } else {
      (offsets_++ == 0 ? entry.begin : entry.end) = value;
    }
    return true;
  }

 private:
  std::vector<TensorEntry> entries_;
  std::unordered_set<std::string> names_;
  int depth_ = 0, seen_ = 0, current_ = 0, offsets_ = 0;
  bool metadata_ = false, list_open_ = false;
};

void check_tiling(const std::vector<TensorEntry>& entries, std::uint64_t data_size, const std::string& path) {
  std::uint64_t next = 0;
  for (const auto& entry : entries) {
    require(entry.begin <= entry.end, ErrorKind::input, "{}: tensor \"{}\" ends at {} before it begins at {}",
            path, entry.name, entry.end, entry.begin);
    require(entry.begin == next, ErrorKind::input,
            "{}: tensor \"{}\" begins at byte {}, expected {} (a hole or an overlap)", path, entry.name,
            entry.begin, next);
    const std::uint64_t expected =
        checked_bytes(entry.dtype, entry.shape, path + ": tensor \"" + entry.name + "\"");
    require(entry.bytes() == expected, ErrorKind::input,
            "{}: tensor \"{}\" of {} [{}] takes {} bytes, its data_offsets give {}", path, entry.name,
            dtype_name(entry.dtype), fmt::join(entry.shape, ", "), expected, entry.bytes());
    next = entry.end;
  }
  require(next == data_size, ErrorKind::input,
          "{}: the tensors take {} bytes, the file holds {} after its header (truncated download?)", path, next,
          data_size);
}

}  // namespace

std::uint64_t header_length(std::string_view first_bytes, std::uint64_t file_size, const std::string& path) {
  const auto looks_like = [&](std::string_view magic, const char* what) {
    require(!first_bytes.starts_with(magic), ErrorKind::input, "{}: this is {}, not a safetensors file", path,
            what);
  };
  looks_like("version ", "a Git LFS pointer (run git lfs pull)");
  looks_like("PK\x03\x04", "a zip archive or pickle");
  looks_like("GGUF", "a GGUF file");
  looks_like("<!DOCTYP", "a web page");
  looks_like("<html", "a web page");
  require(first_bytes.size() >= 8, ErrorKind::input, "{}: {} bytes, a safetensors header needs at least 8",
          path, file_size);
  std::uint64_t length = 0;
  for (size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(first_bytes[i]);
  require(length <= kMaxHeaderBytes, ErrorKind::input, "{}: a header of {} bytes, the limit is {}", path,
          length, kMaxHeaderBytes);
  require(length <= file_size - 8, ErrorKind::input,
          "{}: the header claims {} bytes, the file has {} (truncated download?)", path, length, file_size);
  return length;
}

std::vector<TensorEntry> parse_header(std::string_view json, std::uint64_t data_size, const std::string& path) {
  HeaderEvents events(path);
  read_json_events(json, events, path);
  std::vector<TensorEntry> entries = events.take();
  // A tensor of no bytes may share its offset with the next one; it comes first.
  std::stable_sort(entries.begin(), entries.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  check_tiling(entries, data_size, path);
  return entries;
}

std::uint64_t checked_bytes(DType dtype, const std::vector<std::int64_t>& shape, const std::string& what) {
  std::uint64_t count = static_cast<std::uint64_t>(dtype_bytes(dtype));
  for (const std::int64_t dim : shape) {
    require(!multiply_overflows(count, static_cast<std::uint64_t>(dim), count) && count <= INT64_MAX,
            ErrorKind::input, "{}: shape [{}] overflows", what, fmt::join(shape, ", "));
  }
  return count;
}

std::string build_header(const std::vector<TensorEntry>& entries) {
  std::string json = R"({"__metadata__":{"format":"pt"})";
  for (const auto& entry : entries) {
    json += fmt::format(R"(,{}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", Json(entry.name).dump(),
                        dtype_name(entry.dtype), fmt::join(entry.shape, ","), entry.begin, entry.end);
  }
  json += "}";
  json.resize((json.size() + 7) / 8 * 8, ' ');
  std::string header(8, '\0');
  for (size_t i = 0; i < 8; ++i) header[i] = static_cast<char>(json.size() >> (8 * i));
  return header + json;
}

}  // namespace halftone
