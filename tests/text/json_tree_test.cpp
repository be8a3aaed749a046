#include "halftone/text/json_tree.h"

#include "tests/text/thrown.h"

namespace halftone {
namespace {

TEST(JsonTreeBuilder, BuildsAsTheParserWould) {
  Json tree;
  JsonTreeBuilder builder("t.json");
  EXPECT_FALSE(builder.active());
  builder.begin(tree);
  EXPECT_TRUE(builder.active());
  builder.open(Json::object());
  builder.key("b");
  builder.open(Json::array());
  builder.scalar(1);
  builder.open(Json::object());
  builder.key("x");
  builder.scalar(nullptr);
  builder.close();
  builder.scalar("s");
  builder.close();
  builder.key("a");
  builder.scalar(true);
  builder.close();
  EXPECT_FALSE(builder.active());
  EXPECT_EQ(tree.dump(), R"({"b":[1,{"x":null},"s"],"a":true})");
}

TEST(JsonTreeBuilder, AScalarCompletesIt) {
  Json tree;
  JsonTreeBuilder builder("t.json");
  builder.begin(tree);
  builder.scalar(3);
  EXPECT_FALSE(builder.active());
  EXPECT_EQ(tree, 3);
}

TEST(JsonTreeBuilder, RefusesRepeatedAndTooManyKeys) {
  Json tree;
  JsonTreeBuilder builder("t.json");
  builder.begin(tree);
  builder.open(Json::object());
  for (int i = 0; i < 1024; ++i) {
    builder.key(std::to_string(i));
    builder.scalar(i);
  }
  expect_error(ErrorKind::input, "t.json: key \"7\" stands twice", [&] { builder.key("7"); });
  expect_error(ErrorKind::input, "more than 1024 keys", [&] { builder.key("new"); });
}

}  // namespace
}  // namespace halftone
