// A calibration sample: token ids with pictures expanded, what each token is, and the pictures still encoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "halftone/io/file.h"
#include "halftone/media/image_policy.h"
#include "halftone/text/chat.h"

namespace halftone {

// A picture that has not been decoded: a file, or bytes in memory.
struct PictureRef {
  std::string origin;            // path, or what to call the bytes in messages
  std::vector<std::byte> bytes;  // empty: read the file

  std::vector<std::byte> load(FileSystem& files) const;
};

// A record as it stands in a data file: a conversation, a plain text, or ready ids.
struct DataRecord {
  std::string id;      // its own id, else "<file>:<number>"
  std::string origin;  // "<file>, record <number>", for messages
  std::vector<ChatTurn> turns;
  std::vector<PictureRef> pictures;
  std::string text;               // plain text, when there are no turns
  std::vector<std::int64_t> ids;  // ready ids, when there is neither
};

// Hashes that know a record again, see identity.h.
struct RecordIdentity {
  std::string pictures;                // of its pictures in order, joined by "+"; "" without pictures
  std::vector<std::string> questions;  // of each text of the user
};

struct Sample {
  std::string id, origin;
  std::vector<std::int64_t> ids;
  std::vector<std::uint8_t> modality;  // kText or kVision, parallel to ids
  std::vector<std::uint8_t> answer;    // 1 where a token is what the model is to say, parallel to ids
  std::vector<PictureRef> pictures;
  std::vector<ImageLayout> layouts;  // parallel to pictures
  RecordIdentity identity;           // of the record, where somebody asked for it
};

}  // namespace halftone
