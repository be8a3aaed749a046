// SIGINT, SIGTERM and SIGHUP as a stop request.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace halftone {

// While alive, the first signal requests a stop and the second ends the process at once. Make it before any
// other thread starts, so that all of them leave the signals alone. A SIGHUP that was ignored before (nohup)
// stays so; SIGPIPE is ignored from here on, so that a reader who left is an error of write().
class SignalStop {
 public:
  SignalStop();
  ~SignalStop();
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  int received() const { return received_; }  // the signal's number, 0 for none

 private:
  void wait_for_signals(const std::stop_token& done);
  std::stop_source source_;
  std::atomic<int> received_{0};
  std::jthread thread_;
};

}  // namespace halftone
