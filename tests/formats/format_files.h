// A format's tensors written into memory and opened again.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "halftone/api/lists.h"
#include "halftone/io/safetensors_source.h"

namespace halftone {

inline std::unique_ptr<Format> format_named(const std::string& name) {
  for (auto& format : all_formats()) {
    if (format->name() == name) return std::move(format);
  }
  return nullptr;
}

struct FormatFiles {
  std::unique_ptr<FileSystem> files = memory_files();
  std::unique_ptr<SafetensorsSource> source;
  std::uint64_t bytes = 0;

  FormatFiles(const Format& format, const ModuleFacts& module, const QuantizedTensor& q) {
    files->make_directory("/out");
    SafetensorsSink sink(*files, "/out", format.tensors(module), std::uint64_t{1} << 30);
    format.write(module, q, sink);
    sink.finish();
    bytes = sink.total_bytes();
    source = std::make_unique<SafetensorsSource>(*files, "/out");
  }
  Tensor tensor(const std::string& name) const { return source->read(source->at(name)); }
};

}  // namespace halftone
