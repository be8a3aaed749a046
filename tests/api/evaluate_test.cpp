#include "tests/api/verbs_fixture.h"
#include "tests/expect_error.h"
#include <gmock/gmock.h>

#include "halftone/api/api.h"
#include "halftone/base/json.h"
#include "halftone/calib/base64.h"
#include "halftone/calib/sample.h"

namespace halftone::test {
namespace {

class Evaluate : public WithOutput {
 protected:
  // Six questions about two pictures; the golden answers of the float model are not assumed.
  std::string data(const std::string& answer = "red") {
    std::string text = "index\timage\tquestion\tanswer\tcategory\n";
    for (int i = 0; i < 6; ++i) {
      const PictureRef picture{kPictures + (i % 2 ? "/scene-112.png" : "/scene-84x140.png"), {}};
      text += fmt::format("{}\t{}\tWhat is the colour of {}?\t['{}', 'x']\tcolour {}\n", i,
                          encode_base64(picture.load(posix_files())), i, answer, i % 2);
    }
    return write_into(*place_, "rows.tsv", text);
  }
  api::EvalChoice choice(const std::string& answer = "red") {
    api::EvalChoice c;
    c.tasks = {"exact_match"};
    c.data = {data(answer)};
    c.out = *place_ / "results";
    c.device = "cpu";
    return c;
  }
  // What the float model says to the rows, in order.
  std::vector<std::string> said() {
    const std::string file = api::evaluate({kModel, choice()}, {})["evaluations"][0]["file"].get<std::string>();
    std::istringstream lines(read_file(posix_files(), file));
    std::vector<std::string> answers(6);
    for (std::string line; std::getline(lines, line);) {
      const Json json = parse_json(line, file);
      if (has(json, "answer")) answers[std::stoul(json["index"].get<std::string>())] = json["answer"];
    }
    return answers;
  }
};

TEST_F(Evaluate, ScoresWithIntervalsAndGoesOnWhereItWas) {
  const std::string known = said()[1];
  const auto c = choice(known);
  const Json r = api::evaluate({kModel, c}, {});
  const Json& e = r["evaluations"][0];
  EXPECT_EQ(e["task"], "exact_match");
  EXPECT_EQ(e["profile"], "plain");
  EXPECT_EQ(e["rows"], 6);
  EXPECT_EQ(e["scores"][0]["name"], "accuracy");
  EXPECT_GE(e["scores"][0]["value"].get<double>(), 100.0 / 6 - 1e-9);  // row 1 at least
  EXPECT_LT(e["scores"][0]["low"].get<double>(), e["scores"][0]["value"].get<double>());
  EXPECT_EQ(e["scores"].size(), 3u);  // the whole and two categories
  const Json again = api::evaluate({kModel, c}, {});
  EXPECT_EQ(again["evaluations"][0]["resumed"], 6);
  EXPECT_EQ(again["evaluations"][0]["scores"], e["scores"]);
  EXPECT_TRUE(again["times"].is_null());  // the model was not loaded
}

TEST_F(Evaluate, ThePairOfAModelWithItselfIsNoLossAndWithAnotherIsMeasured) {
  const auto c = choice(said()[1]);
  const Json same = api::compare_tasks({kModel, kModel, c}, {})["evaluations"][0];
  EXPECT_EQ(same["same_answer"], 1);
  EXPECT_EQ(same["against"]["mcnemar_p"], 1);
  EXPECT_THAT(same["against"]["differences"][0]["verdict"].get<std::string>(),
              testing::StartsWith("no loss seen"));
  EXPECT_TRUE(same["worst"].empty());
  const Json other = api::compare_tasks({kModel, out(), c}, {})["evaluations"][0];
  EXPECT_EQ(other["rows"], 6);
  EXPECT_EQ(other["against"]["model"], kModel);
  const Json file = parse_json(read_file(posix_files(), other["file"].get<std::string>()), "result");
  EXPECT_EQ(file["scores"], other["scores"]);
}

TEST_F(Evaluate, StreamingUnderABudgetAnswersTheSame) {
  const auto whole = said();
  auto c = choice();
  c.out = *place_ / "streamed";
  c.ram = "420MiB";
  const Json r = api::evaluate({kModel, c}, {});
  EXPECT_EQ(r["evaluations"][0]["rows"], 6);
  c.ram = "1MiB";
  c.out = *place_ / "none";
  expect_error(ErrorKind::resource, {"--ram", "at least"}, [&] { api::evaluate({kModel, c}, {}); });
  c.ram = "plenty";
  expect_error(ErrorKind::usage, {"--ram"}, [&] { api::evaluate({kModel, c}, {}); });
}

TEST_F(Evaluate, WrongWordsAreNamed) {
  const auto refuse = [&](const std::string& piece, auto change) {
    auto c = choice();
    c.out = *place_ / "refused";
    change(c);
    expect_error(ErrorKind::usage, {piece}, [&] { api::evaluate({kModel, c}, {}); });
  };
  refuse("-t", [](auto& c) { c.tasks = {}; });
  refuse("did you mean \"exact_match\"", [](auto& c) { c.tasks = {"exact_mach"}; });
  refuse("compare", [](auto& c) { c.tasks = {"logit_divergence"}; });
  refuse("--data", [](auto& c) { c.data = {}; });
  refuse("named like task", [&](auto& c) { c.data = {place_->path()}; });
  refuse("--compute", [](auto& c) { c.compute = "float8"; });
  refuse("--on-bad-row", [](auto& c) { c.on_bad_row = "maybe"; });
  refuse("--calibration-rows", [](auto& c) { c.calibration_rows = "maybe"; });
  refuse("--batch", [](auto& c) { c.batch = 0; });
  refuse("--limit", [](auto& c) { c.limit = -1; });
}

TEST_F(Evaluate, AMissingColumnAndABrokenPictureAreSaidAndSkipped) {
  auto c = choice();
  c.data = {write_into(*place_, "lacking.tsv", "index\tquestion\n1\twhy\n")};
  expect_error(ErrorKind::input, {"lacking.tsv", "answer"}, [&] { api::evaluate({kModel, c}, {}); });
  c = choice();
  std::string text = read_file(posix_files(), c.data[0]);
  text += "7\t" +
          encode_base64(
              std::as_bytes(std::span("no picture at all, though longer than sixty-four characters are"))) +
          "\twhat\t['x']\tnone\n";
  c.data = {write_into(*place_, "broken.tsv", text)};
  expect_error(ErrorKind::input, {"row 7"}, [&] { api::evaluate({kModel, c}, {}); });
  c.on_bad_row = "skip";
  const Json e = api::evaluate({kModel, c}, {})["evaluations"][0];
  EXPECT_EQ(e["rows"], 6);
  EXPECT_EQ(e["bad_rows"], 1);
}

}  // namespace
}  // namespace halftone::test
