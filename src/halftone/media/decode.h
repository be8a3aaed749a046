// Encoded picture -> RGB, byte for byte what Pillow's Image.open(f).convert("RGB") gives.
//
// JPEG (baseline, progressive, arithmetic; gray, YCbCr, RGB, CMYK, YCCK), PNG (every color type and depth) and
// still WebP (lossy and lossless). The format is told by the first bytes, never by a file's name. ICC profiles
// and gamma are ignored, as Pillow does.
//
// Decoding costs 7 to 40 ns a pixel (JPEG least, lossless kinds most) on one thread and happens on demand:
// whoever keeps samples keeps the encoded bytes and asks probe_image for the size. Safe to call from several
// threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "halftone/media/alpha.h"
#include "halftone/media/image.h"

namespace halftone {

struct DecodeOptions {
  bool exif_orientation = false;  // turn the picture upright
  Alpha alpha = Alpha::drop;
  std::uint64_t max_pixels = 178'956'970;  // twice the size at which Pillow warns: its own hard limit
};

// Kind and size from the header; nothing is decoded. `origin` names the picture in messages. Throws
// Error(input) for bytes that are no picture or a broken header, Error(unsupported) naming the kind of other
// formats.
ImageSize probe_image(std::span<const std::byte> bytes, const std::string& origin);

// Throws as probe_image does; Error(input) also for a picture of more than max_pixels, before memory is taken
// for it, and for a truncated or damaged one: where libjpeg would warn and go on with gray, this stops.
// Refused as bombs: JPEGs of more than 500 scans, PNGs with a side above a million pixels, with more than 1000
// ancillary chunks or with one above 8 MB. Compressed text in a PNG is never inflated.
Rgb8 decode_image(std::span<const std::byte> bytes, const std::string& origin,
                  const DecodeOptions& options = {});

// "libjpeg-turbo 2.1.5, libpng 1.6.39, libwebp 1.2.4": the first as compiled against, the others as linked.
std::string decoder_versions();

}  // namespace halftone
