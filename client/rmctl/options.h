#pragma once

// What every command knows: the global flags of the command line.

#include <string>

namespace heddle::rmctl {

enum class OutputForm { Table, Wide, Json, Name };

struct Options {
    std::string server;      // --server; empty: discover
    std::string token_file;  // --token-file; empty: discover
    std::string directory;   // --dir: state of the development cluster; empty: the default
    OutputForm output = OutputForm::Table;
    bool quiet = false;  // -q: no progress, no hints
};

}  // namespace heddle::rmctl
