#include "tests/expect_error.h"
#include "tests/scoring_fixture.h"
#include "tests/tasks/task_case.h"

namespace halftone {

std::unique_ptr<Task> make_ocrbench();

namespace {

TEST(OcrBench, RowsAreScoredAsTheHarnessesDo) {
  const auto task = make_ocrbench();
  for (const auto& c : scoring_fixture("contained")) {
    if (c["answers"] == Json({""})) continue;
    const EvalRow row = row_of({{"answer", c["answers"].dump()}, {"category", text_of(c, "category")}});
    EXPECT_EQ(task->score(row, text_of(c, "prediction"), scorer(text_of(c, "rule"))).value,
              c["hit"].get<bool>())
        << c;
  }
}

TEST(OcrBench, TheSixRecognitionCategoriesAreOneGroup) {
  const auto task = make_ocrbench();
  ScoredRows rows;
  for (const char* category : {"Regular Text Recognition", "Digit String Recognition", "Doc-oriented VQA"}) {
    for (const char* said : {"x", "-"}) {
      rows.add(task->score(row_of({{"answer", "['x']"}, {"category", category}}), said, {}));
    }
  }
  EXPECT_EQ(rows.value(*task, "Final"), 3);
  EXPECT_EQ(rows.value(*task, "Text Recognition"), 2);
  EXPECT_EQ(rows.value(*task, "Doc-oriented VQA"), 1);
  EXPECT_EQ(rows.value(*task, "Key Information Extraction"), -1);
  const NamedScore final = task->summarize(rows.rows()).scores.front();
  EXPECT_EQ(final.name, "Final");
  EXPECT_EQ(final.out_of, 6);
  EXPECT_TRUE(final.proportion);
}

TEST(OcrBench, RowsThatCannotBeScoredAreNamed) {
  const auto task = make_ocrbench();
  const auto score = [&](const Cells& cells) { task->score(row_of(cells), "x", {}); };
  expect_error(ErrorKind::input, {"t.tsv, row 1", "empty"}, [&] {
    score({{"answer", "['']"}, {"category", "Doc-oriented VQA"}});
  });
  expect_error(ErrorKind::input, {"t.tsv, row 1", "answer", "not a Python list"}, [&] {
    score({{"answer", "['a'"}, {"category", "Doc-oriented VQA"}});
  });
  expect_error(ErrorKind::input, {"t.tsv, row 1", "\"Cats\""}, [&] {
    score({{"answer", "['a']"}, {"category", "Cats"}});
  });
  expect_error(ErrorKind::input, {"t.tsv, row 1", "\"answer\""}, [&] {
    score({{"category", "Doc-oriented VQA"}});
  });
}

TEST(OcrBench, AnUnknownScorerIsRefused) {
  expect_error(ErrorKind::usage, {"\"judge\"", "vlmevalkit and lmms-eval"}, [] {
    make_ocrbench()->score(row_of({{"answer", "['a']"}, {"category", "Doc-oriented VQA"}}), "x",
                           scorer("judge"));
  });
}

}  // namespace
}  // namespace halftone
