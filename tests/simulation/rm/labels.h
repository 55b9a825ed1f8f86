#pragma once

// Partitions in a random run: queues with capacities on labelled nodes, masters that ask for such
// nodes beside their work, and the checker of what queues hold there. Draws from numbers of its
// own.

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "tests/simulation/rm/scene.h"

namespace heddle::rm::test {

constexpr std::int32_t kSsdAsk = 4;
constexpr std::int32_t kSpotAsk = 5;

/// Gives queues capacities on nodes with labels, in most runs.
void draw_label_capacities(std::uint64_t seed, SchedulerConfig& scheduler);

class Labels {
public:
    Labels(Scene scene, std::uint64_t seed) : scene_(scene), prng_(seed ^ 0x6c6162656cULL) {}

    /// Two nodes are for everybody, one of them by lending where room is tight.
    std::string label_of(std::int64_t node) const;
    /// Some masters ask for nodes with labels some time after they have registered.
    void lead(MasterScript& master);
    /// No queue holds more than its maximum on the nodes of any label by what it got since the last
    /// look, and all that it holds is counted under the label of the node on which it runs.
    void look(const View& view);

private:
    void ask(MasterScript& master);
    void give_back(MasterScript& master);
    void check_maxima(const View& view, const QueueView& queue, bool excused);
    /// True: an application is in another queue than at the last look.
    bool note_moves(const View& view);
    void check_sums(const View& view) const;

    struct Seen {
        std::shared_ptr<const QueueTerms> terms;
        WallTime life;
        Resource used;
    };
    Scene scene_;
    Prng prng_;
    std::map<std::pair<std::string, std::string>, Seen> seen_;  // by queue and label
    std::map<ApplicationId, std::string> queues_;
};

}  // namespace heddle::rm::test
