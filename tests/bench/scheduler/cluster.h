#pragma once

// A cluster played around the real core: store, nodes and masters answer what it emits at once.
// Every container that ends is reported by its node, its master confirms, and what waits takes the
// room.

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "common/base/prng.h"
#include "resourcemanager/core/books.h"
#include "resourcemanager/core/resource_manager.h"
#include "tests/bench/scheduler/meter.h"

namespace heddle::rm::bench {

constexpr Resource kNode{131072, 32};
constexpr std::int64_t kStepsPerPublication = 64;  // what a busy core thread finds in its queue

/// Four sizes, in turn.
Resource size_of(int application);

struct Load {
    int nodes = 0;
    int queues = 1;
    int applications = 100;
    int vcores = 32;           // of a node
    int ends_per_message = 1;  // containers that end on one node at the same time
    bool full = true;          // three times what fits is wanted; else 95 % of it
    bool constrained = false;  // asks have tags and constraints
    bool preempting = false;   // rounds of preemption, between and inside queues, that stop nothing
};

/// What a churn has taken, of processor time, by kind of step.
struct Churn {
    Meter end;      // a node's message; seconds
    Meter confirm;  // a master's, with the grants that it leads to
    Meter publish;
    Meter asked;  // from a confirmation to the grant: steps between the two, 0: the same
    double total = 0;
};

class Cluster {
public:
    explicit Cluster(const Load& load);

    /// Every master asks for its part.
    void ask_all();
    /// Ends random containers, at most so many and for a limited time.
    void churn(std::int64_t ends, Churn& churn);
    /// So many rounds of preemption.
    void rounds(int count, Meter& meter);
    void publish();

    std::int64_t grants() const { return rm_.books().counters.grants; }
    std::int64_t visited() const { return rm_.books().free.visited(); }
    std::int64_t running() const { return running_; }
    /// Of memory, for each container, that this class takes.
    static std::size_t bytes_of_running() { return sizeof(Running); }

private:
    struct Running {
        ContainerId container;
        AskKey key;
    };
    struct Node {
        std::uint64_t session = 0;
        std::uint64_t sequence = 0;
        std::vector<Running> running;
    };
    struct Master {
        ConnectionId connection;
        AttemptId attempt;
        std::string token;
        std::uint64_t session = 0;
        std::uint64_t sequence = 0;
        std::uint64_t news = 0;
        std::deque<std::int64_t> asked;  // steps in which something was asked for
    };

    std::vector<std::string> secrets() const;
    std::int32_t asked_by_one() const;
    void step(Event event);
    void take(const Effect& effect, std::vector<BatchId>& saves);
    void started(const ContainerStart& start, std::uint64_t connection);
    void submit(int number);
    NodeStatus end_some(Node& node, std::vector<AttemptId>& ended);
    void confirm(const AttemptId& attempt, std::int32_t ends);
    Master& master_of(const AttemptId& attempt);

    Load load_;
    ResourceManager rm_;
    Prng prng_{1};
    TimePoint now_;
    std::uint64_t connections_ = 0;
    std::uint64_t requests_ = 0;
    std::int64_t steps_ = 0;
    std::int64_t running_ = 0;
    ApplicationId application_;
    std::vector<Node> nodes_;  // by connection
    std::vector<Master> masters_;
    std::vector<std::size_t> by_sequence_;  // of the application
    Meter* asked_ = nullptr;
};

}  // namespace heddle::rm::bench
