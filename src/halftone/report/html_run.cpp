#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "halftone/report/console.h"
#include "halftone/report/html_plot.h"
#include "halftone/report/html_sections.h"

namespace halftone {
namespace {

constexpr std::size_t kListed = 4000;  // sites that a table lists

std::string bytes_text(double bytes) {
  return std::isfinite(bytes) ? human_bytes(static_cast<std::int64_t>(bytes)) : "–";
}
std::string seconds_text(double seconds) { return std::isfinite(seconds) ? human_seconds(seconds) : "–"; }

double sum_over(const Json& list, const char* key) {
  double sum = 0;
  for (const auto& entry : list) sum += value_in(entry, key);
  return sum;
}

// A figure that stands for the run as a whole.
std::string tile(const std::string& name, const std::string& value, const std::string& note) {
  return tag("div", {{"class", "tile"}},
             tag("div", {{"class", "name"}}, escaped(name)) + tag("div", {{"class", "value"}}, escaped(value)) +
                 tag("div", {{"class", "note"}}, escaped(note)));
}

// "12.2 → 7.5 MiB", "1.2 GiB → 300.0 MiB"
std::string change_text(const std::string& before, const std::string& after) {
  const std::size_t a = before.find(' '), b = after.find(' ');
  const bool same = a != std::string::npos && b != std::string::npos && before.substr(a) == after.substr(b);
  return (same ? before.substr(0, a) : before) + " → " + after;
}

std::string size_tiles(const RunRecords& records) {
  if (records.bytes.empty()) return {};
  const Json& stages = list_in(records.bytes.front(), "stages");
  const double in = sum_over(stages, "bytes_in"), out = sum_over(stages, "bytes_out");
  const double parameters = sum_over(stages, "parameters");
  return tile("Size", change_text(bytes_text(in), bytes_text(out)), percent(out / in, 1) + " of the source") +
         tile("Bits per parameter", fixed(8 * out / parameters, 2),
              fmt::format("was {}, {} parameters", fixed(8 * in / parameters, 2), short_count(parameters)));
}

std::string quality_tiles(const Json& quality) {
  if (!std::isfinite(value_in(quality, "kl"))) return {};
  const auto value = [&](const char* key) { return value_in(quality, key); };
  return tile("KL from the float model", number(value("kl")),
              fmt::format("± {} nats (95 %)", rough(1.96 * value("kl_se")))) +
         tile("Same best token", percent(value("top1"), 2),
              fmt::format("of {} answer tokens", number(value("positions")))) +
         tile("Perplexity", fixed(value("ppl_b"), 4), "float: " + fixed(value("ppl_a"), 4));
}

// "w4 g64 on 42 linears", the most frequent first.
std::string schemes_text(const RunRecords& records) {
  std::map<std::string, int> counts;
  for (const auto& site : records.sites) ++counts[text_in(site, "scheme")];
  std::vector<std::pair<std::string, int>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [scheme, count] : sorted)
    text += fmt::format("{}{} on {} linear{}", text.empty() ? "" : ", ", scheme, count, count == 1 ? "" : "s");
  return text.empty() ? "no linear quantized" : text;
}

std::string bytes_rows(const Json& stages) {
  std::vector<std::vector<std::string>> rows;
  const auto row = [&](const std::string& name, const auto& value) {
    const double parameters = value("parameters"), in = value("bytes_in"), out = value("bytes_out");
    rows.push_back({escaped(name), count_text(static_cast<std::int64_t>(parameters)),
                    fmt::format("{} → {}", number(value("tensors_in")), number(value("tensors_out"))),
                    bytes_text(in), bytes_text(out), fixed(8 * in / parameters, 2),
                    fixed(8 * out / parameters, 2)});
  };
  for (const auto& stage : stages)
    row(text_in(stage, "stage"), [&](const char* key) { return value_in(stage, key); });
  row("all", [&](const char* key) { return sum_over(stages, key); });
  return html_table({"stage", "parameters", "tensors", "bytes before", "after", "bits before", "after"}, rows,
                    "lrrrrrr");
}

std::string bytes_bar(const Json& stages, const char* key, double total) {
  std::vector<Part> parts;
  for (const auto& stage : stages) {
    const double bytes = value_in(stage, key);
    parts.push_back({text_in(stage, "stage"), std::isfinite(bytes) ? bytes : 0,
                     text_in(stage, "stage") + ": " + bytes_text(bytes)});
  }
  return stacked_bar(parts, total);
}

std::string stage_legend(const Json& stages) {
  std::string html;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const std::string key =
        tag("svg", {{"class", "swatch"}, {"aria-hidden", "true"}},
            empty_tag("rect", {{"class", fmt::format("s{}", i % 5)}, {"width", "100%"}, {"height", "100%"}}));
    html += tag("span", {{"class", "entry"}}, key + escaped(text_in(stages[i], "stage")));
  }
  return tag("div", {{"class", "legend"}}, html);
}

std::string bytes_figure(const Json& record) {
  const Json& stages = list_in(record, "stages");
  const double in = sum_over(stages, "bytes_in"), out = sum_over(stages, "bytes_out"),
               total = std::max(in, out);
  const auto line = [&](const char* name, const char* key, double bytes) {
    return tag("div", {{"class", "barname"}}, fmt::format("{} {}", name, tag("b", {}, bytes_text(bytes)))) +
           bytes_bar(stages, key, total);
  };
  return tag("figure", {},
             tag("figcaption", {}, tag("h3", {}, escaped("Bytes by stage, " + text_in(record, "format")))) +
                 stage_legend(stages) +
                 tag("div", {{"class", "bars"}},
                     line("before", "bytes_in", in) + line("after", "bytes_out", out))) +
         bytes_rows(stages);
}

std::map<std::string, const Json*> by_block(const Json& plan) {
  std::map<std::string, const Json*> blocks;
  for (const auto& block : list_in(plan, "blocks")) blocks[text_in(block, "block")] = &block;
  return blocks;
}

// Values in bytes become values in the unit that suits the largest.
void in_binary_units(LinePlot& plot) {
  double most = 0;
  for (const auto& curve : plot.curves) {
    for (const double v : curve.values) most = std::max(most, v);
  }
  const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  double size = 1;
  for (; most / size >= 1024 && unit + 1 < std::size(units); ++unit) size *= 1024;
  for (auto& curve : plot.curves) {
    for (double& v : curve.values) v /= size;
  }
  plot.format = [name = units[unit]](double v) { return number(v) + " " + name; };
}

std::string sample_list(const std::string& name, const Json& ids) {
  if (ids.empty()) return {};
  std::string text;
  for (const auto& id : ids)
    text += (text.empty() ? "" : ", ") + (id.is_string() ? id.get<std::string>() : id.dump());
  return folded(fmt::format("{} ({})", name, ids.size()), tag("p", {{"class", "ids"}}, escaped(text)));
}

std::string site_table(const RunRecords& records) {
  if (records.sites.empty()) return {};
  std::vector<std::vector<std::string>> rows;
  for (const auto& site : records.sites) {
    if (rows.size() == kListed) break;
    const auto value = [&](const char* key) { return number(value_in(site, key)); };
    rows.push_back({escaped(text_in(site, "site")), escaped(text_in(site, "scheme")), value("sqnr_db"),
                    value("mse"), value("max_abs"), percent(value_in(site, "zeroed"), 1), value("gptq_loss")});
  }
  return folded(fmt::format("Every quantized linear ({})", records.sites.size()),
                html_table({"linear", "scheme", "SQNR dB", "mse", "largest error", "codes at zero", "loss"},
                           rows, "llrrrrr"));
}

}  // namespace

std::string masthead(const RunRecords& records, const Json& quality) {
  const std::string model = text_in(records.run, "model"), recipe = text_in(records.run, "recipe");
  const std::string title =
      tag("p", {{"class", "eyebrow"}}, brand_mark() + "halftone · quantization report") +
      tag("h1", {}, escaped(model.empty() ? "Quantized model" : model)) +
      tag("p", {{"class", "lead"}}, escaped((recipe.empty() ? "" : recipe + " · ") + schemes_text(records)));
  const std::string cost = records.finished.is_null()
                               ? ""
                               : tile("Run", seconds_text(value_in(records.finished, "seconds")),
                                      "peak memory " + bytes_text(value_in(records.finished, "peak_bytes")));
  return tag("header", {},
             title + tag("div", {{"class", "tiles"}}, size_tiles(records) + quality_tiles(quality) + cost)) +
         "\n";
}

std::string bytes_section(const RunRecords& records) {
  std::string html;
  for (const auto& record : records.bytes) html += bytes_figure(record);
  return section("bytes", "Bits and bytes", html);
}

std::string cost_section(const RunRecords& records) {
  if (records.blocks.empty()) return {};
  std::vector<std::string> names;
  Curve seconds{"measured", {}}, memory = seconds, planned_seconds{"planned", {}},
                                 planned_memory = planned_seconds;
  const auto planned = by_block(records.plan);
  double peak = 0;
  for (const auto& block : records.blocks) {
    names.push_back(text_in(block, "block"));
    const auto found = planned.find(names.back());
    const Json plan = found == planned.end() ? Json() : *found->second;
    peak = std::max(peak, value_in(plan, "memory"));
    seconds.values.push_back(value_in(block, "seconds"));
    planned_seconds.values.push_back(value_in(plan, "seconds"));
    memory.values.push_back(value_in(block, "peak_bytes"));
    planned_memory.values.push_back(plan.is_null() ? NAN : peak);
  }
  LinePlot time{{"Seconds per block", "Planned before the run, measured in it."},
                names,
                spans_of(names),
                {seconds, planned_seconds},
                [](double s) { return number(s) + " s"; }};
  LinePlot space{{"Peak memory so far", "Of the whole program, planned and measured."},
                 names,
                 time.spans,
                 {memory, planned_memory}};
  in_binary_units(space);
  const Json &plan = records.plan, &finished = records.finished;
  const auto row = [](const char* name, const std::string& a, const std::string& b) {
    return std::vector<std::string>{name, escaped(a), escaped(b)};
  };
  const std::string table = html_table(
      {"", "planned", "measured"},
      {row("time", seconds_text(value_in(plan, "seconds")), seconds_text(value_in(finished, "seconds"))),
       row("peak memory", bytes_text(value_in(plan, "peak_memory")),
           bytes_text(value_in(finished, "peak_bytes")))},
      "lrr");
  return section("cost", "Time and memory",
                 tag("div", {{"class", "pair"}}, line_plot(time) + line_plot(space)) + table);
}

std::string recipe_section(const RunRecords& records, const Json& quality, const std::string& recipe) {
  std::string html;
  std::vector<std::vector<std::string>> engines;
  for (const auto& [engine, count] : object_in(records.plan, "engines").items())
    engines.push_back({escaped(engine), count.is_number() ? number(count.get<double>()) : "–"});
  if (!engines.empty()) html += html_table({"engine and kernel that run it", "linears"}, engines, "lr");
  if (!recipe.empty())
    html += folded("The recipe as it was resolved", tag("pre", {}, tag("code", {}, escaped(recipe))));
  const Json &seen = list_in(records.run, "calibration_samples"), &kept = list_in(quality, "samples");
  html += sample_list("Samples that calibrated", seen) + sample_list("Samples that measured", kept);
  return section("recipe", "Recipe and data", html + site_table(records));
}

std::string page_footer(const RunRecords& records) {
  const Json& run = records.run;
  std::string text = "halftone " + text_in(run, "version");
  for (const auto& [name, key] :
       {std::pair{"source", "source"}, {"compute", "compute"}, {"device", "device"}}) {
    if (!text_in(run, key).empty()) text += fmt::format(" · {} {}", name, text_in(run, key));
  }
  return tag("footer", {}, escaped(text)) + "\n";
}

}  // namespace halftone
