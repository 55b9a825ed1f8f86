#pragma once

// The lines of a scenario file as words, and those lines that say what the cluster is like before
// there is one. runner.cpp describes them.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "resourcemanager/core/config.h"

namespace heddle::rm::test {

using Words = std::vector<std::string>;

Words words_of(const std::string& line);
/// "key=value" and "key", from `from` on.
std::map<std::string, std::string> keys_of(const Words& words, std::size_t from);

/// queue PATH [key=value ...]
QueueConfig queue_of(const Words& words);

/// Whether lines that begin so are taken by config_of().
bool is_configuration(std::string_view verb);
/// What is wrong in the file fails the running test. HEDDLE_FEATURE_OFF switches a feature off.
Config config_of(const std::string& path);

}  // namespace heddle::rm::test
