// Whatever primitive of the disk fails, and whenever the process dies: OUT is complete or as it was.
#include "tests/engine/dying_files.h"
#include "tests/expect_error.h"
#include "tests/support/small_model.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/engine/verifier.h"

namespace halftone::test {
namespace {

using Call = Fault::Call;
using testing::IsEmpty;

const std::string kRecipe = small_recipe("rtn: {}");

bool verifies(const SmallModel& model, const std::string& directory) {
  const Checkpoint output = model.open(directory);
  return output.format && verify_output(*model.files, output, &model.checkpoint).passed();
}

class DiskFaults : public testing::TestWithParam<Call> {
 protected:
  // Runs with the fault at every place in turn until it is never reached; returns how many places there are.
  template <class Check>
  int at_every_place(const RunOptions& options, const Check& check) {
    for (int after = 0;; ++after) {
      const auto faulty = faulty_files(*model_.files, {.call = GetParam(), .after = after, .error = ENOSPC});
      try {
        model_.run(kRecipe, {}, options, faulty.get());
        return after;
      } catch (const Error& error) {
        EXPECT_EQ(exit_code(error.kind()), 5) << error.render();
        EXPECT_THAT(error.message(), testing::HasSubstr("/out"));
        SCOPED_TRACE(after);
        check();
      }
    }
  }
  SmallModel model_;
};

TEST_P(DiskFaults, LeaveNothingWhereNothingWas) {
  const auto before = model_.files->list("/");
  const int places = at_every_place(into("/out"), [&] { EXPECT_EQ(model_.files->list("/"), before); });
  EXPECT_GE(places, 1);
  EXPECT_TRUE(verifies(model_, "/out"));
}

TEST_P(DiskFaults, KeepTheOutputThatWas) {
  model_.run(kRecipe, {}, into("/out"));
  const auto before = contents(*model_.files, "/out");
  const auto names = model_.files->list("/");
  at_every_place(into("/out", true), [&] {
    EXPECT_EQ(model_.files->list("/"), names);
    EXPECT_EQ(contents(*model_.files, "/out"), before);
  });
  EXPECT_TRUE(verifies(model_, "/out"));
}

INSTANTIATE_TEST_SUITE_P(Calls, DiskFaults,
                         testing::Values(Call::create, Call::write, Call::sync, Call::rename));

TEST(DiskFaults, ShortWritesAreFinished) {
  const SmallModel model;
  const auto faulty = faulty_files(*model.files, {.call = Call::write, .shorten = true, .times = 200});
  model.run(kRecipe, {}, into("/out"), faulty.get());
  EXPECT_TRUE(verifies(model, "/out"));
}

TEST(DiskFaults, AFailingReadOfTheSourceLeavesNothing) {
  const SmallModel model;
  const auto before = model.files->list("/");
  for (int after = 0; after < 200; after += 7) {
    const auto faulty = faulty_files(*model.files, {.call = Call::read, .after = after, .error = EIO});
    const auto body = [&] {
      const Checkpoint checkpoint =
          open_checkpoint(*faulty, "/model", model.registry.families, model.registry.formats, Accept::any);
      Job job = model.bind(kRecipe);
      job.checkpoint = &checkpoint;
      run_job(*faulty, job, {}, into("/out"));
    };
    try {
      body();
      break;
    } catch (const Error& error) {
      EXPECT_EQ(exit_code(error.kind()), 5) << error.render();
    }
    EXPECT_EQ(model.files->list("/"), before) << after;
  }
}

// The process dies after each of its changes to the disk: what stands under OUT's name is complete or old, what
// lies beside it has a config only when its weights are all there, and the next run is not disturbed.
TEST(DyingProcess, LeavesNoHalfOutputAndNothingInTheWay) {
  const SmallModel model;
  model.run(kRecipe, {}, into("/old"));
  const auto old = contents(*model.files, "/old");
  for (int changes = 0;; ++changes) {
    SCOPED_TRACE(changes);
    model.files->remove_all("/out");
    model.files->rename("/old", "/out");
    DyingFiles dying(*model.files, changes);
    try {
      model.run(kRecipe, {}, into("/out", true), &dying);
    } catch (const Error&) {
    }
    const bool same = contents(*model.files, "/out") == old;
    EXPECT_TRUE(same || verifies(model, "/out"));
    const std::string config = "/out.partial/config.json";
    if (model.files->stat(config).exists && !read_file(*model.files, config).empty()) {
      EXPECT_EQ(open_checkpoint(*model.files, "/out.partial", model.registry.families, model.registry.formats,
                                Accept::any)
                    .files->list()
                    .size(),
                model.open("/out").files->list().size());
    }
    if (!dying.died()) break;
    model.run(kRecipe, {}, into("/out", true));
    EXPECT_FALSE(model.files->stat("/out.partial").exists);
    model.files->remove_all("/old");
    model.files->rename("/out", "/old");
    for (const auto& [name, text] : old) {
      if (name == "run.jsonl") write_file(*model.files, "/old/run.jsonl", text);
      EXPECT_EQ(read_file(*model.files, "/old/" + name), text) << name;
    }
  }
}

}  // namespace
}  // namespace halftone::test
