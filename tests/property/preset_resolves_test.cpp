// Every preset against every family: its sites, methods and formats exist, and each scheme can be written.
#include "tests/property/method_fixture.h"
#include "tests/support/model_fixture.h"

#include "halftone/recipe/recipe.h"
#include "halftone/recipe/resolve.h"

namespace halftone::test {
namespace {

class PresetResolves : public testing::TestWithParam<FamilyCase> {
 protected:
  ModelFixture model_{GetParam().model};
};

TEST_P(PresetResolves, EveryOne) {
  std::vector<std::string> sites;
  for (const auto& block : model_.graph().blocks) {
    for (const auto& site : block.sites) sites.push_back(site.name);
  }
  for (const auto& name : preset_names()) {
    Faults faults;
    const Recipe recipe = read_recipe(parse_yaml(*preset_text(name), name), faults);
    EXPECT_FALSE(assign_sites(recipe, sites, faults).empty()) << name;
    for (const auto& entry : recipe.methods) {
      const auto plugins = all_methods();
      const auto found =
          std::find_if(plugins.begin(), plugins.end(), [&](const auto& p) { return p.name == entry.name; });
      ASSERT_NE(found, plugins.end()) << name << ": " << entry.name;
      const auto method = found->make(entry.params, faults);
      for (const auto& [scheme_name, scheme] : recipe.schemes)
        EXPECT_EQ(method->refuse(scheme).value_or(""), "") << name;
    }
    EXPECT_TRUE(faults.empty()) << name << ": " << faults.lines().front();
    for (const auto& output : recipe.outputs) {
      EXPECT_TRUE(std::any_of(model_.formats.begin(), model_.formats.end(), [&](const auto& format) {
        return format->name() == output.format;
      })) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, PresetResolves, testing::ValuesIn(family_cases()), FamilyCaseName());

}  // namespace
}  // namespace halftone::test
