// Data files: which records they hold, and which of them a run takes.
//
//   *.json    a list of {id, image, conversations: [{from, value}]} (image: one name or a list; <image>
//   markers)
//   *.jsonl   one object a line: the same, {"text": ...}, or {"input_ids": [...]}
//   a folder  its pictures, each with one prompt
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/calib/sample.h"
#include "halftone/io/file.h"

namespace halftone {

struct DatasetSource {
  std::string path;
  double weight = 1;
  std::string prompt;  // for folders
  std::string images;  // where record pictures are looked for first; then beside the file, then in its images/
};

// What could not be read, one sentence each.
using BadRecords = std::vector<std::string>;

// All records of one source in file order. A file that is no data file throws Error(input); a single bad record
// (unknown role, video, missing picture, broken JSON line) is added to `bad` with its number and left out.
std::vector<DataRecord> read_dataset(FileSystem& files, const DatasetSource& source, BadRecords& bad);

// One record, number `number` of the source. Throws Error(input).
DataRecord read_record(FileSystem& files, const DatasetSource& source, const Json& json, std::size_t number);

// The turns of conversation JSON, [{from, value}], that shows so many pictures. Throws Error(input).
std::vector<ChatTurn> read_turns(const Json& conversation, int pictures);

// The first place that holds the picture `name`: source.images, beside the source, in its images/. Throws
// Error(input) that names the places.
std::string find_picture(FileSystem& files, const DatasetSource& source, const std::string& name);
// Those that a record names under "image" or "images", one or a list. Throws Error(input).
std::vector<PictureRef> record_pictures(FileSystem& files, const DatasetSource& source, const Json& record);

// `count` records drawn from the sources by their weights: each source is shuffled by the seed, gives its share
// (largest remainders; what a short source lacks the others make up), and the union is shuffled again.
std::vector<DataRecord> draw_records(std::vector<std::vector<DataRecord>> sources,
                                     const std::vector<double>& weights, std::int64_t count,
                                     std::uint64_t seed);

}  // namespace halftone
