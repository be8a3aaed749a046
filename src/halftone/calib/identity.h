// What tells that an evaluation row was used for calibration: its pictures and its question.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "halftone/base/json.h"
#include "halftone/calib/sample.h"
#include "halftone/io/file.h"

namespace halftone {

// SHA-256 in 64 digits: of a picture's RGB bytes, rows from the top, as decode_image gives them; of a text
// whose runs of white space are one space, none at its ends.
std::string picture_identity(FileSystem& files, const PictureRef& picture);
std::string question_identity(std::string_view text);

// Throws Error(input) for a picture that does not decode.
RecordIdentity record_identity(FileSystem& files, const DataRecord& record);
Json to_json(const RecordIdentity& identity);

// The rows that a run calibrated with.
class CalibrationRows {
 public:
  // From the first record of run.jsonl; empty where the record does not tell.
  explicit CalibrationRows(const Json& run_record, const std::string& origin);
  CalibrationRows() = default;
  bool empty() const { return questions_.empty(); }
  // Whether a row shows the pictures of a calibration record and asks one of its questions.
  bool holds(const std::string& pictures, const std::string& question) const;

 private:
  std::map<std::string, std::set<std::string>> questions_;  // by pictures
};

// pictures as in RecordIdentity.
std::string pictures_identity(FileSystem& files, const std::vector<PictureRef>& pictures);

}  // namespace halftone
