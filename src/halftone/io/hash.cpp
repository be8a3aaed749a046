#include "halftone/io/hash.h"

#include <new>

#include <fmt/format.h>
#include <xxhash.h>

namespace halftone {

struct Hash64::State {
  XXH3_state_t* native = XXH3_createState();
  State() {
    if (native == nullptr) throw std::bad_alloc();
    XXH3_64bits_reset(native);
  }
  ~State() { XXH3_freeState(native); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Hash64::Hash64() : state_(std::make_unique<State>()) {}
Hash64::~Hash64() = default;
Hash64::Hash64(Hash64&&) noexcept = default;
Hash64& Hash64::operator=(Hash64&&) noexcept = default;

void Hash64::add(std::span<const std::byte> data) {
  XXH3_64bits_update(state_->native, data.data(), data.size());
}

std::uint64_t Hash64::value() const { return XXH3_64bits_digest(state_->native); }

std::string Hash64::hex() const { return fmt::format("{:016x}", value()); }

std::string hash_hex(std::string_view text) {
  Hash64 hash;
  hash.add(std::as_bytes(std::span(text)));
  return hash.hex();
}

}  // namespace halftone
