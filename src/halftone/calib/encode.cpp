#include "halftone/calib/encode.h"

#include <algorithm>

#include "halftone/base/error.h"
#include "halftone/media/decode.h"
#include "halftone/model/flow.h"

namespace halftone {
namespace {

std::vector<TextPiece> text_pieces(const std::vector<ChatPiece>& pieces, size_t count) {
  std::vector<TextPiece> texts;
  for (size_t i = 0; i < count; ++i) texts.push_back({pieces[i].text, pieces[i].special});
  return texts;
}

// First id that belongs to piece `index` or a later one: where the ids of all pieces before it stop agreeing
// with the ids of the whole. Exact for any tokenizer; a token across the border counts to the later piece.
size_t piece_start(const EncodeContext& context, const std::vector<ChatPiece>& pieces, size_t index,
                   const std::vector<std::int64_t>& ids) {
  const auto before = context.tokenizer->encode(text_pieces(pieces, index), true);
  return static_cast<size_t>(std::mismatch(before.begin(), before.end(), ids.begin(), ids.end()).second -
                             ids.begin());
}

void mark_answers(const EncodeContext& context, const std::vector<ChatPiece>& pieces, Sample& sample) {
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (!pieces[i].answer || (i > 0 && pieces[i - 1].answer)) continue;
    size_t end = i;
    while (end < pieces.size() && pieces[end].answer) ++end;
    const size_t first = piece_start(context, pieces, i, sample.ids);
    const size_t last =
        end == pieces.size() ? sample.ids.size() : piece_start(context, pieces, end, sample.ids);
    std::fill(sample.answer.begin() + static_cast<std::ptrdiff_t>(first),
              sample.answer.begin() + static_cast<std::ptrdiff_t>(last), std::uint8_t{1});
  }
}

void encode_turns(const EncodeContext& context, const DataRecord& record, Sample& sample) {
  std::vector<std::int64_t> tokens;
  require(record.pictures.empty() || context.image_token >= 0, ErrorKind::input,
          "the tokenizer lacks \"{}\", which stands for pictures", context.chat.image_token);
  for (const auto& picture : record.pictures) {
    const ImageSize size = probe_image(picture.load(context.files), picture.origin);
    sample.layouts.push_back(plan_image(context.images, size.width, size.height));
    tokens.push_back(sample.layouts.back().tokens);
  }
  const bool answered = record.turns.back().role == "assistant";
  const std::vector<ChatPiece> pieces =
      render(context.chat, record.turns, tokens, /*generation_prompt=*/!answered);
  sample.ids = context.tokenizer->encode(text_pieces(pieces, pieces.size()), true);
  sample.answer.assign(sample.ids.size(), 0);
  mark_answers(context, pieces, sample);
}

void encode_plain(const EncodeContext& context, const DataRecord& record, Sample& sample) {
  sample.ids = record.ids;
  if (sample.ids.empty())
    sample.ids = context.tokenizer->encode(std::vector<TextPiece>{{record.text, false}}, true);
  sample.answer.assign(sample.ids.size(), 1);
  if (!sample.answer.empty()) sample.answer[0] = 0;
}

void mark_modality(const EncodeContext& context, Sample& sample) {
  std::int64_t expected = 0;
  for (const auto& layout : sample.layouts) expected += layout.tokens;
  sample.modality.reserve(sample.ids.size());
  for (const std::int64_t id : sample.ids) {
    require(id >= 0 && id < context.vocabulary, ErrorKind::input,
            "token id {} is outside the model's vocabulary of {}", id, context.vocabulary);
    sample.modality.push_back(id == context.image_token ? kVision : kText);
  }
  const std::int64_t found = std::count(sample.modality.begin(), sample.modality.end(), kVision);
  require(found == expected, ErrorKind::input, "{} picture tokens in the prompt, its pictures make {}", found,
          expected);
}

void cut(const EncodeContext& context, Sample& sample) {
  const auto limit = static_cast<size_t>(context.max_tokens);
  if (sample.ids.size() > limit) {
    const bool whole = std::find(sample.modality.begin() + static_cast<std::ptrdiff_t>(limit),
                                 sample.modality.end(), kVision) == sample.modality.end();
    require(whole, ErrorKind::input, "{} tokens, the limit of {} would cut a picture (calibration.max_tokens)",
            sample.ids.size(), limit);
    sample.ids.resize(limit);
    sample.modality.resize(limit);
    sample.answer.resize(limit);
  }
  require(static_cast<std::int64_t>(sample.ids.size()) <= context.max_positions, ErrorKind::input,
          "{} tokens, the model has {} positions", sample.ids.size(), context.max_positions);
}

}  // namespace

Sample encode_record(const EncodeContext& context, const DataRecord& record) {
  try {
    Sample sample;
    sample.id = record.id;
    sample.origin = record.origin;
    sample.pictures = record.pictures;
    if (record.turns.empty()) {
      encode_plain(context, record, sample);
    } else {
      encode_turns(context, record, sample);
    }
    require(!sample.ids.empty(), ErrorKind::input, "no tokens");
    mark_modality(context, sample);
    cut(context, sample);
    return sample;
  } catch (const Error& error) {
    throw Error(error.kind(), record.origin + ": " + error.message(), error.hint());
  }
}

}  // namespace halftone
