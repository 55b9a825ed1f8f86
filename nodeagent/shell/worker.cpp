// One thread, one queue.

#include "nodeagent/shell/worker.h"

#include "common/base/time.h"

namespace heddle::node {

Worker::Worker(std::size_t limit)
    : queue_(limit), thread_([this] {
          while (!stopping_) {
              for (Task& task : queue_.pop_all(seconds(1))) {
                  if (!stopping_) {
                      task();
                  }
              }
          }
      }) {}

Worker::~Worker() {
    stopping_ = true;
    queue_.close();
    thread_.join();
}

}  // namespace heddle::node
