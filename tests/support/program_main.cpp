// The main of test programs that are their own executors.
#include <gtest/gtest.h>

#include <cstdlib>

#include "executor/serve.h"

int main(int argc, char** argv) {
    if (heddle::executor::in_executor_role()) {
        std::exit(heddle::executor::serve(argc, argv));
    }
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
