#include "halftone/text/sentencepiece_model.h"

#include <sentencepiece_processor.h>

#include "halftone/base/error.h"

namespace halftone {

struct SentencePieceModel::Library {
  sentencepiece::SentencePieceProcessor processor;
};

SentencePieceModel::SentencePieceModel(std::string_view bytes, const std::string& origin)
    : library_(std::make_unique<Library>()), origin_(origin) {
  const auto status = library_->processor.LoadFromSerializedProto(bytes);
  require(status.ok(), ErrorKind::input, "{}: the SentencePiece library refuses it ({})", origin,
          status.ToString());
}

SentencePieceModel::~SentencePieceModel() = default;
SentencePieceModel::SentencePieceModel(SentencePieceModel&&) noexcept = default;
SentencePieceModel& SentencePieceModel::operator=(SentencePieceModel&&) noexcept = default;

void SentencePieceModel::encode(std::string_view text, std::vector<std::int64_t>& ids) const {
  std::vector<int> found;
  const auto status = library_->processor.Encode(text, &found);
  require(status.ok(), ErrorKind::input, "{}: a text of {} bytes cannot be encoded ({})", origin_, text.size(),
          status.ToString());
  ids.insert(ids.end(), found.begin(), found.end());
}

}  // namespace halftone
