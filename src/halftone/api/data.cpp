#include "halftone/api/data.h"

#include <algorithm>

#include "halftone/base/error.h"
#include "halftone/calib/dataset.h"
#include "halftone/calib/encode.h"
#include "halftone/calib/identity.h"
#include "halftone/io/file.h"
#include "halftone/text/tokenizer.h"

namespace halftone {
namespace {

constexpr size_t kMostNamed = 5;

// The tokenizer, unless every record brings its ids.
std::optional<Tokenizer> tokenizer_for(const std::vector<DataRecord>& records, const std::string& directory) {
  const bool needed =
      std::any_of(records.begin(), records.end(), [](const DataRecord& r) { return r.ids.empty(); });
  if (!needed) return std::nullopt;
  return Tokenizer::from_directory(posix_files(), directory);
}

EncodeContext context_for(const ModelSpec& spec, const std::optional<Tokenizer>& tokenizer,
                          std::int64_t max_tokens) {
  return {
      posix_files(),         tokenizer ? &*tokenizer : nullptr, spec.chat, spec.images, spec.graph.image_token,
      spec.graph.vocabulary, spec.graph.max_positions,          max_tokens};
}

[[noreturn]] void fail_bad(const std::vector<std::string>& bad) {
  std::vector<std::string> shown(bad.begin(),
                                 bad.begin() + static_cast<std::ptrdiff_t>(std::min(bad.size(), kMostNamed)));
  if (bad.size() > shown.size()) shown.push_back(fmt::format("... and {} more", bad.size() - shown.size()));
  const std::string text =
      bad.size() == 1 ? bad.front()
                      : fmt::format("{} records cannot be used:\n  {}", bad.size(), fmt::join(shown, "\n  "));
  throw Error(ErrorKind::input, text, "mend them, or leave them out with --set calibration.on_bad_record=skip");
}

}  // namespace

LoadedData load_samples(const CalibrationOptions& options, const ModelSpec& spec, const std::string& directory,
                        const std::function<void()>& check) {
  LoadedData loaded;
  std::vector<std::vector<DataRecord>> sources;
  std::vector<double> weights;
  for (const auto& source : options.data) {
    sources.push_back(read_dataset(posix_files(), {source.path, source.weight, source.prompt, source.images},
                                   loaded.skipped));
    weights.push_back(source.weight);
  }
  if (!loaded.skipped.empty() && options.on_bad_record == OnBadRecord::fail) fail_bad(loaded.skipped);
  const auto records =
      draw_records(std::move(sources), weights, options.samples, static_cast<std::uint64_t>(options.seed));
  const std::optional<Tokenizer> tokenizer = tokenizer_for(records, directory);
  const EncodeContext context = context_for(spec, tokenizer, options.max_tokens);
  std::vector<std::string> bad;
  for (const auto& record : records) {
    if (check) check();
    try {
      Sample sample = encode_record(context, record);
      sample.identity = record_identity(posix_files(), record);
      loaded.samples.push_back(std::move(sample));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::input && error.kind() != ErrorKind::unsupported) throw;
      bad.push_back(error.message());
    }
  }
  if (!bad.empty() && options.on_bad_record == OnBadRecord::fail) fail_bad(bad);
  loaded.skipped.insert(loaded.skipped.end(), bad.begin(), bad.end());
  std::vector<std::string> paths;
  for (const auto& source : options.data) paths.push_back(source.path);
  require(!loaded.samples.empty(), ErrorKind::input, "{}: no usable record, the calibration set is empty",
          fmt::join(paths, ", "));
  return loaded;
}

Sample load_sample(const std::string& path, const std::string& images, const ModelSpec& spec,
                   const std::string& directory) {
  const std::string text = read_file(posix_files(), path, 1 << 24);
  const Json json = parse_json(text, path);
  const DataRecord record = read_record(posix_files(), {path, 1, "", images}, json, 1);
  const std::optional<Tokenizer> tokenizer = tokenizer_for({record}, directory);
  return encode_record(context_for(spec, tokenizer, spec.graph.max_positions), record);
}

}  // namespace halftone
