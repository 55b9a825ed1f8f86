// A shared library that a driver finds and its executors do not.
int heddle_test_absent();
int heddle_test_absent() {
    return 42;
}
