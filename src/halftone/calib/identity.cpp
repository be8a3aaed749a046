#include "halftone/calib/identity.h"

#include "halftone/base/error.h"
#include "halftone/base/sha256.h"
#include "halftone/media/decode.h"
#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

std::string folded(std::string_view raw) {
  const std::string text = lossy_utf8(raw);
  std::string out;
  bool space = false;
  for (std::string_view rest = text; !rest.empty();) {
    const Scalar scalar = front_scalar(rest);
    if (is_white_space(scalar.value)) {
      space = !out.empty();
    } else {
      if (space) out += ' ';
      space = false;
      out += rest.substr(0, scalar.length);
    }
    rest.remove_prefix(scalar.length);
  }
  return out;
}

}  // namespace

std::string picture_identity(FileSystem& files, const PictureRef& picture) {
  const Rgb8 image = decode_image(picture.load(files), picture.origin);
  return sha256_hex(std::as_bytes(std::span(image.data)));
}

std::string question_identity(std::string_view text) { return sha256_hex(folded(text)); }

std::string pictures_identity(FileSystem& files, const std::vector<PictureRef>& pictures) {
  std::string joined;
  for (const auto& picture : pictures) joined += (joined.empty() ? "" : "+") + picture_identity(files, picture);
  return joined;
}

RecordIdentity record_identity(FileSystem& files, const DataRecord& record) {
  RecordIdentity identity;
  try {
    identity.pictures = pictures_identity(files, record.pictures);
  } catch (const Error& error) {
    throw Error(error.kind(), record.origin + ": " + error.message(), error.hint());
  }
  for (const auto& turn : record.turns) {
    if (turn.role != "user") continue;
    std::string text;
    for (const auto& item : turn.content) text += item.text + " ";
    identity.questions.push_back(question_identity(text));
  }
  if (!record.text.empty()) identity.questions.push_back(question_identity(record.text));
  return identity;
}

Json to_json(const RecordIdentity& identity) {
  return {{"pictures", identity.pictures}, {"questions", identity.questions}};
}

CalibrationRows::CalibrationRows(const Json& run_record, const std::string& origin) {
  if (!has(run_record, "calibration_rows")) return;
  require(run_record["calibration_rows"].is_array(), ErrorKind::input, "{}: \"calibration_rows\" is no list",
          origin);
  for (const auto& row : run_record["calibration_rows"]) {
    require(row.is_object() && has(row, "questions") && row["questions"].is_array(), ErrorKind::input,
            "{}: a row of \"calibration_rows\" has no \"questions\"", origin);
    std::set<std::string>& questions = questions_[get_string_or(row, "pictures", "", origin)];
    for (const auto& question : row["questions"])
      questions.insert(question.is_string() ? question.get<std::string>() : question.dump());
  }
}

bool CalibrationRows::holds(const std::string& pictures, const std::string& question) const {
  const auto found = questions_.find(pictures);
  return found != questions_.end() && found->second.contains(question);
}

}  // namespace halftone
