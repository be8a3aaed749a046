#include "halftone/base/queue.h"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

namespace halftone {
namespace {

using std::chrono::milliseconds;

constexpr auto kPatience = std::chrono::seconds(20);  // far above what a loaded machine needs
constexpr auto kBlocked = milliseconds(50);           // long enough to see that a call does not return

std::exception_ptr failure(const char* text) { return std::make_exception_ptr(std::runtime_error(text)); }

std::string what_is_thrown(const std::function<void()>& body) {
  try {
    body();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "nothing";
}

TEST(BoundedQueue, KeepsTheOrder) {
  BoundedQueue<int> queue(3);
  std::jthread producer([&] {
    for (int i = 0; i < 1000; ++i) queue.push(i);
    queue.close();
  });
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(queue.pop(), i);
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, NeverHoldsMoreThanItsCapacity) {
  BoundedQueue<int> queue(2);
  std::atomic<int> pushed = 0;
  std::jthread producer([&] {
    for (int i = 0; i < 20; ++i) {
      queue.push(i);
      ++pushed;
    }
    queue.close();
  });
  for (int taken = 0; queue.pop(); ++taken) {
    std::this_thread::sleep_for(milliseconds(1));
    EXPECT_LE(pushed.load(), taken + 1 + 2);
  }
}

TEST(BoundedQueue, CloseLetsWhatIsInsideOut) {
  BoundedQueue<int> queue(2);
  queue.push(1);
  queue.push(2);
  queue.close();
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, CloseWakesAWaitingConsumer) {
  BoundedQueue<int> queue(1);
  auto popped = std::async(std::launch::async, [&] { return queue.pop(); });
  EXPECT_EQ(popped.wait_for(kBlocked), std::future_status::timeout);
  queue.close();
  ASSERT_EQ(popped.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(popped.get(), std::nullopt);
}

TEST(BoundedQueue, AbortWakesAWaitingConsumer) {
  BoundedQueue<int> queue(1);
  auto popped = std::async(std::launch::async, [&] { return what_is_thrown([&] { queue.pop(); }); });
  EXPECT_EQ(popped.wait_for(kBlocked), std::future_status::timeout);
  queue.abort(failure("disk"));
  ASSERT_EQ(popped.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(popped.get(), "disk");
}

TEST(BoundedQueue, AbortWakesAWaitingProducer) {
  BoundedQueue<int> queue(1);
  queue.push(1);
  auto pushed = std::async(std::launch::async, [&] { return what_is_thrown([&] { queue.push(2); }); });
  EXPECT_EQ(pushed.wait_for(kBlocked), std::future_status::timeout);
  queue.abort(failure("solver"));
  ASSERT_EQ(pushed.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(pushed.get(), "solver");
}

TEST(BoundedQueue, AfterAnAbortEveryCallThrowsTheFirstFailure) {
  BoundedQueue<int> queue(4);
  queue.push(1);
  queue.abort(failure("first"));
  queue.abort(failure("second"));
  queue.close();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(what_is_thrown([&] { queue.pop(); }), "first");
    EXPECT_EQ(what_is_thrown([&] { queue.push(2); }), "first");
  }
}

TEST(BoundedQueue, CarriesWhatCannotBeCopied) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  queue.push(std::make_unique<int>(7));
  EXPECT_EQ(**queue.pop(), 7);
}

TEST(BoundedQueue, AFailedConsumerStopsABusyProducer) {
  BoundedQueue<int> queue(2);
  std::string seen;
  std::jthread producer([&] {
    seen = what_is_thrown([&] {
      while (true) queue.push(1);
    });
  });
  for (int i = 0; i < 100; ++i) queue.pop();
  queue.abort(failure("consumer"));
  producer.join();
  EXPECT_EQ(seen, "consumer");
}

}  // namespace
}  // namespace halftone
