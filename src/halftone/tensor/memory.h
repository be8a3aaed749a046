// What the process has used, and giving it back.
#pragma once

#include <cstdint>

namespace halftone {

// Largest resident set of this process so far, in bytes (VmHWM); 0 where the system does not tell.
std::int64_t peak_resident_bytes();
// Resident set now (VmRSS).
std::int64_t resident_bytes();
// Physical memory of the machine.
std::int64_t machine_memory_bytes();
// Hands freed heap pages back to the system.
void release_free_memory();

}  // namespace halftone
