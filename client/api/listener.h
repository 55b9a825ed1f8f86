#pragma once

// What a program hears of its jobs: Context::add_listener. Spark's names.

#include "client/driver/listener.h"

namespace heddle {

using Listener = driver::Listener;
using JobStart = driver::JobStart;
using JobEnd = driver::JobEnd;
using StageSubmitted = driver::StageSubmitted;
using StageCompleted = driver::StageCompleted;
using TaskStart = driver::TaskStart;
using TaskEnd = driver::TaskEnd;
using ExecutorAdded = driver::ExecutorAdded;
using ExecutorRemoved = driver::ExecutorRemoved;
using BlockUpdated = driver::BlockUpdated;

}  // namespace heddle
