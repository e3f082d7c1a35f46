// Work shared out over threads. Items are handed out one by one; their results must not depend on who computes them.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace wann {

// Denormals are flushed to zero while it lives: some processors take a hundred cycles for each.
class FlushDenormals {
 public:
#if defined(__x86_64__)
  FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | 0x8040); }
  ~FlushDenormals() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
#endif
};

using Cancelled = std::atomic<bool>;

// Calls work(item, cancelled) for every item in the calling thread, and cannot be interrupted.
template <class Work>
void serial_for(std::size_t n_items, Work work) {
  const FlushDenormals flush;
  const Cancelled never{false};
  for (std::size_t item = 0; item < n_items; ++item) work(item, never);
}

// Calls work(item, thread, cancelled) for every item in 0 … n_items - 1 on `n_threads` threads. The calling thread does no
// work: it asks `interrupted` ten times a second, and raises `cancelled` when the answer is yes. Work that takes long must
// look at `cancelled` itself. An exception from a worker is thrown again here. False if it was cancelled.
template <class Work, class Interrupted>
bool parallel_for(std::size_t n_items, unsigned n_threads, Work work, Interrupted interrupted) {
  std::atomic<std::size_t> next{0};
  Cancelled cancelled{false};
  std::mutex mutex;
  std::condition_variable finished;
  std::exception_ptr error;
  unsigned running = n_threads;

  const auto run = [&](unsigned thread) {
    const FlushDenormals flush;
    try {
      for (std::size_t item; !cancelled && (item = next++) < n_items;) work(item, thread, cancelled);
    } catch (...) {
      const std::lock_guard lock(mutex);
      error = std::current_exception();
      cancelled = true;
    }
    const std::lock_guard lock(mutex);
    if (--running == 0) finished.notify_one();
  };

  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < n_threads; ++t) threads.emplace_back(run, t);
  {
    std::unique_lock lock(mutex);
    while (!finished.wait_for(lock, std::chrono::milliseconds(100), [&] { return running == 0; })) {
      lock.unlock();
      if (!cancelled && interrupted()) cancelled = true;
      lock.lock();
    }
  }
  threads.clear();
  if (error) std::rethrow_exception(error);
  return !cancelled;
}

}  // namespace wann
