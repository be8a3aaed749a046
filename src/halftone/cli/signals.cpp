#include "halftone/cli/signals.h"

#include <atomic>
#include <csignal>
#include <ctime>

#include <pthread.h>
#include <unistd.h>

namespace halftone {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

constexpr timespec kPoll{0, 100'000'000};

}  // namespace

SignalStop::SignalStop() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::jthread([this](const std::stop_token& done) { wait_for_signals(done); });
}

SignalStop::~SignalStop() = default;

void SignalStop::wait_for_signals(const std::stop_token& done) {
  const sigset_t set = stop_signals();
  while (!done.stop_requested()) {
    const int signal = sigtimedwait(&set, nullptr, &kPoll);
    if (signal <= 0) continue;
    if (received_ != 0) _exit(128 + signal);
    received_ = signal;
    source_.request_stop();
  }
}

}  // namespace halftone
