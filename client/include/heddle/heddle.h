#pragma once

// Everything a Heddle program needs: #include <heddle/heddle.h>, link Heddle::client.

#include "client/api/accumulator.h"
#include "client/api/broadcast.h"
#include "client/api/codec.h"
#include "client/api/context.h"
#include "client/api/errors.h"
#include "client/api/listener.h"
#include "client/api/rdd.h"
#include "client/api/shared_files.h"
#include "client/api/task_context.h"
#include "client/api/words.h"
