#include "halftone/io/safetensors_header.h"

#include <algorithm>
#include <cctype>
#include <unordered_set>

#include "halftone/base/error.h"
#include "halftone/base/json.h"

namespace halftone {
namespace {

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
      expect(seen_ == 7, "lacks its dtype, shape or data_offsets");
    }
    --depth_;
    return true;
  }

  bool key(string_t& name) override {
    if (depth_ == 1) {
      start_entry(name);
    } else if (!metadata_) {
      start_field(name);
    }
    return true;
  }

  bool string(string_t& value) override {
    if (depth_ == 2 && metadata_) return true;
    if (depth_ != 2 || current_ != 1) refuse("a string");
    const auto dtype = dtype_from_name(value);
    if (!dtype) {
      fail(ErrorKind::unsupported, "{}: {} has element type \"{}\", known are {}", origin(), place(),
           clipped(value), dtype_names());
    }
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
    expect(current_ != 4 || offsets_ == 2, "needs two data_offsets, has {}", offsets_);
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (!list_open_) refuse("an integer");
    TensorEntry& entry = entries_.back();
    if (current_ == 2) {
      expect(value <= INT64_MAX, "has an impossible axis of {}", value);
      expect(entry.shape.size() < kMaxRank, "has more than {} axes", kMaxRank);
      entry.shape.push_back(static_cast<std::int64_t>(value));
    } else {
      (offsets_++ == 0 ? entry.begin : entry.end) = value;
    }
    return true;
  }

 protected:
  std::string place() const override {
    if (depth_ == 0) return {};
    if (metadata_) return "__metadata__";
    return entries_.empty() ? "" : fmt::format("tensor \"{}\"", clipped(entries_.back().name));
  }

 private:
  template <class... Args>
  void expect(bool good, fmt::format_string<const Args&...> format, const Args&... args) const {
    if (!good) fail(ErrorKind::input, "{}: {} {}", origin(), place(), clipped(fmt::format(format, args...)));
  }

  void start_entry(const std::string& name) {
    if (!names_.insert(name).second) {
      fail(ErrorKind::input, "{}: \"{}\" stands twice in the header", origin(), clipped(name));
    }
    metadata_ = name == "__metadata__";
    if (!metadata_) entries_.emplace_back().name = name;
  }

  void start_field(const std::string& name) {
    const int bit = name == "dtype" ? 1 : name == "shape" ? 2 : name == "data_offsets" ? 4 : 0;
    expect(bit != 0, "has an unknown key \"{}\"", name);
    expect((seen_ & bit) == 0, "has \"{}\" twice", name);
    seen_ |= bit;
    current_ = bit;
  }

  std::vector<TensorEntry> entries_;
  std::unordered_set<std::string> names_;
  int depth_ = 0, seen_ = 0, current_ = 0, offsets_ = 0;
  bool metadata_ = false, list_open_ = false;
};

void check_tiling(const std::vector<TensorEntry>& entries, std::uint64_t data_size, const std::string& path) {
  std::uint64_t next = 0;
  for (const auto& entry : entries) {
    const std::string what = fmt::format("{}: tensor \"{}\"", path, clipped(entry.name));
    require(entry.begin <= entry.end, ErrorKind::input, "{} ends at byte {} before it begins at {}", what,
            entry.end, entry.begin);
    require(entry.begin == next, ErrorKind::input, "{} begins at byte {}, expected {} (a hole or an overlap)",
            what, entry.begin, next);
    const std::uint64_t expected = checked_bytes(entry.dtype, entry.shape, what);
    require(entry.bytes() == expected, ErrorKind::input,
            "{} of {} [{}] takes {} bytes, its data_offsets give {}", what, dtype_name(entry.dtype),
            fmt::join(entry.shape, ", "), expected, entry.bytes());
    next = entry.end;
  }
  require(next == data_size, ErrorKind::input,
          "{}: the tensors take {} bytes, the file holds {} after its header (truncated download?)", path, next,
          data_size);
}

}  // namespace

std::uint64_t header_length(std::string_view first_bytes, std::uint64_t file_size, const std::string& path) {
  std::string first(first_bytes.substr(0, 8));
  std::transform(first.begin(), first.end(), first.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto looks_like = [&](std::string_view magic, const char* what) {
    require(!first.starts_with(magic), ErrorKind::input, "{}: this is {}, not a safetensors file", path, what);
  };
  looks_like("version ", "a Git LFS pointer (run git lfs pull)");
  looks_like("pk\x03\x04", "a zip archive or pickle");
  looks_like("gguf", "a GGUF file");
  looks_like("<!doctyp", "a web page");
  looks_like("<html", "a web page");
  looks_like("<?xml", "a web page");
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
  std::int64_t bytes = dtype_bytes(dtype);
  bool overflow = false, empty = false;
  for (const std::int64_t axis : shape) {
    empty |= axis == 0;
    overflow |= axis < 0 || __builtin_mul_overflow(bytes, std::max<std::int64_t>(axis, 1), &bytes);
  }
  require(!overflow, ErrorKind::input, "{}: shape [{}] overflows", what, fmt::join(shape, ", "));
  return empty ? 0 : static_cast<std::uint64_t>(bytes);
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
