#pragma once

// The baseline: a WebSocket server as Boost.Beast's own examples write it, on one thread. Answers
// every message with `answer`.

#include <cstdint>
#include <memory>
#include <string>

namespace heddle::bench {

class BeastServer {
public:
    explicit BeastServer(std::string answer);
    ~BeastServer();

    /// On 127.0.0.1.
    std::uint16_t port() const;
    /// Processor time of its thread so far.
    double cpu_seconds() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace heddle::bench
