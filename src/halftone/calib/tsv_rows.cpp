#include "halftone/calib/tsv_rows.h"

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "halftone/base/error.h"
#include "halftone/calib/base64.h"
#include "halftone/calib/dataset.h"
#include "halftone/calib/python_literal.h"
#include "halftone/calib/tsv.h"
#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

constexpr std::size_t kChunk = std::size_t{4} << 20;
constexpr std::uint64_t kLongestRow = std::uint64_t{1} << 30;
constexpr std::size_t kKept = 1024;     // bytes of a cell that the first reading looks at
constexpr std::size_t kReference = 64;  // an image cell of up to so many characters is another row's index

struct RowSpan {
  std::uint64_t begin = 0, end = 0;
};

std::string read_span(const InputFile& file, RowSpan span) {
  require(span.end - span.begin <= kLongestRow, ErrorKind::input, "it is {} bytes long; is a quote left open?",
          span.end - span.begin);
  std::string text(span.end - span.begin, '\0');
  file.read(std::as_writable_bytes(std::span(text)), span.begin);
  return text;
}

// What the first reading finds.
struct TsvIndex {
  std::vector<std::string> columns;
  std::vector<ColumnTyper> types;
  std::vector<RowSpan> rows;
  std::vector<std::string> keys;  // of the rows, as written
  std::size_t vanished = 0;
  bool torn = false;  // the file ends inside quotes
};

class TsvScan {
 public:
  explicit TsvScan(const InputFile& file) : file_(file) {}

  TsvIndex run() {
    TsvCutter cutter({[this](std::string_view text) { add(text); }, [this] { end_cell(); },
                      [this](std::uint64_t end) { end_row(end + start_); }});
    std::string chunk;
    start_ = byte_order_mark();
    for (std::uint64_t at = start_; at < file_.size(); at += chunk.size()) {
      chunk.resize(std::min<std::uint64_t>(kChunk, file_.size() - at));
      file_.read(std::as_writable_bytes(std::span(chunk)), at);
      cutter.feed(chunk);
    }
    index_.torn = !cutter.finish();
    require(!index_.columns.empty(), ErrorKind::input, "{}: there is no header line", file_.path());
    return std::move(index_);
  }

 private:
  std::uint64_t byte_order_mark() const {
    std::string mark(std::min<std::uint64_t>(3, file_.size()), '\0');
    file_.read(std::as_writable_bytes(std::span(mark)), 0);
    return mark == "\xEF\xBB\xBF" ? 3 : 0;
  }

  void add(std::string_view text) {
    length_ += text.size();
    cell_ += text.substr(0, kKept - std::min(kKept, cell_.size()));
  }

  void end_cell() {
    const bool whole = length_ == cell_.size();
    blank_ = cells_ == 0 && whole && cell_.find_first_not_of(' ') == std::string::npos;
    if (index_.columns.empty()) {
      header_.push_back(cell_);
    } else if (cells_ < index_.columns.size()) {
      index_.types[cells_].add(cell_, whole);
      index_.vanished += whole && !cell_.empty() && is_missing_cell(cell_);
      if (cells_ == key_column_) key_ = whole ? cell_ : "";
    }
    cell_.clear();
    length_ = 0;
    ++cells_;
  }

  void end_row(std::uint64_t end) {
    if (index_.columns.empty()) {
      take_header();
    } else if (!(cells_ == 1 && blank_)) {
      index_.rows.push_back({begin_, end});
      index_.keys.push_back(key_);
    }
    begin_ = end;
    cells_ = 0;
    key_.clear();
  }

  void take_header() {
    for (std::size_t i = 0; i < header_.size(); ++i) {
      require(std::find(header_.begin(), header_.begin() + static_cast<std::ptrdiff_t>(i), header_[i]) ==
                  header_.begin() + static_cast<std::ptrdiff_t>(i),
              ErrorKind::input, "{}: the column \"{}\" stands twice in the header", file_.path(),
              clipped(header_[i]));
      if (header_[i] == "index") key_column_ = i;
    }
    require(key_column_ < header_.size(), ErrorKind::input, "{}: the column \"index\" is missing; there are {}",
            file_.path(), clipped(fmt::format("{}", fmt::join(header_, ", "))));
    index_.columns = std::move(header_);
    index_.types.resize(index_.columns.size());
  }

  const InputFile& file_;
  TsvIndex index_;
  std::vector<std::string> header_;
  std::string cell_, key_;
  std::size_t length_ = 0, cells_ = 0, key_column_ = SIZE_MAX;
  std::uint64_t start_ = 0, begin_ = 0;
  bool blank_ = false;
};

class TsvRows {
 public:
  TsvRows(FileSystem& files, const EvalSource& source)
      : files_(files), source_(source), file_(files, source.path), index_(TsvScan(file_).run()) {
    for (const auto& typer : index_.types) types_.push_back(typer.type());
    image_ = column("image");
    key_ = column("index");
    types_[key_] = index_.types[key_].key_type();
    // Text columns of pictures and keys that are cut short: a picture is never a number.
    if (image_ < types_.size()) types_[image_] = ColumnType::text;
    for (std::size_t i = 0; i < index_.keys.size(); ++i) {
      if (!is_missing(index_.keys[i])) places_.emplace(retyped(index_.keys[i], types_[key_]), i);
    }
  }

  const TsvIndex& index() const { return index_; }
  std::size_t vanished() const { return source_.pandas_missing ? index_.vanished : 0; }

  EvalRow row(std::size_t i) const {
    const std::vector<std::string> cells = cells_of(i);
    EvalRow row;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (c == image_ || is_missing(cells[c])) continue;
      require(is_valid_utf8(cells[c]), ErrorKind::input, "the cell \"{}\" is not UTF-8", index_.columns[c]);
      row.columns[index_.columns[c]] = retype(cells[c], types_[c]);
    }
    const std::string* key = row.find("index");
    require(key != nullptr, ErrorKind::input, "the cell \"index\" is missing");
    row.index = *key;
    const std::size_t first = places_.at(row.index);
    require(first == i, ErrorKind::input, "the index \"{}\" stands twice, first in row {}", clipped(row.index),
            first + 1);
    row.images = pictures(i, cells, row);
    return row;
  }

 private:
  std::size_t column(const std::string& name) const {
    const auto found = std::find(index_.columns.begin(), index_.columns.end(), name);
    return static_cast<std::size_t>(found - index_.columns.begin());
  }

  bool is_missing(const std::string& cell) const {
    return source_.pandas_missing ? is_missing_cell(cell) : cell.empty();
  }

  // Where "NA" is a text, pandas' types of the column do not hold for it.
  std::string retype(const std::string& cell, ColumnType type) const {
    return is_missing_cell(cell) ? cell : retyped(cell, type);
  }

  std::vector<std::string> cells_of(std::size_t i) const {
    const bool last = i + 1 == index_.rows.size();
    require(!(last && index_.torn), ErrorKind::input, "a quote is opened and never closed");
    std::vector<std::string> cells = cut_row(read_span(file_, index_.rows[i]));
    require(cells.size() <= index_.columns.size(), ErrorKind::input, "it has {} cells, the header has {}",
            cells.size(), index_.columns.size());
    return cells;
  }

  // The text that holds the pictures of a row; empty for none.
  std::string picture_text(std::size_t i, const std::vector<std::string>& cells) const {
    if (image_ >= cells.size() || is_missing(cells[image_])) return {};
    const std::string& cell = cells[image_];
    if (cell.size() > kReference) return cell;
    const auto target = places_.find(retype_key(cell));
    require(target != places_.end(), ErrorKind::input,
            "its picture is said to be that of row \"{}\", which is not there", cell);
    require(target->second != i, ErrorKind::input, "its picture is said to be its own");
    const std::vector<std::string> other = cells_of(target->second);
    require(image_ < other.size() && other[image_].size() > kReference, ErrorKind::input,
            "its picture is said to be that of row \"{}\", which holds none itself", cell);
    return other[image_];
  }

  std::string retype_key(const std::string& key) const {
    ColumnTyper typer;
    typer.add(key);
    return types_[key_] == ColumnType::integer && typer.type() == ColumnType::integer
               ? retyped(key, ColumnType::integer)
               : key;
  }

  std::vector<PictureRef> pictures(std::size_t i, const std::vector<std::string>& cells,
                                   const EvalRow& row) const {
    std::vector<PictureRef> pictures;
    const std::string text = picture_text(i, cells);
    if (!text.empty()) {
      for (const auto& picture : parse_answers(text)) {
        pictures.push_back({"", while_reading(pictures.size() + 1, picture)});
      }
    } else if (const std::string* names = row.find("image_path")) {
      const DatasetSource places{source_.path, 1, "", source_.images};
      for (const auto& name : parse_answers(*names))
        pictures.push_back({find_picture(files_, places, name), {}});
    }
    return pictures;
  }

  static std::vector<std::byte> while_reading(std::size_t number, const std::string& picture) {
    try {
      std::vector<std::byte> bytes = decode_base64(picture);
      require(!bytes.empty(), ErrorKind::input, "it is empty");
      return bytes;
    } catch (const Error& error) {
      fail(ErrorKind::input, "picture {}: {}", number, error.message());
    }
  }

  FileSystem& files_;
  EvalSource source_;
  InputFile file_;
  TsvIndex index_;
  std::vector<ColumnType> types_;
  std::size_t image_ = 0, key_ = 0;
  std::unordered_map<std::string, std::size_t> places_;  // key -> first row that has it
};

}  // namespace

EvalTable open_tsv_rows(FileSystem& files, const EvalSource& source) {
  const auto rows = std::make_shared<const TsvRows>(files, source);
  return {rows->index().columns, rows->index().rows.size(), rows->vanished(),
          [rows](std::size_t i) { return rows->row(i); }};
}

}  // namespace halftone
