#include "tests/report/well_formed.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/report/html_sections.h"

namespace halftone {
namespace {

using testing::HasSubstr;
using testing::Not;

RunRecords run_of_two() {
  const Json stages = {{{"stage", "vision"},
                        {"parameters", 1024},
                        {"tensors_in", 2},
                        {"bytes_in", 2048},
                        {"tensors_out", 2},
                        {"bytes_out", 2048}},
                       {{"stage", "language"},
                        {"parameters", 1024},
                        {"tensors_in", 1},
                        {"bytes_in", 2048},
                        {"tensors_out", 3},
                        {"bytes_out", 1024}}};
  return sorted_records(
      {{{"kind", "run"},
        {"version", "9.9"},
        {"model", "<model>"},
        {"recipe", "r&d"},
        {"source", "abc"},
        {"calibration_samples", {"one", 2, "<3>"}}},
       {{"kind", "bytes"}, {"format", "f"}, {"stages", stages}},
       {{"kind", "plan"},
        {"seconds", 8},
        {"peak_memory", 3 << 20},
        {"engines", {{"engine <k>", 2}}},
        {"blocks", {{{"block", "language.0"}, {"seconds", 3}, {"memory", 1 << 20}}}}},
       {{"kind", "site"}, {"site", "language.0.q"}, {"scheme", "w4 <g>"}, {"sqnr_db", 15.07}, {"mse", 1e-5}},
       {{"kind", "site"}, {"site", "language.1.q"}, {"scheme", "w4 <g>"}, {"sqnr_db", nullptr}},
       {{"kind", "block"}, {"block", "language.0"}, {"seconds", 4}, {"peak_bytes", 2 << 20}},
       {{"kind", "block"}, {"block", "language.1"}, {"seconds", 4}, {"peak_bytes", 2 << 20}},
       {{"kind", "finished"}, {"seconds", 8.5}, {"peak_bytes", 2 << 20}}});
}

TEST(Masthead, SaysWhatBecameOfTheModel) {
  const std::string html = masthead(
      run_of_two(),
      {{"kl", 0.0123}, {"kl_se", 0.001}, {"top1", 0.5}, {"positions", 8}, {"ppl_a", 2}, {"ppl_b", 2.5}});
  EXPECT_EQ(test::fault_of(html), "");
  // 4096 bytes of 2048 parameters become 3072: 16 bits become 12.
  for (const char* piece :
       {"&lt;model&gt;", "r&amp;d · w4 &lt;g&gt; on 2 linears", "4.0 → 3.0 KiB", "75.0", "12.00", "was 16.00",
        "0.0123", "± 0.002 nats", "50.00", "2.5000", "8.5 s", "2.0 MiB"})
    EXPECT_THAT(html, HasSubstr(piece));
}

TEST(Bytes, AreSummedOverStages) {
  const std::string html = bytes_section(run_of_two());
  EXPECT_EQ(test::fault_of(html), "");
  EXPECT_THAT(html, HasSubstr("3 → 5"));
  EXPECT_THAT(html, HasSubstr("<td class=\"r\">8.00</td>"));
}

TEST(Cost, PutsPlannedBesideMeasured) {
  const std::string html = cost_section(run_of_two());
  EXPECT_EQ(test::fault_of(html), "");
  EXPECT_THAT(html, HasSubstr("language.0\nmeasured 4 s\nplanned 3 s"));
  EXPECT_THAT(html, HasSubstr("measured 2 MiB\nplanned 1 MiB"));
  // The block that the plan does not know has no planned point.
  EXPECT_THAT(html, HasSubstr("<title>language.1\nmeasured 4 s</title>"));
}

TEST(Recipe, IsFoldedAwayWithTheSamplesAndTheSites) {
  const std::string html = recipe_section(run_of_two(), {{"samples", {"q1"}}}, "site: <all> & more\n");
  EXPECT_EQ(test::fault_of(html), "");
  for (const char* piece : {"site: &lt;all&gt; &amp; more\n", "one, 2, &lt;3&gt;", "Samples that measured (1)",
                            "Every quantized linear (2)", "engine &lt;k&gt;", "15.07"})
    EXPECT_THAT(html, HasSubstr(piece));
}

TEST(RunSections, WithoutRecordsAreEmptyOrShort) {
  const RunRecords none = sorted_records({});
  EXPECT_EQ(bytes_section(none), "");
  EXPECT_EQ(cost_section(none), "");
  EXPECT_EQ(recipe_section(none, nullptr, ""), "");
  EXPECT_THAT(masthead(none, nullptr), HasSubstr("no linear quantized"));
  EXPECT_THAT(masthead(none, nullptr), Not(HasSubstr("class=\"tile\"")));
  EXPECT_EQ(test::fault_of(page_footer(none)), "");
}

}  // namespace
}  // namespace halftone
