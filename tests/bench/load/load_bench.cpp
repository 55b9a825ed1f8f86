// The whole path of an allocation over real sockets: a real resourcemanager process, node agents
// and masters played by this one. Three figures: allocations a second when containers end as they
// start; under a paced load that fills the cluster, how long a freed slot is idle and how long an
// ask takes; how long a killed manager takes to allocate again. Baseline for the idle slot, in the
// same run: what a heartbeat of one second costs at least, half of it.
//
//   load_bench PATH-OF-RESOURCEMANAGER [--agents N] [--seconds S] [--applications N]
//       [--submissions N] [--slots N] [--rate ENDS-PER-SECOND]
//
// All agents come from one address, and the manager takes at most 4,096 connections of one.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/net/http_client.h"
#include "common/wire/json.h"
#include "tests/bench/load/listing.h"
#include "tests/bench/load/players.h"

namespace heddle::bench {
namespace {

constexpr int kAgentsMax = 4000;
constexpr Duration kPatience = seconds(60);
constexpr int kShoutsPerMs = 10;
constexpr double kHeartbeatIdleMs = 500;  // a slot waits half of a heartbeat of 1 s, on average

struct Arguments {
    std::string program;
    int agents = 1000;
    int seconds = 5;
    int applications = 20;
    int submissions = 500;
    int slots = 16;   // of an agent
    int rate = 2000;  // of ends a second, under the paced load
};

double ms(std::int64_t microseconds) {
    return static_cast<double>(microseconds) / 1000.0;
}

std::int64_t percentile(std::vector<std::int64_t>& values, std::size_t percent) {
    if (values.empty()) {
        return 0;
    }
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1, values.size() * percent / 100)];
}

class Load {
public:
    explicit Load(const Arguments& arguments)
        : arguments_(arguments), manager_(arguments.program), stage_{loop_, manager_} {}

    ~Load() { stage_.over = true; }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    void run() {
        connect_agents();
        submit_commands();
        list_applications();
        submit_masters();
        measure_allocations();
        measure_slots();
        measure_restart();
    }

private:
    void connect_agents() {
        const TimePoint begin = monotonic_now();
        for (int i = 0; i < arguments_.agents; ++i) {
            agents_.push_back(
                std::make_unique<Agent>(stage_, "load-" + std::to_string(i),
                                        Resource{arguments_.slots * 1024, arguments_.slots}));
            agents_.back()->connect();
            if (i % 100 == 99) {
                wait_for_agents("agents to be welcome");
            }
        }
        wait_for_agents("agents to be welcome");
        std::printf("%d agents connected and registered in %.2f s; the manager takes %.0f MiB\n",
                    arguments_.agents, (monotonic_now() - begin).seconds(),
                    static_cast<double>(manager_.resident_kib()) / 1024);
    }

    void wait_for_agents(const char* what) {
        expect(what, [this] { return stage_.agents_welcome == agents_.size(); });
    }

    void expect(const char* what, const std::function<bool()>& done) {
        if (!until(loop_, kPatience, done)) {
            std::fprintf(stderr, "load_bench: waited in vain for %s\n", what);
            std::exit(1);
        }
    }

    // One submission: a new id, then the application. `done` when it is acknowledged.
    void submit(const std::string& kind, std::function<void()> done) {
        post("/ws/v1/cluster/apps/new-application", "",
             [this, kind, done](const std::string& body) {
                 const auto json = wire::parse_json(body);
                 CHECK(json.ok());
                 wire::JsonWriter out;
                 out.begin_object()
                     .member("application-id", json->string_or("application-id", "").value())
                     .member("application-name", "load")
                     .member("heddle-kind", kind);
                 out.key("heddle-argv").begin_array().value("load").end_array();
                 out.key("resource")
                     .begin_object()
                     .member("memory", 256)
                     .member("vCores", 1)
                     .end_object();
                 out.end_object();
                 post("/ws/v1/cluster/apps", std::move(out).take(),
                      [done](const std::string&) { done(); });
             });
    }

    void post(const std::string& target, std::string body,
              std::function<void(const std::string&)> done) {
        net::ClientRequest request{"POST", target, {}, std::move(body), {}};
        request.headers.add("Authorization", "Bearer " + manager_.token());
        request.headers.add("Content-Type", "application/json");
        const std::uint64_t number = ++exchange_;
        exchanges_[number] = net::fetch(
            loop_, net::Endpoint::tcp("127.0.0.1", manager_.port()), std::move(request), {},
            [this, number, done = std::move(done)](Result<net::ClientResponse> answer) {
                if (!answer.ok() || !answer->success()) {
                    std::fprintf(
                        stderr, "load_bench: a request failed: %s\n",
                        answer.ok() ? answer->body.c_str() : answer.error().message.c_str());
                    std::exit(1);
                }
                loop_.post([this, number] { exchanges_.erase(number); });
                done(answer->body);
            });
    }

    // `all` of a kind, 64 at a time.
    double submit_many(const std::string& kind, int all) {
        int begun = 0;
        int done = 0;
        std::function<void()> next = [&] {
            if (begun < all) {
                ++begun;
                submit(kind, [&] {
                    ++done;
                    next();
                });
            }
        };
        const TimePoint begin = monotonic_now();
        for (int i = 0; i < 64; ++i) {
            next();
        }
        expect("submissions to be acknowledged", [&] { return done == all; });
        return all / (monotonic_now() - begin).seconds();
    }

    void submit_commands() {
        const double rate = submit_many("command", arguments_.submissions);
        std::printf("%.0f submissions a second, each acknowledged when it is on disk (%d)\n", rate,
                    arguments_.submissions);
    }

    // The list that dashboards and exporters ask for, with all that was submitted: the whole, which
    // is the baseline, and the parts that a page shows.
    void list_applications() {
        const std::string path = "/ws/v1/cluster/apps";
        const Listing whole = print_listing(path, nullptr);
        print_listing(path + "?states=FINISHED,FAILED&limit=50", &whole);
        print_listing(path + "?limit=50&page=3&sort=startedTime", &whole);
        print_listing(path + "?limit=50&fields=id,state,queue", &whole);
    }

    Listing print_listing(const std::string& target, const Listing* whole) {
        const Listing listing = fetch_listing(loop_, manager_, target);
        std::printf("%s with %d applications: first byte after %.1f ms, all %.0f KiB after %.1f ms",
                    target.c_str(), arguments_.submissions, ms(listing.first.microseconds),
                    static_cast<double>(listing.bytes) / 1024, ms(listing.all.microseconds));
        if (whole != nullptr) {
            std::printf("; the whole list takes %.1f times as long",
                        ms(whole->all.microseconds) / ms(listing.all.microseconds));
        }
        std::printf("\n");
        return listing;
    }

    void submit_masters() {
        submit_many("master", arguments_.applications);
        expect("masters to register", [this] {
            return stage_.masters_welcome == static_cast<std::size_t>(arguments_.applications);
        });
        for (auto& [attempt, master] : stage_.masters) {
            masters_.push_back(master.get());
        }
    }

    // Slots that masters do not take, in equal parts.
    std::int32_t fair_part() const {
        return (arguments_.agents * arguments_.slots - arguments_.applications) /
               arguments_.applications;
    }

    void ask_all(std::int32_t count) {
        for (Master* master : masters_) {
            master->ask(1, count);
        }
    }

    void run_for(Duration time) {
        until(loop_, time, [] { return false; });
    }

    void measure_allocations() {
        ask_all(fair_part());
        run_for(milliseconds(300));
        const std::int64_t before = stage_.starts;
        const double cpu = manager_.cpu_seconds();
        const TimePoint begin = monotonic_now();
        run_for(seconds(arguments_.seconds));
        const double took = (monotonic_now() - begin).seconds();
        const auto made = static_cast<double>(stage_.starts - before);
        std::printf(
            "%.0f allocations a second: start order, end, news, confirmation, next start, all "
            "over sockets; %.1f us of the manager's processor each (%.1f processors)\n",
            made / took, (manager_.cpu_seconds() - cpu) / made * 1e6,
            (manager_.cpu_seconds() - cpu) / took);
        CHECK(made > 0);
        ask_all(0);
        run_for(milliseconds(500));
    }

    // Containers live as long as gives the wanted rate of ends; twice as many are wanted as fit.
    void measure_slots() {
        stage_.life_min = milliseconds(1);
        stage_.life_max = milliseconds(std::max<std::int64_t>(
            2, 2000LL * arguments_.agents * arguments_.slots / arguments_.rate));
        ask_all(2 * fair_part());
        run_for(seconds(2));
        stage_.full = true;
        const std::int64_t before = stage_.starts;
        run_for(seconds(arguments_.seconds));
        const auto rate = static_cast<double>(stage_.starts - before) / arguments_.seconds;
        stage_.full = false;
        auto& idle = stage_.slot_idle;
        const std::int64_t p50 = percentile(idle, 50);
        std::printf(
            "a freed slot is idle from the report of the end to the next start order: p50 %.2f ms, "
            "p99 %.2f ms (%zu, at %.0f a second, the cluster full); a heartbeat of 1 s alone: "
            "%.0f ms, ratio %.0f\n",
            ms(p50), ms(percentile(idle, 99)), idle.size(), rate, kHeartbeatIdleMs,
            p50 == 0 ? 0 : kHeartbeatIdleMs / ms(p50));
        CHECK(!idle.empty());
        std::printf("the manager takes %.0f MiB with %d agents and %d containers\n",
                    static_cast<double>(manager_.resident_kib()) / 1024, arguments_.agents,
                    arguments_.agents * arguments_.slots);
        ask_all(fair_part() * 8 / 10);
        run_for(seconds(3));
        const std::int64_t quiet = probe_asks("");
        probe_beside_a_loud_one(quiet);
    }

    // What an application that says the same thing thousands of times a second costs the others.
    void probe_beside_a_loud_one(std::int64_t quiet) {
        Master& loud = *masters_.back();
        bool over = false;
        std::int64_t said = 0;
        std::function<void()> shout = [&] {
            for (int i = 0; i < kShoutsPerMs && !over; ++i) {
                loud.ask(1, fair_part() * 8 / 10);
                ++said;
            }
            if (!over) {
                loop_.post_after(milliseconds(1), [&] { shout(); });
            }
        };
        const TimePoint begin = monotonic_now();
        shout();
        const std::int64_t beside = probe_asks(", beside a master that repeats its asks");
        over = true;
        std::printf("%.0f updates a second of that one; the others wait %.2f times as long\n",
                    static_cast<double>(said) / (monotonic_now() - begin).seconds(),
                    quiet == 0 ? 0 : static_cast<double>(beside) / static_cast<double>(quiet));
        run_for(milliseconds(50));
    }

    // One master asks for one container after the other while the others' end and are replaced. The
    // median.
    std::int64_t probe_asks(const char* when) {
        std::vector<std::int64_t> latency;
        Master& prober = *masters_.front();
        std::int32_t id = 2;
        TimePoint asked = monotonic_now();
        prober.on_granted = [&](const Grant& grant) {
            if (grant.key.ask != id) {
                return;
            }
            latency.push_back((monotonic_now() - asked).microseconds);
            loop_.post_after(milliseconds(2), [&] {
                prober.ask(id, 0);
                asked = monotonic_now();
                prober.ask(++id, 1);
            });
        };
        prober.ask(id, 1);
        run_for(seconds(arguments_.seconds));
        prober.on_granted = [](const Grant&) {};
        run_for(milliseconds(10));
        prober.ask(id, 0);
        const std::int64_t p50 = percentile(latency, 50);
        std::printf("an ask is granted, master to master%s: p50 %.2f ms, p99 %.2f ms (%zu)\n", when,
                    ms(p50), ms(percentile(latency, 99)), latency.size());
        CHECK(!latency.empty());
        return p50;
    }

    void measure_restart() {
        ask_all(2 * fair_part());
        run_for(seconds(1));
        manager_.kill();
        const std::int64_t epoch = stage_.epoch;
        const TimePoint begin = monotonic_now();
        manager_.start();
        expect("the restarted manager to allocate", [&] { return stage_.epoch > epoch; });
        std::printf(
            "restart after a kill, with %d agents, %d applications on record and %d containers: "
            "allocating again %.2f s after the start of the process\n",
            arguments_.agents, arguments_.applications + arguments_.submissions,
            arguments_.agents * arguments_.slots, (stage_.epoch_began - begin).seconds());
    }

    Arguments arguments_;
    ManagerProcess manager_;
    net::EventLoop loop_;
    Stage stage_;
    std::vector<std::unique_ptr<Agent>> agents_;
    std::vector<Master*> masters_;
    std::map<std::uint64_t, net::HttpExchangePtr> exchanges_;
    std::uint64_t exchange_ = 0;
};

int usage(const std::string& what) {
    std::fprintf(stderr,
                 "load_bench: %s\nusage: load_bench PATH-OF-RESOURCEMANAGER [--agents N] "
                 "[--seconds S] [--applications N] [--submissions N] [--slots N] [--rate N]\n",
                 what.c_str());
    return 2;
}

// As many descriptors as are allowed, for this process and the manager, which inherits it.
void raise_descriptor_limit() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace heddle::bench

int main(int argc, char** argv) {
    using namespace heddle::bench;
    Arguments arguments;
    if (argc < 2 || argc % 2 != 0 || argv[1][0] == '-') {
        return usage("the program and pairs of options and numbers are expected");
    }
    arguments.program = argv[1];
    if (access(argv[1], X_OK) != 0) {
        return usage(std::string("cannot run ") + argv[1] + ": " + strerror(errno));
    }
    for (int i = 2; i < argc; i += 2) {
        const std::string name = argv[i];
        const int value = std::atoi(argv[i + 1]);
        int* into = name == "--agents"         ? &arguments.agents
                    : name == "--seconds"      ? &arguments.seconds
                    : name == "--applications" ? &arguments.applications
                    : name == "--submissions"  ? &arguments.submissions
                    : name == "--slots"        ? &arguments.slots
                    : name == "--rate"         ? &arguments.rate
                                               : nullptr;
        if (into == nullptr || value < 1) {
            return usage("unknown option, or no number from 1: " + name + " " + argv[i + 1]);
        }
        *into = value;
    }
    if (arguments.agents > kAgentsMax) {
        return usage("at most " + std::to_string(kAgentsMax) + " agents come from one address");
    }
    heddle::log::init("load_bench", heddle::log::Level::Error);
    raise_descriptor_limit();
    setvbuf(stdout, nullptr, _IOLBF, 0);
    Load(arguments).run();
    return 0;
}
