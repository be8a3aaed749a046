#include "halftone/cli/signals.h"

#include <atomic>
#include <csignal>
#include <ctime>

#include <pthread.h>
#include <unistd.h>

namespace halftone {
namespace {

bool is_ignored(int signal) {
  struct sigaction now {};
  return sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  // A blocked signal is delivered to sigtimedwait() even where it is ignored.
  if (!is_ignored(SIGHUP)) sigaddset(&set, SIGHUP);
  return set;
}

constexpr timespec kPoll{0, 100'000'000};

}  // namespace

SignalStop::SignalStop() {
  std::signal(SIGPIPE, SIG_IGN);
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
