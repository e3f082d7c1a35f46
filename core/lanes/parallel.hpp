// Work shared out over threads. Items are handed out one by one; their results must not depend on who computes them.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace wann {

// Denormals, as input and as result, are zero while it lives: some processors take a hundred cycles for each, and all are
// to compute the same.
class FlushDenormals {
 public:
#if defined(__x86_64__)
  FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | 0x8040); }
  ~FlushDenormals() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
#elif defined(__aarch64__)
  FlushDenormals() {
    __asm__ __volatile__("mrs %0, fpcr" : "=r"(saved_));
    set(saved_ | (std::uint64_t{1} << 24));
  }
  ~FlushDenormals() { set(saved_); }

 private:
  static void set(std::uint64_t control) { __asm__ __volatile__("msr fpcr, %0" : : "r"(control)); }

  std::uint64_t saved_;
#else
#error "how this processor flushes denormals is not known here; without that, its results would differ from those of others"
#endif
};

// Threads that are waited for when it goes. Not std::jthread, which Apple's library lacks.
class Threads {
 public:
  template <class... Call>
  void start(Call&&... call) {
    threads_.emplace_back(std::forward<Call>(call)...);
  }
  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  ~Threads() { join(); }

 private:
  std::vector<std::thread> threads_;
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

  Threads threads;
  for (unsigned t = 0; t < n_threads; ++t) threads.start(run, t);
  {
    std::unique_lock lock(mutex);
    while (!finished.wait_for(lock, std::chrono::milliseconds(100), [&] { return running == 0; })) {
      lock.unlock();
      if (!cancelled && interrupted()) cancelled = true;
      lock.lock();
    }
  }
  threads.join();
  if (error) std::rethrow_exception(error);
  return !cancelled;
}

}  // namespace wann
