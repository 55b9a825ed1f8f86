#pragma once

// rmctl submit: a program or command becomes an application.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/rmctl/answers.h"
#include "client/rmctl/options.h"
#include "common/base/result.h"
#include "common/base/time.h"

namespace heddle::rmctl {

struct SubmitOptions {
    std::vector<std::string> command;  // program and its arguments
    std::string kind;                  // "rdd", "master", "command"; empty: by the program
    std::string name;                  // empty: the program's file name
    std::string queue;
    std::string deploy_mode = "cluster";
    std::string master;           // Spark's --master, which means nothing here
    std::string driver_memory;    // "1g"; empty: the default
    std::string executor_memory;  // passed to the driver
    int driver_cores = 1;
    std::vector<std::string> resources;  // "gpu=1"
    int executor_cores = 0;              // 0: the driver's default
    int executors = 0;
    int attempts_max = 0;  // 0: the server's default
    int priority = 0;
    std::vector<std::string> environment;  // "K=V"
    std::vector<std::string> settings;     // "key=value"
    std::vector<std::string> files;        // uploaded beside the program; "path" or "path#name"
    std::vector<std::string> tags;
    std::string type;          // empty: the one of its kind
    std::string label;         // of nodes, for all its containers
    std::string master_label;  // for its master's alone
    std::optional<Duration> lifetime;
    std::optional<Duration> pending_limit;
    std::optional<Duration> failures_validity;
    bool keep_containers = false;
    std::string master_blacklist;  // "on", "off"; empty: the server's default
    std::optional<double> master_blacklist_below;
    std::string viewers;     // "alice,bob ops", "*"
    std::string modifiers;   // the same
    bool unmanaged = false;  // its master runs outside of the cluster; nothing is started
    bool wait = false;
    bool follow = false;  // implies wait
    Duration timeout;     // of the wait; zero: none
};

/// What a line that rewrites itself says of an application: "0001 RUNNING · stage 7 12/16
/// sort_by_key · 5 stages done". The id is short, since the whole one has been printed.
std::string progress_text(const ApplicationAnswer& application,
                          const std::vector<StageAnswer>& stages);

/// Errors: InvalidArgument for a pair of --conf that is not KEY=VALUE, or whose key is nearly one
/// of ours: better now than after the upload.
Status check_settings(const std::vector<std::string>& pairs);

/// Exit code: with --wait or --follow, 0 when the application succeeded and 1 when not.
Result<int> submit(const Options& options, const SubmitOptions& what);

}  // namespace heddle::rmctl
