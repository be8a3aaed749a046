// Yes-or-no questions, two a picture, in fourteen categories. A category's score is acc + acc+: the share of
// right answers and that of pictures with both right, in hundredths.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "halftone/base/error.h"
#include "halftone/plugin/task_parts.h"
#include "halftone/text/answers/python_text.h"
#include "halftone/text/answers/yes_no.h"

namespace halftone {
namespace {

constexpr std::array kPerception = {"existence", "count", "position", "color",   "posters",
                                    "celebrity", "scene", "landmark", "artwork", "OCR"};
constexpr std::array kCognition = {"commonsense_reasoning", "numerical_calculation", "text_translation",
                                   "code_reasoning"};

bool is_perception(const std::string& category) {
  return std::find(kPerception.begin(), kPerception.end(), category) != kPerception.end();
}

bool is_cognition(const std::string& category) {
  return std::find(kCognition.begin(), kCognition.end(), category) != kCognition.end();
}

bool gold_of(const EvalRow& row) {
  const std::string gold = replace_all(python_strip(python_lower(row.at("answer"))), ".", "");
  require(gold == "yes" || gold == "no", ErrorKind::input, "{}: its answer is \"{}\", neither yes nor no",
          row.origin, row.at("answer"));
  return gold == "yes";
}

// What both questions of a picture have in common.
std::string picture_of(const EvalRow& row) {
  for (const char* column : {"image_path", "question_id"}) {
    if (const std::string* value = row.find(column)) return row.at("category") + "/" + *value;
  }
  fail(ErrorKind::input, "{}: neither \"image_path\" nor \"question_id\" says which picture it asks about",
       row.origin);
}

// The rows of a picture. A bootstrap holds it several times, so questions are told apart by their index.
struct Picture {
  std::set<std::string> questions;
  std::size_t rows = 0;
  bool all_right = true;
};

struct Category {
  std::size_t rows = 0;
  double right = 0;
  std::map<std::string, Picture> pictures;

  void add(const ScoredRow& row) {
    ++rows;
    right += row.score.value;
    Picture& picture = pictures[row.score.unit];
    picture.questions.insert(row.index);
    ++picture.rows;
    picture.all_right = picture.all_right && row.score.value > 0;
  }
  std::size_t alone() const {
    return static_cast<std::size_t>(std::count_if(pictures.begin(), pictures.end(), [](const auto& entry) {
      return entry.second.questions.size() != 2;
    }));
  }
  // acc + acc+; pictures without both of their questions count for acc alone.
  double score() const {
    double paired = 0, both = 0;
    for (const auto& [name, picture] : pictures) {
      if (picture.questions.size() != 2) continue;
      paired += static_cast<double>(picture.rows);
      both += picture.all_right ? static_cast<double>(picture.rows) : 0;
    }
    return 100 * right / static_cast<double>(rows) + (paired > 0 ? 100 * both / paired : 0);
  }
};

NamedScore named(const std::string& name, double value, std::size_t categories, std::size_t rows) {
  NamedScore score;
  score.name = name;
  score.value = value;
  score.out_of = 200.0 * static_cast<double>(categories);
  score.rows = rows;
  score.how = categories == 1 ? "acc + acc+" : fmt::format("sum of acc + acc+ over {} categories", categories);
  return score;
}

class Mme final : public Task {
 public:
  std::string name() const override { return "mme"; }
  std::string summary() const override {
    return "yes or no, two questions a picture: perception and cognition";
  }
  std::vector<std::string> required_columns() const override {
    return {"image", "question", "answer", "category"};
  }
  std::size_t expected_rows() const override { return 2374; }

  RowScore score(const EvalRow& row, const std::string& answer, const TaskSettings& settings) const override {
    const std::string& category = row.at("category");
    require(is_perception(category) || is_cognition(category), ErrorKind::input,
            "{}: the category \"{}\" is none of the benchmark's fourteen", row.origin, category);
    const auto said = scores_as_lmms_eval(settings) ? yes_no_by_prefix(answer) : yes_no_by_word(answer);
    RowScore score = graded(said && *said == gold_of(row) ? 1 : 0);
    score.matched = said.has_value();
    if (said) score.extracted = *said ? "yes" : "no";
    score.group = category;
    score.unit = picture_of(row);
    return score;
  }

  Summary summarize(std::span<const ScoredRow> rows) const override {
    std::map<std::string, Category> categories;
    for (const auto& row : rows) categories[row.score.group].add(row);
    NamedScore all = named("MME", 0, 0, 0), perception = named("perception", 0, 0, 0),
               cognition = named("cognition", 0, 0, 0);
    Summary summary;
    std::size_t alone = 0;
    for (const auto& [name, category] : categories) {
      const NamedScore score = named(name, category.score(), 1, category.rows);
      for (NamedScore* sum : {&all, is_perception(name) ? &perception : &cognition}) {
        *sum = named(sum->name, sum->value + score.value, static_cast<std::size_t>(sum->out_of / 200) + 1,
                     sum->rows + score.rows);
      }
      summary.scores.push_back(score);
      alone += category.alone();
    }
    for (const NamedScore& sum : {cognition, perception, all}) {
      if (sum.rows > 0) summary.scores.insert(summary.scores.begin(), sum);
    }
    summary.note = "exact matching, no judge";
    if (alone > 0)
      summary.note += fmt::format("; acc+ leaves out {} pictures that lack one of their two questions", alone);
    return summary;
  }
};

}  // namespace

std::unique_ptr<Task> make_mme() { return std::make_unique<Mme>(); }

}  // namespace halftone
