#pragma once

// Records through a program: text records go to its standard input as lines, its lines come out.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/rdd/operator.h"

namespace heddle::executor {

/// The builtin operator "pipe" on text records. Payload: count and arguments, count and environment
/// variables (name, value), which are added to the executor's own. A partition starts the program
/// once, also when it is empty. The task fails when the program cannot be started or ends with
/// anything but 0; the message has the end of its standard error. A program that stops reading is
/// no error. Null: the payload or the face does not fit.
std::unique_ptr<rdd::Operator> make_pipe(const rdd::OperatorInit& init, rdd::Sink& next);

}  // namespace heddle::executor
