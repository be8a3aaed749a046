// A tokenizer.model looked at by ourselves before the SentencePiece library may read it: the library trusts its
// input, and versions before 0.2.1 read outside their memory for a crafted file.
//
// The file is a protobuf ModelProto (sentencepiece_model.proto): 1 pieces {1 text, 2 score, 3 type}, 2 trainer
// {3 model_type, 24 treat_whitespace_as_suffix, 35 byte_fallback}, 3 normalizer and 5 denormalizer
// {2 precompiled_charsmap, 3 add_dummy_prefix, 4 remove_extra_whitespaces, 5 escape_whitespaces}.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

inline constexpr std::uint64_t kMaxSentencePieceBytes = 64u << 20;

struct SentencePieceProto {
  enum class Type { normal = 1, unknown, control, user_defined, unused, byte };
  struct Piece {
    std::string text;
    Type type = Type::normal;
  };
  std::vector<Piece> pieces;  // the index is the id
  bool add_dummy_prefix = true;
  bool byte_fallback = false;
};

// Throws Error(input) for anything that is not a well-formed model: lengths, types and texts of pieces, scores
// that are not finite, the tables of the character map. Throws Error(unsupported) for models that are neither
// BPE nor unigram.
SentencePieceProto check_sentencepiece_proto(std::string_view bytes, const std::string& origin);

}  // namespace halftone
