// A bounded queue between two threads that carries values one way and a failure either way.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>

namespace halftone {

// One producer, one consumer. push() blocks while full, pop() while empty. close() ends the stream normally;
// abort(e) makes every later push() and pop() throw e, so a failed side stops the other without a deadlock.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}

  void push(T value) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return items_.size() < capacity_ || failure_; });
    if (failure_) std::rethrow_exception(failure_);
    items_.push_back(std::move(value));
    changed_.notify_all();
  }

  // The next value, or nothing when the producer has closed and all values are taken.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !items_.empty() || closed_ || failure_; });
    if (failure_) std::rethrow_exception(failure_);
    if (items_.empty()) return std::nullopt;
    T value = std::move(items_.front());
    items_.pop_front();
    changed_.notify_all();
    return value;
  }

  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  void abort(std::exception_ptr failure) {
    std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    changed_.notify_all();
  }

 private:
  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> items_;
  bool closed_ = false;
  std::exception_ptr failure_;
};

}  // namespace halftone
