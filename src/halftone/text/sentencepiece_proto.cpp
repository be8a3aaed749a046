#include "halftone/text/sentencepiece_proto.h"

#include <bit>
#include <cmath>
#include <optional>
#include <set>
#include <unordered_set>

#include "halftone/base/error.h"
#include "halftone/text/vocabulary.h"

namespace halftone {
namespace {

constexpr std::size_t kMaxCharsmapBytes = 8u << 20;

struct Field {
  std::uint64_t number = 0;
  int wire = 0;             // 0 varint, 1 eight bytes, 2 bytes, 5 four bytes
  std::uint64_t value = 0;  // of a number
  std::string_view bytes;   // of wire 2
};

// The fields of one protobuf message.
class Message {
 public:
  Message(std::string_view bytes, const std::string& origin) : rest_(bytes), origin_(origin) {}

  std::optional<Field> next() {
    if (rest_.empty()) return std::nullopt;
    Field field;
    const std::uint64_t tag = varint();
    field.number = tag >> 3;
    field.wire = static_cast<int>(tag & 7);
    switch (field.wire) {
      case 0: field.value = varint(); break;
      case 1: field.value = fixed(8); break;
      case 2: field.bytes = take(varint()); break;
      case 5: field.value = fixed(4); break;
      default: fail(ErrorKind::input, "{}: not a SentencePiece model (wire type {})", origin_, field.wire);
    }
    return field;
  }

 private:
  std::string_view take(std::uint64_t count) {
    require(count <= rest_.size(), ErrorKind::input,
            "{}: not a SentencePiece model, or cut off (a field of {} bytes where {} are left)", origin_, count,
            rest_.size());
    const std::string_view part = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return part;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    fail(ErrorKind::input, "{}: not a SentencePiece model (a number of more than ten bytes)", origin_);
  }

  std::uint64_t fixed(std::size_t count) {
    const std::string_view bytes = take(count);
    std::uint64_t value = 0;
    for (std::size_t i = count; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
  }

  std::string_view rest_;
  const std::string& origin_;
};

void expect_wire(const Field& field, int wire, const char* what, const std::string& origin) {
  require(field.wire == wire, ErrorKind::input, "{}: {} has the wire type {}, expected {}", origin, what,
          field.wire, wire);
}

SentencePieceProto::Piece read_piece(std::string_view bytes, std::size_t id, const std::string& origin) {
  SentencePieceProto::Piece piece;
  Message message(bytes, origin);
  while (const auto field = message.next()) {
    if (field->number == 1) {
      expect_wire(*field, 2, "the text of a piece", origin);
      piece.text = field->bytes;
    } else if (field->number == 2) {
      expect_wire(*field, 5, "the score of a piece", origin);
      require(std::isfinite(std::bit_cast<float>(static_cast<std::uint32_t>(field->value))), ErrorKind::input,
              "{}: the score of piece {} is not finite", origin, id);
    } else if (field->number == 3) {
      expect_wire(*field, 0, "the type of a piece", origin);
      require(field->value >= 1 && field->value <= 6, ErrorKind::input, "{}: piece {} has the type {}", origin,
              id, field->value);
      piece.type = static_cast<SentencePieceProto::Type>(field->value);
    }
  }
  check_token(piece.text, static_cast<std::int64_t>(id), origin);
  return piece;
}

void read_trainer(std::string_view bytes, SentencePieceProto& proto, const std::string& origin) {
  std::uint64_t model_type = 1;
  Message message(bytes, origin);
  while (const auto field = message.next()) {
    if (field->number == 3) model_type = field->value;
    if (field->number == 35) proto.byte_fallback = field->value != 0;
    require(field->number != 24 || field->value == 0, ErrorKind::unsupported,
            "{}: treat_whitespace_as_suffix is not supported", origin);
  }
  require(model_type == 1 || model_type == 2, ErrorKind::unsupported,
          "{}: a SentencePiece model of type {}, only unigram (1) and BPE (2) are supported", origin,
          model_type);
}

// The map of characters: a double-array trie (Aoe 1989, in the packing of darts-clone) whose values are offsets
// into a list of strings that end with NUL. Every place that a search can reach must lie inside.
class Charsmap {
 public:
  Charsmap(std::string_view trie, std::size_t strings, const std::string& origin)
      : trie_(trie), count_(trie.size() / 4), strings_(strings), origin_(origin), seen_(count_) {}

  void check() {
    visit(offset(unit(0)));
    while (!open_.empty()) {
      const std::size_t at = open_.back();
      open_.pop_back();
      for (std::size_t letter = 0; letter < 256; ++letter) follow(at ^ letter, letter);
    }
  }

 private:
  std::uint32_t unit(std::size_t at) const {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(trie_[4 * at + i]);
    return value;
  }
  static std::size_t offset(std::uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); }
  static std::uint32_t label(std::uint32_t unit) { return unit & ((1u << 31) | 0xFF); }

  // A search stands at `at` and will look at at ^ letter for any letter.
  void visit(std::size_t at) {
    require((at | 0xFF) < count_, ErrorKind::input, "{}: the character map points outside itself", origin_);
    if (seen_[at]) return;
    seen_[at] = true;
    open_.push_back(at);
  }

  void follow(std::size_t child, std::size_t letter) {
    const std::uint32_t found = unit(child);
    if (label(found) != letter) return;
    const std::size_t next = child ^ offset(found);
    visit(next);
    if ((found >> 8 & 1) == 0) return;
    require((unit(next) & 0x7FFFFFFF) < strings_, ErrorKind::input,
            "{}: the character map points outside its strings", origin_);
  }

  std::string_view trie_;
  std::size_t count_, strings_;
  const std::string& origin_;
  std::vector<bool> seen_;
  std::vector<std::size_t> open_;
};

void check_charsmap(std::string_view blob, const std::string& origin) {
  if (blob.empty()) return;
  require(blob.size() > 4 && blob.size() <= kMaxCharsmapBytes, ErrorKind::input,
          "{}: a character map of {} bytes, expected 5 to {}", origin, blob.size(), kMaxCharsmapBytes);
  std::size_t size = 0;
  for (std::size_t i = 4; i-- > 0;) size = size << 8 | static_cast<unsigned char>(blob[i]);
  require(size % 1024 == 0 && size > 0 && size < blob.size() - 4, ErrorKind::input,
          "{}: the trie of the character map has {} bytes, its file {}", origin, size, blob.size());
  require(blob.back() == '\0', ErrorKind::input, "{}: the strings of the character map have no end", origin);
  Charsmap(blob.substr(4, size), blob.size() - 4 - size, origin).check();
}

void read_normalizer_spec(std::string_view bytes, bool* add_dummy_prefix, const std::string& origin) {
  Message message(bytes, origin);
  while (const auto field = message.next()) {
    if (field->number == 2) check_charsmap(field->bytes, origin);
    if (field->number == 3 && add_dummy_prefix) *add_dummy_prefix = field->value != 0;
  }
}

void check_pieces(const SentencePieceProto& proto, const std::string& origin) {
  std::unordered_set<std::string_view> texts;
  std::size_t unknown = 0;
  for (const auto& piece : proto.pieces) {
    require(texts.insert(piece.text).second, ErrorKind::input, "{}: the piece \"{}\" stands twice", origin,
            piece.text.substr(0, 80));
    unknown += piece.type == SentencePieceProto::Type::unknown;
  }
  require(unknown == 1, ErrorKind::input, "{}: {} pieces stand for the unknown, expected one", origin, unknown);
}

}  // namespace

SentencePieceProto check_sentencepiece_proto(std::string_view bytes, const std::string& origin) {
  require(bytes.size() <= kMaxSentencePieceBytes, ErrorKind::input, "{}: {} bytes, the limit is {}", origin,
          bytes.size(), kMaxSentencePieceBytes);
  SentencePieceProto proto;
  std::set<std::uint64_t> once;
  Message message(bytes, origin);
  while (const auto field = message.next()) {
    const bool single = field->number == 2 || field->number == 3 || field->number == 5;
    require(!single || once.insert(field->number).second, ErrorKind::input, "{}: field {} stands twice", origin,
            field->number);
    if (field->number <= 5) expect_wire(*field, 2, "a part of the model", origin);
    if (field->number == 1) proto.pieces.push_back(read_piece(field->bytes, proto.pieces.size(), origin));
    if (field->number == 2) read_trainer(field->bytes, proto, origin);
    if (field->number == 3) read_normalizer_spec(field->bytes, &proto.add_dummy_prefix, origin);
    if (field->number == 5) read_normalizer_spec(field->bytes, nullptr, origin);
  }
  require(!proto.pieces.empty(), ErrorKind::input, "{}: a SentencePiece model without pieces", origin);
  check_pieces(proto, origin);
  return proto;
}

}  // namespace halftone
