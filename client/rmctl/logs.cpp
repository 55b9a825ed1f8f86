#include "client/rmctl/logs.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "client/rmctl/answers.h"
#include "client/rmctl/apps.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/interrupt.h"
#include "client/rmctl/output.h"
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

Status print_logs(Server& server, const std::string& container, const LogOptions& what,
                  bool with_titles) {
    std::vector<std::string> files = {what.file};
    if (what.file.empty()) {
        TRY(const std::string body,
            server.get(logs_target(container), "logs of container " + container));
        TRY(files, read_log_files(body));
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

Result<int> follow(const Options& options, Server& server, const std::string& application) {
    std::string followed;
    std::unique_ptr<LogFollower> follower;
    TRY(const ApplicationAnswer end,
        wait_for_application(server, application, {}, [&](const ApplicationAnswer& app) {
            if (app.master_container.empty() || app.master_container == followed) {
                return;
            }
            followed = app.master_container;
            follower = std::make_unique<LogFollower>(server, followed, [] {});
        }));
    if (follower != nullptr) {
        follower->finish(5);
    }
    hint(options, application + " is over: " + end.final_status);
    return exit_code_of(end);
}

}  // namespace

Result<int> app_logs(const Options& options, const LogOptions& what) {
    TRY(Server server, Server::find(options));
    std::vector<std::string> containers = {what.container};
    if (what.container.empty()) {
        TRY(const std::string application, resolve_application(server, what.application));
        if (what.follow) {
            return follow(options, server, application);
        }
        TRY(containers, containers_of(server, application));
    }
    if (containers.empty()) {
        hint(options, "No container of " + what.application + " has started");
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

LogFollower::LogFollower(const Server& like, std::string container,
                         std::function<void()> before_output)
    : container_(std::move(container)), before_output_(std::move(before_output)) {
    for (std::FILE* to : {stdout, stderr}) {
        auto server = Server::at(like.address(), like.token_file());
        if (!server) {
            --running_;
            continue;
        }
        servers_.push_back(std::make_unique<Server>(std::move(server).value()));
        threads_.emplace_back([this, to, own = servers_.back().get()] {
            copy(*own, to == stdout ? "stdout" : "stderr", to);
        });
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

void LogFollower::finish(int seconds) {
    for (int waited = 0; running_ > 0 && waited < seconds * 100 && !interrupted(); ++waited) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

// A container that has only been granted has no log yet, and a manager may restart: both pass.
void LogFollower::copy(Server& server, const std::string& file, std::FILE* to) {
    unsigned long long offset = 0;
    for (int failures = 0; !stop_ && failures < kFollowTries; ++failures) {
        const Status done = server.stream(
            file_target(container_, file) + "?follow=true&offset=" + std::to_string(offset),
            "log " + file, [&](std::string_view bytes) {
                const std::lock_guard lock(output_);
                before_output_();
                std::fwrite(bytes.data(), 1, bytes.size(), to);
                std::fflush(to);
                offset += bytes.size();
                return !stop_;
            });
        if (done.ok() || stop_) {
            break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    --running_;
}

}  // namespace heddle::rmctl
