#include "halftone/calib/tsv_rows.h"

#include "tests/expect_error.h"
#include "tests/scoring_fixture.h"

namespace halftone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TsvRows : public testing::Test {
 protected:
  EvalTable open(const std::string& text) {
    write_file(*files_, "/d/a.tsv", text);
    return open_tsv_rows(*files_, source_);
  }
  std::string fault(const EvalTable& table, std::size_t row) {
    return error_of([&] { table.row(row); }).message();
  }

  std::unique_ptr<FileSystem> files_ = memory_files();
  EvalSource source_{"/d/a.tsv", "", true};
};

// A picture's base64, long enough to be no reference.
const std::string kPicture = "Zm9v" + std::string(64, 'A');
const std::string kOther = "YmFy" + std::string(64, 'A');

std::vector<std::string> fronts(const EvalRow& row) {
  std::vector<std::string> out;
  for (const auto& image : row.images) out.emplace_back(reinterpret_cast<const char*>(image.bytes.data()), 3);
  return out;
}

TEST_F(TsvRows, CellsAreThoseThatPandasReads) {
  for (const auto& c : scoring_fixture("tsv")) {
    if (c["columns"][0] != "index") continue;
    const EvalTable table = open(text_of(c, "text"));
    ASSERT_EQ(table.columns, texts_of(c, "columns")) << c;
    ASSERT_EQ(table.rows, c["rows"].size()) << c;
    for (std::size_t i = 0; i < table.rows; ++i) {
      std::map<std::string, std::string> expected;
      for (const auto& [column, cell] : c["rows"][i].items()) {
        if (!cell.is_null()) expected[column] = cell.get<std::string>();
      }
      if (!expected.contains("index")) continue;
      EXPECT_EQ(table.row(i).columns, expected) << c;
    }
  }
}

TEST_F(TsvRows, PicturesAreSharedListedOrFiles) {
  write_file(*files_, "/d/images/p.png", "x");
  const EvalTable table =
      open("index\timage\timage_path\n0\t" + kPicture + "\tp.png\n1\t0\t\n2\t\"['" + kPicture + "', '" +
           kOther + "']\"\t\n3\t\tp.png\n4\t\t\"['p.png', 'p.png']\"\n5\t2\t\n");
  EXPECT_THAT(fronts(table.row(0)), ElementsAre("foo"));
  EXPECT_THAT(fronts(table.row(1)), ElementsAre("foo"));
  EXPECT_THAT(fronts(table.row(2)), ElementsAre("foo", "bar"));
  EXPECT_EQ(table.row(3).images.at(0).origin, "/d/images/p.png");
  EXPECT_EQ(table.row(4).images.size(), 2u);
  EXPECT_THAT(fronts(table.row(5)), ElementsAre("foo", "bar"));
  EXPECT_EQ(*table.row(0).find("image_path"), "p.png");
  EXPECT_EQ(table.row(0).find("image"), nullptr);
}

TEST_F(TsvRows, BrokenPicturesAreSaidToBe) {
  const EvalTable table = open("index\timage\n0\t1\n1\t0\n2\t2\n3\tgone\n4\t" + std::string(70, '-') +
                               "\n5\t['" + kPicture + "', 'Zm-v']\n6\t" + kPicture + "\n");
  EXPECT_THAT(fault(table, 0), HasSubstr("row \"1\", which holds none itself"));
  EXPECT_THAT(fault(table, 2), HasSubstr("its own"));
  EXPECT_THAT(fault(table, 3), HasSubstr("row \"gone\", which is not there"));
  EXPECT_THAT(fault(table, 4), HasSubstr("picture 1: not base64"));
  EXPECT_THAT(fault(table, 5), HasSubstr("picture 2: not base64"));
  EXPECT_EQ(table.row(6).images.size(), 1u);
}

TEST_F(TsvRows, BrokenRowsAreSaidToBe) {
  const EvalTable table = open("index\tA\n0\tx\n0\ty\n\tz\n3\ta\tb\n4\t\xFF\n5\t\"open\n6\tx\n");
  EXPECT_THAT(fault(table, 1), HasSubstr("\"0\" stands twice, first in row 1"));
  EXPECT_THAT(fault(table, 2), HasSubstr("\"index\" is missing"));
  EXPECT_THAT(fault(table, 3), HasSubstr("3 cells, the header has 2"));
  EXPECT_THAT(fault(table, 4), HasSubstr("\"A\" is not UTF-8"));
  EXPECT_THAT(fault(table, 5), HasSubstr("never closed"));
  EXPECT_EQ(table.rows, 6u);
}

TEST_F(TsvRows, WordsThatPandasLosesAreCountedAndCanBeKept) {
  const std::string text = "index\tA\tB\n0\tNone\tx\n1\tred\tNA\n2\t\ty\n";
  EXPECT_EQ(open(text).vanished_cells, 2u);
  EXPECT_EQ(open(text).row(0).find("A"), nullptr);
  source_.pandas_missing = false;
  EXPECT_EQ(open(text).vanished_cells, 0u);
  EXPECT_EQ(*open(text).row(0).find("A"), "None");
  EXPECT_EQ(open(text).row(2).find("A"), nullptr);
}

TEST_F(TsvRows, BadHeadersAreRefused) {
  expect_error(ErrorKind::input, {"/d/a.tsv", "no header"}, [&] { open(""); });
  expect_error(ErrorKind::input, {"\"index\" is missing", "question, answer"},
               [&] { open("question\tanswer\n"); });
  expect_error(ErrorKind::input, {"\"A\" stands twice"}, [&] { open("index\tA\tA\n"); });
}

}  // namespace
}  // namespace halftone
