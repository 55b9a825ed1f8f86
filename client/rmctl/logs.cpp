#include "client/rmctl/logs.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "client/rmctl/answers.h"
#include "client/rmctl/apps.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/interrupt.h"
#include "client/rmctl/output.h"
#include "common/base/ids.h"
#include "common/base/time.h"
#include "common/net/http_message.h"

namespace heddle::rmctl {
namespace {

constexpr int kFollowTries = 100;  // 100 ms apart

std::string logs_target(const std::string& container) {
    return "/heddle/v1/containers/" + net::percent_encode(container) + "/logs";
}

std::string file_target(const std::string& container, const std::string& file) {
    return logs_target(container) + "/" + net::percent_encode(file);
}

// Containers of all attempts, the master's first in each; those that are gone from the list of the
// running ones are found through the attempts.
Result<std::vector<std::string>> containers_of(Server& server, const std::string& application) {
    const std::string root = "/ws/v1/cluster/apps/" + net::percent_encode(application);
    TRY(const std::string body, server.get(root + "/appattempts", "attempts of " + application));
    TRY(const auto attempts, read_attempts(body));
    std::vector<std::string> found;
    for (const AttemptAnswer& attempt : attempts) {
        if (!attempt.container.empty()) {
            found.push_back(attempt.container);
        }
        const auto listed =
            server.get(root + "/appattempts/" + net::percent_encode(attempt.id) + "/containers",
                       "containers of " + attempt.id);
        if (!listed) {
            continue;
        }
        TRY(const auto containers, read_containers(*listed));
        for (const ContainerAnswer& container : containers) {
            if (std::find(found.begin(), found.end(), container.id) == found.end()) {
                found.push_back(container.id);
            }
        }
    }
    return found;
}

Result<std::vector<LogFileAnswer>> files_of(Server& server, const std::string& container) {
    TRY(const std::string body,
        server.get(logs_target(container), "logs of container " + container));
    return read_log_files(body);
}

Status print_logs(Server& server, const std::string& container, const LogOptions& what,
                  bool with_titles) {
    std::vector<std::string> files = {what.file};
    if (what.file.empty()) {
        files.clear();
        TRY(const auto listed, files_of(server, container));
        for (const LogFileAnswer& file : listed) {
            files.push_back(file.name);
        }
    }
    for (const std::string& file : files) {
        std::string target = file_target(container, file);
        if (what.tail > 0) {
            target += "?tail=" + std::to_string(what.tail);
        }
        bool titled = !with_titles;
        TRY(server.stream(target, "log " + file + " of container " + container,
                          [&](std::string_view bytes) {
                              if (!titled) {
                                  print("==> " + container + " " + file + " <==\n");
                                  titled = true;
                              }
                              print(bytes);
                              return !interrupted();
                          }));
    }
    return {};
}

// What to follow: the one file, or both streams; with --tail from near the end of what is there. A
// file that is not there yet is followed from its beginning.
std::vector<FollowedFile> files_to_follow(Server& server, const std::string& container,
                                          const LogOptions& what) {
    std::vector<FollowedFile> files = standard_streams();
    if (!what.file.empty()) {
        files = {{what.file, stdout, 0}};
    }
    if (what.tail > 0) {
        const auto listed = files_of(server, container);
        for (const LogFileAnswer& there : listed.ok() ? *listed : std::vector<LogFileAnswer>{}) {
            for (FollowedFile& file : files) {
                if (file.name == there.name) {
                    file.offset = static_cast<std::uint64_t>(std::max(0LL, there.size - what.tail));
                }
            }
        }
    }
    return files;
}

Result<int> follow_container(Server& server, const LogOptions& what) {
    LogFollower follower(server, what.container, files_to_follow(server, what.container, what),
                         [] {});
    TRY(follower.finish(0));
    return interrupted() ? kExitInterrupted : kExitDone;
}

// The master's container of each attempt in turn: with a driver or a command that is the output
// people mean. Says so when there are others, since theirs is not shown.
Result<int> follow_master(const Options& options, Server& server, const std::string& application,
                          const LogOptions& what) {
    std::string followed;
    std::unique_ptr<LogFollower> follower;
    bool told = false;
    TRY(const ApplicationAnswer end,
        wait_for_application(server, application, {}, [&](const ApplicationAnswer& app) {
            if (!app.master_container.empty() && app.master_container != followed) {
                followed = app.master_container;
                follower.reset();
                follower = std::make_unique<LogFollower>(
                    server, followed, files_to_follow(server, followed, what), [] {});
                told = false;
            }
            if (!told && app.running_containers > 1) {
                told = true;
                hint(options, "Following " + followed + ", the master; one of the others: -f " +
                                  "--container ID, all of them so far: without -f");
            }
        }));
    if (follower != nullptr) {
        const Status copied = follower->finish(5);
        // A container that never started has no streams, and the application's end says why.
        if (!copied && !what.file.empty()) {
            return copied.error();
        }
    }
    hint(options, application + " is over: " + end.final_status);
    return exit_code_of(end);
}

}  // namespace

Status check_container(const std::string& application, const std::string& container) {
    TRY(const ContainerId id, parse_container_id(container));
    const std::string owner = to_string(id.attempt.application);
    if (owner == application) {
        return {};
    }
    return Error{ErrorCode::NotFound,
                 "container " + container + " is of " + owner + ", not of " + application};
}

std::vector<FollowedFile> standard_streams() {
    return {{"stdout", stdout, 0}, {"stderr", stderr, 0}};
}

Result<int> app_logs(const Options& options, const LogOptions& what) {
    TRY(Server server, Server::find(options));
    TRY(const std::string application, resolve_application(server, what.application));
    if (!what.container.empty()) {
        TRY(check_container(application, what.container));
    }
    if (what.follow) {
        return what.container.empty() ? follow_master(options, server, application, what)
                                      : follow_container(server, what);
    }
    std::vector<std::string> containers = {what.container};
    if (what.container.empty()) {
        TRY(containers, containers_of(server, application));
    }
    if (containers.empty()) {
        hint(options, "No container of " + application + " has started");
    }
    Status last;
    bool printed = false;
    for (const std::string& container : containers) {
        last = print_logs(server, container, what, containers.size() > 1 || what.file.empty());
        printed = printed || last.ok();
        if (!last && containers.size() > 1) {
            say("warning: " + last.error().message);
        }
    }
    if (!printed && !last) {
        return last.error();
    }
    return kExitDone;
}

LogFollower::LogFollower(const Server& like, std::string container, std::vector<FollowedFile> files,
                         std::function<void()> before_output)
    : container_(std::move(container)), before_output_(std::move(before_output)) {
    for (FollowedFile& file : files) {
        auto server = Server::at(like.address(), like.token_file());
        if (!server) {
            const std::lock_guard lock(output_);
            failed_ = server.error();
            continue;
        }
        ++running_;
        servers_.push_back(std::make_unique<Server>(std::move(server).value()));
        threads_.emplace_back(
            [this, file = std::move(file), own = servers_.back().get()] { copy(*own, file); });
    }
}

LogFollower::~LogFollower() {
    stop_ = true;
    for (const auto& server : servers_) {
        server->cancel();
    }
    for (std::thread& thread : threads_) {
        thread.join();
    }
}

Status LogFollower::finish(int silence) {
    std::uint64_t before = copied_;
    for (int quiet = 0; running_ > 0 && !interrupted(); ++quiet) {
        if (copied_ != before) {
            before = copied_;
            quiet = 0;
        }
        if (silence > 0 && quiet > silence * 100) {
            return {};
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    const std::lock_guard lock(output_);
    return running_ > 0 ? Status() : failed_;
}

// A container that has only been granted has no log yet, and a manager may restart: both pass.
void LogFollower::copy(Server& server, FollowedFile file) {
    Status done;
    for (int failures = 0; !stop_ && failures < kFollowTries; ++failures) {
        done = server.stream(file_target(container_, file.name) +
                                 "?follow=true&offset=" + std::to_string(file.offset),
                             "log " + file.name + " of container " + container_,
                             [&](std::string_view bytes) {
                                 const std::lock_guard lock(output_);
                                 before_output_();
                                 write_text(file.to, bytes);
                                 file.offset += bytes.size();
                                 copied_ += bytes.size();
                                 failures = 0;
                                 return !stop_;
                             });
        if (done.ok() || stop_) {
            break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    if (!done && !stop_) {
        const std::lock_guard lock(output_);
        failed_ = done;
    }
    --running_;
}

}  // namespace heddle::rmctl
