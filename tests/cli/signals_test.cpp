#include "halftone/cli/signals.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

namespace halftone {
namespace {

bool eventually(const std::function<bool()>& happened) {
  for (int i = 0; i < 4000; ++i) {
    if (happened()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

// Signals are the whole process's affair, so each case has a process of its own.
template <class Body>
void in_its_own_process(int code, const Body& body) {
  EXPECT_EXIT(std::_Exit(body()), testing::ExitedWithCode(code), "");
}

TEST(SignalStop, TheFirstSignalRequestsAStopAndIsKept) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    in_its_own_process(0, [signal] {
      std::signal(SIGHUP, SIG_DFL);
      const SignalStop stop;
      if (stop.received() != 0 || stop.token().stop_requested()) return 1;
      ::kill(::getpid(), signal);
      if (!eventually([&] { return stop.token().stop_requested(); })) return 2;
      return stop.received() == signal ? 0 : 3;
    });
  }
}

TEST(SignalStop, TheSecondEndsTheProcessAtOnce) {
  in_its_own_process(128 + SIGTERM, [] {
    const SignalStop stop;
    ::kill(::getpid(), SIGINT);
    if (!eventually([&] { return stop.received() == SIGINT; })) return 1;
    ::kill(::getpid(), SIGTERM);
    eventually([] { return false; });
    return 2;
  });
}

TEST(SignalStop, AHangupThatWasIgnoredStaysSo) {
  in_its_own_process(0, [] {
    std::signal(SIGHUP, SIG_IGN);
    const SignalStop stop;
    ::kill(::getpid(), SIGHUP);
    ::kill(::getpid(), SIGTERM);
    if (!eventually([&] { return stop.token().stop_requested(); })) return 1;
    return stop.received() == SIGTERM ? 0 : 2;
  });
}

TEST(SignalStop, AReaderWhoLeftIsAnErrorOfWrite) {
  in_its_own_process(0, [] {
    const SignalStop stop;
    int pipe[2];
    if (::pipe(pipe) != 0) return 1;
    ::close(pipe[0]);
    return ::write(pipe[1], "x", 1) == -1 && errno == EPIPE ? 0 : 2;
  });
}

TEST(SignalStop, WithoutASignalItGoesAwayQuietly) {
  in_its_own_process(0, [] {
    { const SignalStop stop; }
    return 0;
  });
}

}  // namespace
}  // namespace halftone
