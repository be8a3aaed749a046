#include "halftone/tensor/memory.h"

#include <fstream>
#include <string>

#include <malloc.h>
#include <unistd.h>

namespace halftone {
namespace {

std::int64_t status_field(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stoll(line.substr(name.size() + 1)) * 1024;
  }
  return 0;
}

}  // namespace

std::int64_t peak_resident_bytes() { return status_field("VmHWM"); }

std::int64_t resident_bytes() { return status_field("VmRSS"); }

std::int64_t machine_memory_bytes() {
  return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

void release_free_memory() { malloc_trim(0); }

}  // namespace halftone
