#pragma once

// The tree of commands: nouns, verbs and flags, and what each of them does when it is called. `App`
// is the parser's type of a command; the sources instantiate what is declared here for it.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/rmctl/apps.h"
#include "client/rmctl/attributes.h"
#include "client/rmctl/config.h"
#include "client/rmctl/dev.h"
#include "client/rmctl/logs.h"
#include "client/rmctl/nodes.h"
#include "client/rmctl/operator.h"
#include "client/rmctl/options.h"
#include "client/rmctl/submit.h"
#include "common/base/result.h"

namespace heddle::rmctl {

// Everything that flags write to, for the life of one command.
struct Values {
    Options options;
    std::string output = "table";
    AppListOptions apps;
    LogOptions logs;
    SubmitOptions submit;
    ConfigOptions config;
    DevOptions dev;
    std::string timeout;
    std::string id;
    std::string shell;
    NodeSize node_size;
    AttributeChange attributes;
    std::string to;  // what an application, a container is given
    int priority = 0;
    std::optional<int> ask;
    std::string reason;
    int limit = 0;
    std::string type;
    bool shared = false;
    bool administer = false;
    std::vector<std::string> ids;
    std::vector<std::string> states;
    std::function<Result<int>()> action;
};

/// All commands below `root`. Parsing sets `action` to the one that was named.
template <typename App>
void build(App& root, Values& values);

/// "app list" for that command, empty for the whole.
template <typename App>
std::string path_of(const App* command);

// For the parts of the tree.

constexpr long long kNoLimit = 2'147'483'647;
template <typename Validator>
Validator whole_number(long long least, long long most);
/// One of `words`.
template <typename Validator>
Validator one_of(std::vector<std::string> words);
/// A command that has only others below it.
template <typename App>
App* noun(App& root, const char* name, const char* help);
template <typename App>
void run_by(App* command, Values& values, std::function<Result<int>()> action);

template <typename App>
void add_submit(App& root, Values& values);
template <typename App>
void add_apps(App& root, Values& values);
template <typename App>
void add_cluster(App& root, Values& values);
template <typename App>
void add_config(App& root, Values& values);

}  // namespace heddle::rmctl
