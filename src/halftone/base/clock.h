// Wall time, and named zones whose totals a report can show.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace halftone {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Seconds spent per zone. Owned by one run; filled from one thread.
class ZoneTimes {
 public:
  void add(const std::string& zone, double seconds) { totals_[zone] += seconds; }
  const std::map<std::string, double>& totals() const { return totals_; }

 private:
  std::map<std::string, double> totals_;
};

// Adds its lifetime to a zone.
class Zone {
 public:
  Zone(ZoneTimes& times, std::string name) : times_(times), name_(std::move(name)) {}
  ~Zone() { times_.add(name_, watch_.seconds()); }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

 private:
  ZoneTimes& times_;
  std::string name_;
  Stopwatch watch_;
};

}  // namespace halftone
