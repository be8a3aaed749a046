// Records become samples: template, tokens, modality and answer masks, picture layouts.
#pragma once

#include <cstdint>
#include <vector>

#include "halftone/calib/dataset.h"
#include "halftone/calib/sample.h"
#include "halftone/io/file.h"
#include "halftone/media/image_policy.h"
#include "halftone/text/chat.h"
#include "halftone/text/tokenizer.h"

namespace halftone {

// What encoding needs to know of a model. References must outlive the encoder.
struct EncodeContext {
  FileSystem& files;
  const Tokenizer* tokenizer;  // may be null when all records are ready ids
  const ChatFormat& chat;
  const ImagePolicy& images;
  std::int64_t image_token;    // id of a picture's placeholder
  std::int64_t vocabulary;     // rows of the token embedding
  std::int64_t max_positions;  // of the model
  std::int64_t max_tokens;     // of a sample; longer ones are cut after the last whole picture
};

// Throws Error(input) naming the record: a picture that does not decode, text that does not fit, a placeholder
// in the user's own words, a sample longer than the model has positions. Conversations: answer marks the
// assistant's words. Plain texts and ready ids: every token but the first.
Sample encode_record(const EncodeContext& context, const DataRecord& record);

}  // namespace halftone
