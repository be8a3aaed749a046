#include "halftone/eval/score_lines.h"

#include <map>

#include "halftone/base/error.h"

namespace halftone {
namespace {

constexpr std::uint64_t kSeed = 20;
constexpr std::size_t kDraws = 2000;  // each makes a whole summary
// An interval of a difference that is wider than this share of a score's range to either side of zero tells
// nothing.
constexpr double kTooWide = 0.05;

// Indices of rows that are drawn together.
std::vector<std::vector<std::size_t>> units_of(std::span<const ScoredRow> rows) {
  std::vector<std::vector<std::size_t>> units;
  std::map<std::string, std::size_t> named;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string& unit = rows[i].score.unit;
    const auto [found, fresh] = named.emplace(unit, units.size());
    if (unit.empty() || fresh) {
      if (unit.empty()) named.erase(found);
      units.push_back({i});
    } else {
      units[found->second].push_back(i);
    }
  }
  return units;
}

// Values of every score of a summary, by name.
using Values = std::map<std::string, double>;

Values values_of(const Summary& summary) {
  Values values;
  for (const auto& score : summary.scores) values[score.name] = score.value;
  return values;
}

// One resampling serves all scores: the draws depend on the seed alone, so those of the first are remembered. A
// score that a draw lacks (no row of its group) keeps the value of the whole.
class Bootstrap {
 public:
  Bootstrap(std::vector<std::vector<std::size_t>> units, Values whole,
            std::function<Values(const std::vector<std::size_t>& rows)> make)
      : units_(std::move(units)), whole_(std::move(whole)), make_(std::move(make)) {}

  Interval of(const std::string& name) {
    std::size_t draw = 0;
    const auto number = [&](std::span<const std::size_t> drawn) {
      if (draw == draws_.size()) draws_.push_back(make_(rows_of(drawn)));
      const Values& values = draws_[draw++];
      const auto found = values.find(name);
      return found == values.end() ? whole_.at(name) : found->second;
    };
    return bootstrap_interval(units_.size(), number, kSeed, kDraws);
  }

 private:
  std::vector<std::size_t> rows_of(std::span<const std::size_t> drawn) const {
    std::vector<std::size_t> rows;
    for (const std::size_t unit : drawn) rows.insert(rows.end(), units_[unit].begin(), units_[unit].end());
    return rows;
  }

  std::vector<std::vector<std::size_t>> units_;
  Values whole_;
  std::function<Values(const std::vector<std::size_t>&)> make_;
  std::vector<Values> draws_;
};

std::vector<ScoredRow> picked(std::span<const ScoredRow> rows, const std::vector<std::size_t>& which) {
  std::vector<ScoredRow> out;
  out.reserve(which.size());
  for (const std::size_t i : which) out.push_back(rows[i]);
  return out;
}

Interval scaled(Interval interval, double factor) { return {interval.low * factor, interval.high * factor}; }

std::vector<DifferenceLine> differences(const Task& task, const std::vector<ScoredRow>& a,
                                        const std::vector<ScoredRow>& b, const PairedScores& paired) {
  const Values of_a = values_of(task.summarize(a));
  Values whole = values_of(task.summarize(b));
  for (auto& [name, value] : whole) value -= of_a.contains(name) ? of_a.at(name) : value;
  Bootstrap bootstrap(units_of(a), whole, [&](const std::vector<std::size_t>& rows) {
    const Values left = values_of(task.summarize(picked(a, rows)));
    Values right = values_of(task.summarize(picked(b, rows)));
    std::erase_if(right, [&](const auto& entry) { return !left.contains(entry.first); });
    for (auto& [name, value] : right) value -= left.at(name);
    return right;
  });
  std::vector<DifferenceLine> lines;
  for (const auto& line : paired.b.lines) {
    const std::string& name = line.score.name;
    if (!of_a.contains(name)) continue;
    const Interval interval = bootstrap.of(name);
    lines.push_back(
        {name, whole.at(name), interval,
         verdict({whole.at(name), interval, kTooWide * line.score.out_of, line.score.higher_better})});
  }
  return lines;
}

Json lines_json(const std::vector<ScoreLine>& lines) {
  Json list = Json::array();
  for (const auto& line : lines) {
    list.push_back({{"name", line.score.name},
                    {"value", line.score.value},
                    {"low", line.interval.low},
                    {"high", line.interval.high},
                    {"out_of", line.score.out_of},
                    {"rows", line.score.rows},
                    {"how", line.score.how}});
  }
  return list;
}

}  // namespace

ScoreTable score_table(const Task& task, std::span<const ScoredRow> rows) {
  const Summary summary = task.summarize(rows);
  Bootstrap bootstrap(units_of(rows), values_of(summary), [&](const std::vector<std::size_t>& which) {
    return values_of(task.summarize(picked(rows, which)));
  });
  ScoreTable table{{}, summary.note};
  for (const auto& score : summary.scores) {
    const bool share = score.proportion && score.rows > 0 && score.out_of > 0;
    const auto rows_made = static_cast<double>(score.rows);
    table.lines.push_back(
        {score, share
                    ? scaled(wilson_interval(score.value / score.out_of * rows_made, score.rows), score.out_of)
                    : bootstrap.of(score.name)});
  }
  return table;
}

Json to_json(const ScoreTable& table) { return lines_json(table.lines); }

PairedScores pair_scores(const Task& task, const std::vector<ScoredRow>& a, const std::vector<ScoredRow>& b) {
  std::map<std::string, const ScoredRow*> known;
  for (const auto& row : a) known[row.index] = &row;
  std::vector<ScoredRow> left, right;
  for (const auto& row : b) {
    const auto found = known.find(row.index);
    if (found == known.end()) continue;
    left.push_back(*found->second);
    right.push_back(row);
  }
  require(!left.empty(), ErrorKind::input, "{}: no row was scored under both models", task.name());
  PairedScores paired{score_table(task, left), score_table(task, right), {}, left.size(), {}, 1};
  paired.differences = differences(task, left, right, paired);
  if (task.kind() == TaskKind::generation && task.score_kind() == ScoreKind::right_wrong) {
    std::vector<std::uint8_t> first, second;
    for (const auto& row : left) first.push_back(row.score.value > 0.5);
    for (const auto& row : right) second.push_back(row.score.value > 0.5);
    paired.discordant = count_discordant(first, second);
    paired.p = mcnemar_p(*paired.discordant);
  }
  return paired;
}

Json to_json(const PairedScores& paired) {
  Json list = Json::array();
  for (const auto& line : paired.differences) {
    list.push_back({{"name", line.name},
                    {"value", line.value},
                    {"low", line.interval.low},
                    {"high", line.interval.high},
                    {"verdict", line.verdict}});
  }
  Json against = {{"scores", to_json(paired.a)}, {"differences", list}};
  if (paired.discordant) {
    against["lost"] = paired.discordant->lost;
    against["gained"] = paired.discordant->gained;
    against["mcnemar_p"] = paired.p;
  }
  return {{"rows", paired.rows}, {"note", paired.b.note}, {"scores", to_json(paired.b)}, {"against", against}};
}

}  // namespace halftone
