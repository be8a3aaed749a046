#include "halftone/report/html.h"

#include "halftone/report/html_sections.h"
#include "halftone/report/html_style.h"

namespace halftone {
namespace {

// Nothing is fetched and nothing runs, even if a string should slip through.
constexpr const char* kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

}  // namespace

std::string html_report(const ReportInput& input) {
  const RunRecords records = sorted_records(input.records);
  const std::string model = text_in(records.run, "model"), recipe = text_in(records.run, "recipe");
  const std::string head =
      empty_tag("meta", {{"charset", "utf-8"}}) +
      empty_tag("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", kPolicy}}) +
      empty_tag("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}}) +
      tag("title", {},
          escaped((model.empty() ? "Quantized model" : model) + (recipe.empty() ? "" : ", " + recipe))) +
      tag("style", {}, kHtmlStyle);
  const std::string body = masthead(records, input.quality) + verdict_section(records, input.quality) +
                           scores_section(input.evaluations) + divergence_section(records, input.quality) +
                           sites_section(records) + bytes_section(records) + cost_section(records) +
                           worst_section(input.evaluations) +
                           recipe_section(records, input.quality, input.recipe) + page_footer(records);
  return "<!DOCTYPE html>\n" +
         tag("html", {{"lang", "en"}}, tag("head", {}, head) + "\n" + tag("body", {}, tag("main", {}, body))) +
         "\n";
}

}  // namespace halftone
