#include "halftone/calib/eval_row.h"

#include "tests/expect_error.h"
#include <gtest/gtest.h>

namespace halftone {
namespace {

TEST(EvalRowTest, AMissingCellIsNullOrASentence) {
  EvalRow row;
  row.origin = "data.tsv, row 12";
  row.columns = {{"question", ""}};
  ASSERT_NE(row.find("question"), nullptr);
  EXPECT_EQ(row.at("question"), "");
  EXPECT_EQ(row.find("answer"), nullptr);
  expect_error(ErrorKind::input, {"data.tsv, row 12", "\"answer\""}, [&] { row.at("answer"); });
}

}  // namespace
}  // namespace halftone
