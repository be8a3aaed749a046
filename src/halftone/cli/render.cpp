#include "halftone/cli/render.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "halftone/base/error.h"
#include "halftone/report/console.h"

namespace halftone {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string text_of(const Json& value) {
  if (value.is_string()) return printable(value.get<std::string>());
  if (value.is_null()) return "-";
  if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
  return value.dump();
}

std::string bytes_of(const Json& value) { return human_bytes(value.get<std::int64_t>()); }

std::string list_of(const Json& values, const char* separator = ", ") {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : separator) + text_of(value);
  return text;
}

// "language.3.down" -> "language.*.down": what repeats over layers is shown once.
std::string kind_of(const std::string& name) {
  const size_t first = name.find('.'), second = name.find('.', first + 1);
  if (second == std::string::npos || !std::isdigit(static_cast<unsigned char>(name[first + 1]))) return name;
  return name.substr(0, first) + ".*" + name.substr(second);
}

// Rows that are equal but for the layer, with how many there are.
Rows grouped(const Json& items, const char* name, const std::vector<const char*>& columns) {
  std::vector<std::pair<std::vector<std::string>, int>> groups;
  for (const auto& item : items) {
    std::vector<std::string> row = {kind_of(item[name].get<std::string>())};
    for (const char* column : columns)
      row.push_back(item[column].is_array() ? list_of(item[column]) : text_of(item[column]));
    const auto known =
        std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == row; });
    if (known == groups.end()) {
      groups.emplace_back(std::move(row), 1);
    } else {
      ++known->second;
    }
  }
  Rows rows;
  for (auto& [row, count] : groups) {
    row.insert(row.begin() + 1, std::to_string(count));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string divergence_text(const Json& d) {
  return fmt::format(
      "KL(float || quantized) {:.6f} +- {:.6f} nats, top-1 agreement {:.2f} %, perplexity {:.4f} -> {:.4f}, on "
      "{} answer tokens",
      d["kl"].get<double>(), d["kl_se"].get<double>(), 100 * d["top1"].get<double>(), d["ppl_a"].get<double>(),
      d["ppl_b"].get<double>(), d["positions"].get<std::int64_t>());
}

}  // namespace

std::string render_inspect(const Json& r) {
  std::string text = fmt::format(
      "{}: {}{}, {} in {} tensors, {} blocks, {} sites, vocabulary {}, {} positions\n\n", text_of(r["model"]),
      text_of(r["model_type"]), r["quantized"].is_null() ? "" : " (quantized, " + text_of(r["quantized"]) + ")",
      bytes_of(r["bytes"]), text_of(r["tensors"]), r["blocks"].size(), text_of(r["site_count"]),
      text_of(r["vocabulary"]), text_of(r["max_positions"]));
  Rows blocks;
  Json sites = Json::array();
  for (const auto& block : r["blocks"]) {
    blocks.push_back({text_of(block["block"]), text_of(block["stage"]), bytes_of(block["bytes"]),
                      std::to_string(block["sites"].size())});
    for (const auto& site : block["sites"]) {
      sites.push_back({{"site", site["site"]},
                       {"shape", list_of(site["shape"], " x ")},
                       {"input", kind_of(site["input"].get<std::string>())},
                       {"output", kind_of(site["output"].get<std::string>())}});
    }
  }
  Json spaces = Json::array();
  for (const auto& space : r["spaces"])
    spaces.push_back({{"space", space["space"]}, {"dim", space["dim"]}, {"admits", space["admits"]}});
  text += text_table({"block", "stage", "bytes", "sites"}, blocks) + "\n";
  text += text_table({"site", "count", "shape", "reads", "writes"},
                     grouped(sites, "site", {"shape", "input", "output"})) +
          "\n";
  text += text_table({"space", "count", "dim", "admits"}, grouped(spaces, "space", {"dim", "admits"}));
  for (const auto& warning : r["warnings"]) text += "warning: " + text_of(warning) + "\n";
  return text;
}

std::string render_plan(const Json& r) {
  std::string text;
  Json sites = Json::array();
  for (const auto& site : r["sites"]) {
    const bool kept = site["scheme"] == "keep";
    sites.push_back({{"site", site["site"]},
                     {"scheme", site["scheme"]},
                     {"rule", site["rule"]},
                     {"engines", kept                      ? ""
                                 : site["engines"].empty() ? "none: for evaluation"
                                                           : list_of(site["engines"])}});
  }
  text += text_table({"site", "count", "scheme", "rule", "engines known to run it"},
                     grouped(sites, "site", {"scheme", "rule", "engines"})) +
          "\n";
  Rows blocks;
  for (const auto& b : r["blocks"]) {
    blocks.push_back({text_of(b["block"]), text_of(b["runs"]), human_seconds(b["seconds"].get<double>()),
                      bytes_of(b["memory"]), bytes_of(b["bytes_in"]), bytes_of(b["bytes_out"])});
  }
  text += text_table({"block", "runs", "time", "memory", "in", "out"}, blocks) + "\n";
  const bool assumed = r["data_assumed"].get<bool>();
  if (r["needs_data"].get<bool>() || r["tokens"].get<std::int64_t>() > 0) {
    text += fmt::format("data     {} samples, {} tokens{}; {} samples kept for quality\n",
                        text_of(r["samples"]), text_of(r["tokens"]),
                        assumed ? " at most (give --data to count them)" : "", text_of(r["quality_samples"]));
  }
  text += fmt::format("time     about {} at {:.0f} GFLOP/s (measured now)\n",
                      human_seconds(r["seconds"].get<double>()), r["flops_per_second"].get<double>() / 1e9);
  text += fmt::format("memory   {} at the peak\n", bytes_of(r["peak_memory"]));
  for (const auto& o : r["outputs"]) {
    text += fmt::format("output   {}: {} in {} tensors, from {}\n", text_of(o["format"]), bytes_of(o["bytes"]),
                        text_of(o["tensors"]), bytes_of(r["bytes_in"]));
  }
  return text;
}

std::string render_quantize(const Json& r) {
  std::string text;
  if (!r["quality"].is_null()) {
    text += fmt::format("cost      {}\n", divergence_text(r["quality"]));
    text += fmt::format("          measured on {} samples that calibration did not see\n",
                        r["quality"]["samples"].size());
  }
  text += fmt::format("took      {}, peak memory {}\n", human_seconds(r["seconds"].get<double>()),
                      bytes_of(r["peak_bytes"]));
  for (const auto& line : r["broken_limits"]) text += "limit     " + text_of(line) + "\n";
  for (const auto& out : r["outputs"]) text += "output    " + text_of(out) + "\n";
  return text;
}

std::string render_verify(const Json& r) {
  Rows rows;
  for (const auto& c : r["checks"])
    rows.push_back({text_of(c["check"]), c["passed"].get<bool>() ? "passed" : "FAILED", text_of(c["detail"])});
  std::string text = text_table({"check", "", "detail"}, rows);
  if (!r["errors"].empty()) {
    Rows errors;
    for (const auto& e : r["errors"])
      errors.push_back({text_of(e["module"]), text_of(e["sqnr_db"]), text_of(e["mse"])});
    text += "\n" + text_table({"module", "SQNR dB", "mse"}, errors);
  }
  return text + (r["passed"].get<bool>() ? "verified\n" : "NOT verified\n");
}

std::string render_compare(const Json& r) {
  std::string text;
  if (!r["sites"].empty()) {
    Rows sites;
    for (const auto& s : r["sites"]) sites.push_back({text_of(s["site"]), text_of(s["relative_error"])});
    text += text_table({"site", "|B - A| / |A|"}, sites) + "\n";
  }
  Rows blocks;
  for (const auto& b : r["blocks"])
    blocks.push_back({text_of(b["block"]), text_of(b["hidden_error_text"]), text_of(b["hidden_error_vision"])});
  text += text_table({"block", "hidden error, text", "hidden error, vision"}, blocks) + "\n";
  text += fmt::format("first to depart  {}\n",
                      r["first_departure"].is_null() ? "none" : text_of(r["first_departure"]));
  text += fmt::format(
      "predictions      KL(A || B) {:.6g} +- {:.2g} nats, top-1 agreement {:.2f} %, perplexity {:.4f} and "
      "{:.4f}, on {} answer tokens\n",
      r["kl"].get<double>(), r["kl_se"].get<double>(), 100 * r["top1"].get<double>(), r["ppl_a"].get<double>(),
      r["ppl_b"].get<double>(), text_of(r["positions"]));
  const Json& q = r["question"];
  text += fmt::format("question text    KL {:.6g} +- {:.2g} nats, top-1 agreement {:.2f} %, on {} tokens\n",
                      q["kl"].get<double>(), q["kl_se"].get<double>(), 100 * q["top1"].get<double>(),
                      text_of(q["positions"]));
  return text;
}

namespace {

std::string interval_text(const Json& score) {
  return fmt::format("{:.2f} to {:.2f}", score["low"].get<double>(), score["high"].get<double>());
}

std::string evaluation_title(const Json& e) {
  const std::string note = text_of(e["note"]);
  return fmt::format("{} ({} rows, profile {}{})\n", printable(text_of(e["task"])), text_of(e["rows"]),
                     printable(text_of(e["profile"])), note.empty() ? "" : ", " + note);
}

// What went wrong or stands out, if anything did.
std::string evaluation_facts(const Json& e) {
  std::string text;
  const auto count = [&](const char* key, const char* words) {
    if (e[key].get<std::int64_t>() > 0) text += fmt::format("  {} {}\n", text_of(e[key]), words);
  };
  count("bad_rows", "rows could not be used and were left out:");
  for (const auto& line : e["bad"]) text += "    " + printable(text_of(line)) + "\n";
  count("calibration_rows", "rows are of the calibration set");
  count("resumed", "answers were there from an earlier run");
  count("at_limit", "answers ran to the limit of new tokens");
  count("unmatched", "answers in which the rule found nothing");
  return text;
}

}  // namespace

std::string render_eval(const Json& r) {
  std::string text;
  for (const auto& e : r["evaluations"]) {
    Rows rows;
    for (const auto& s : e["scores"])
      rows.push_back({printable(text_of(s["name"])), fmt::format("{:.2f}", s["value"].get<double>()),
                      interval_text(s), text_of(s["rows"])});
    text += evaluation_title(e) + text_table({"score", "", "95 % interval", "rows"}, rows) +
            evaluation_facts(e) + "  answers in " + printable(text_of(e["file"])) + "\n\n";
  }
  return text;
}

std::string render_compare_tasks(const Json& r) {
  std::string text;
  for (const auto& e : r["evaluations"]) {
    const Json& against = e["against"];
    Rows rows;
    for (std::size_t i = 0; i < against["differences"].size(); ++i) {
      const Json& difference = against["differences"][i];
      const auto value = [&](const Json& scores) {
        for (const auto& s : scores)
          if (s["name"] == difference["name"]) return fmt::format("{:.2f}", s["value"].get<double>());
        return std::string();
      };
      rows.push_back({printable(text_of(difference["name"])), value(against["scores"]), value(e["scores"]),
                      text_of(difference["verdict"])});
    }
    text += evaluation_title(e) + text_table({"score", "A", "B", "B - A"}, rows);
    if (against.contains("mcnemar_p"))
      text +=
          fmt::format("  right under A alone {}, under B alone {}, McNemar p {:.3g}\n",
                      text_of(against["lost"]), text_of(against["gained"]), against["mcnemar_p"].get<double>());
    text += fmt::format("  same answer word for word on {:.1f} % of the rows\n  written to {}\n\n",
                        100 * e["same_answer"].get<double>(), printable(text_of(e["file"])));
  }
  return text;
}

std::string render_dump(const Json& r) {
  Rows rows;
  for (const auto& [name, shape] : r["tensors"].items())
    rows.push_back({printable(name), list_of(shape, " x ")});
  return text_table({"tensor", "shape"}, rows) + "written to " + text_of(r["file"]) + "\n";
}

std::string render_report(const Json& r) { return "written to " + text_of(r["file"]) + "\n"; }

std::string render_describe(const Json& r) {
  std::string text;
  if (r.contains("summary")) text += text_of(r["summary"]) + "\n";
  if (r.contains("list")) {
    Rows rows;
    for (const auto& e : r["list"]) rows.push_back({text_of(e["name"]), text_of(e["summary"])});
    text += text_table({"name", "what it is"}, rows);
  }
  if (r.contains("params")) {
    Rows rows;
    for (const auto& p : r["params"])
      rows.push_back({text_of(p["name"]), text_of(p["type"]), text_of(p["default"]), text_of(p["range"]),
                      text_of(p["help"])});
    text += text_table({"key", "type", "default", "range", "meaning"}, rows);
  }
  if (r.contains("text")) text += "\n" + r["text"].get<std::string>();
  return text;
}

}  // namespace halftone
