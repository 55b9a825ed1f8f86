// Commands about nodes, queues and what operators do, and about the scheduler's configuration.

#include <CLI/CLI.hpp>
#include <tuple>

#include "client/rmctl/cluster.h"
#include "client/rmctl/command_tree.h"
#include "client/rmctl/queues.h"

namespace heddle::rmctl {
namespace {

void add_node_decisions(CLI::App* node, Values& values) {
    CLI::App* drain = node->add_subcommand(
        "drain", "Give it nothing new, and decommission it when nothing runs on it any more");
    drain->add_option("id", values.id, "id or name")->required();
    drain->add_option("--timeout", values.timeout,
                      "stop what still runs after this, for example 10m");
    run_by(drain, values,
           [&values] { return node_drain(values.options, values.id, values.timeout); });
    CLI::App* back = node->add_subcommand("recommission", "Take a drained node into service again");
    back->add_option("id", values.id, "id or name")->required();
    run_by(back, values, [&values] { return node_recommission(values.options, values.id); });
    CLI::App* label = node->add_subcommand("label", "Change its label, whatever its own file says");
    label->add_option("id", values.id, "id or name")->required();
    label->add_option("label", values.to, "label; left out: none");
    run_by(label, values, [&values] { return node_label(values.options, values.id, values.to); });
    CLI::App* size =
        node->add_subcommand("update-resource", "Change what it has, whatever its own file says");
    size->add_option("id", values.id, "id or name")->required();
    size->add_option("amount", values.node_size.amount,
                     "memory=8192,vcores=4,gpu=2 (what is left out stays), or the memory in MiB")
        ->required();
    size->add_option("vcores", values.node_size.vcores, "after the memory: number of vcores");
    size->add_option("--timeout", values.node_size.timeout,
                     "stop the newest of what is too much after this, for example 10m; left out: "
                     "never");
    run_by(size, values,
           [&values] { return node_update_resource(values.options, values.id, values.node_size); });
}

void add_node_attributes(CLI::App* node, Values& values) {
    CLI::App* attribute = noun(*node, "attribute", "Attributes that constraints look at");
    CLI::App* list = attribute->add_subcommand("list", "List who has which");
    list->add_option("node", values.ids, "only of these nodes");
    list->add_option("--attribute", values.states,
                     "only these, comma separated: os, rm.yarn.io/os, os=linux")
        ->delimiter(',');
    run_by(list, values,
           [&values] { return node_attribute_list(values.options, values.ids, values.states); });
    constexpr std::tuple<const char*, const char*, const char*> kVerbs[] = {
        {"replace", "Set these for a node, and no others",
         "NODE:NAME=VALUE,NAME=VALUE; NODE: for none"},
        {"add", "Set these for a node beside those it has", "NODE:NAME=VALUE,NAME=VALUE"},
        {"remove", "Take these from a node", "NODE:NAME,NAME"}};
    for (const auto& [verb, help, form] : kVerbs) {
        CLI::App* change = attribute->add_subcommand(verb, help);
        change->add_option("mapping", values.attributes.mappings, form)->required();
        change->add_flag("--leave-out-unknown", values.attributes.leave_out_unknown,
                         "go on without nodes that the manager does not know");
        run_by(change, values, [&values, verb = std::string(verb)] {
            values.attributes.operation = verb;
            return node_attribute_change(values.options, values.attributes);
        });
    }
}

void add_nodes_and_queues(CLI::App& root, Values& values) {
    CLI::App* node = noun(root, "node", "Nodes");
    CLI::App* list = node->add_subcommand("list", "List nodes in all states");
    list->add_option("--state", values.states, "only these states, comma separated")
        ->delimiter(',');
    run_by(list, values, [&values] { return node_list(values.options, values.states); });
    CLI::App* get = node->add_subcommand("get", "Show one node");
    get->add_option("id", values.id, "id or name")->required();
    run_by(get, values, [&values] { return node_get(values.options, values.id); });
    add_node_decisions(node, values);
    add_node_attributes(node, values);

    CLI::App* queue = noun(root, "queue", "Queues");
    CLI::App* queues = queue->add_subcommand("list", "List queues");
    run_by(queues, values, [&values] { return queue_list(values.options); });
    CLI::App* one =
        queue->add_subcommand("get", "Show one queue: limits, users, labels, access lists");
    one->add_option("queue", values.id, "path, or unique last name")->required();
    run_by(one, values, [&values] { return queue_get(values.options, values.id); });
    constexpr std::tuple<const char*, const char*, const char*> kStates[] = {
        {"stop", "stopped", "Take no applications, also below it, until it is started"},
        {"drain", "draining", "Take no new ones and serve those it has"},
        {"start", "running", "Take applications again"}};
    for (const auto& [verb, state, help] : kStates) {
        CLI::App* change = queue->add_subcommand(verb, help);
        change->add_option("queue", values.id, "path, or unique last name")->required();
        run_by(change, values, [&values, state = std::string(state)] {
            return queue_state(values.options, values.id, state);
        });
    }
}

void add_operator(CLI::App& root, Values& values) {
    CLI::App* reservations = noun(root, "reservation", "Room that is held for asks that wait");
    CLI::App* held = reservations->add_subcommand("list", "List it, and gangs that gather");
    run_by(held, values, [&values] { return reservation_list(values.options); });
    CLI::App* preemptions = noun(root, "preemption", "What was taken back from queues");
    CLI::App* taken = preemptions->add_subcommand("list", "List it, the newest first");
    run_by(taken, values, [&values] { return preemption_list(values.options); });

    CLI::App* label = noun(root, "label", "Labels that nodes may have");
    CLI::App* labels = label->add_subcommand("list", "List labels, and what their nodes have");
    run_by(labels, values, [&values] { return label_list(values.options); });
    CLI::App* add = label->add_subcommand("add", "Add labels to the scheduler's configuration");
    add->add_option("label", values.ids, "names")->required();
    add->add_flag("--shared", values.shared, "asks without a label may use its nodes as well");
    run_by(add, values, [&values] { return label_add(values.options, values.ids, values.shared); });
    CLI::App* remove = label->add_subcommand("remove", "Remove labels from it");
    remove->add_option("label", values.ids, "names")->required();
    run_by(remove, values, [&values] { return label_remove(values.options, values.ids); });

    CLI::App* asked = label->add_subcommand(
        "refresh", "Have the program asked anew that says which labels nodes have");
    run_by(asked, values, [&values] { return label_refresh(values.options); });

    CLI::App* user = noun(root, "user", "Users");
    CLI::App* groups = user->add_subcommand("groups", "Print a user's groups, the primary first");
    groups->add_option("user", values.id, "name")->required();
    run_by(groups, values, [&values] { return user_groups(values.options, values.id); });
    CLI::App* whoami = user->add_subcommand("whoami", "Print who you are to the manager");
    run_by(whoami, values, [&values] { return user_whoami(values.options); });
    CLI::App* refresh =
        user->add_subcommand("refresh-groups", "Have the system asked anew who is in which group");
    run_by(refresh, values, [&values] { return user_refresh_groups(values.options); });

    CLI::App* topology = root.get_subcommand("node")->add_subcommand(
        "refresh-topology", "Have file or script asked anew where nodes stand");
    run_by(topology, values, [&values] { return node_refresh_topology(values.options); });
    CLI::App* access = root.get_subcommand("queue")->add_subcommand(
        "access", "Say whether a user may submit to a queue; exit code 4: no");
    access->add_option("queue", values.id, "path, or unique last name")->required();
    access->add_option("--user", values.to, "the user (you)");
    access->add_flag("--administer", values.administer, "administer it instead");
    run_by(access, values, [&values] {
        return queue_access(values.options, values.id, values.to, values.administer);
    });
}

void add_figures(CLI::App& root, Values& values) {
    CLI::App* cluster = noun(root, "cluster", "The cluster as a whole");
    CLI::App* info = cluster->add_subcommand("info", "Its id, age and version");
    run_by(info, values, [&values] { return cluster_info(values.options); });
    CLI::App* metrics = cluster->add_subcommand("metrics", "What it has, promises and uses");
    run_by(metrics, values, [&values] { return cluster_metrics(values.options); });
    CLI::App* counts =
        cluster->add_subcommand("appstatistics", "How many applications are in which state");
    counts->add_option("--state", values.states, "only these states, comma separated")
        ->delimiter(',');
    counts->add_option("--type", values.type, "only of this type");
    run_by(counts, values,
           [&values] { return cluster_appstatistics(values.options, values.states, values.type); });
    CLI::App* scheduler = noun(root, "scheduler", "The scheduler");
    CLI::App* written =
        scheduler->add_subcommand("log", "Have every decision written down for a while");
    written->add_option("time", values.to, "how long, from 1s to 1h")->required();
    run_by(written, values, [&values] { return scheduler_log(values.options, values.to); });
}

}  // namespace

template <typename App>
void add_cluster(App& root, Values& values) {
    add_figures(root, values);
    add_nodes_and_queues(root, values);
    add_operator(root, values);
}

template <typename App>
void add_config(App& root, Values& values) {
    CLI::App* config = noun(root, "config", "The scheduler's configuration: queues, limits, rules");
    ConfigOptions& asked = values.config;
    CLI::App* show = config->add_subcommand("show", "Print it as TOML");
    show->add_option("--version", asked.version, "an earlier version");
    run_by(show, values, [&values] { return config_show(values.options, values.config); });
    CLI::App* validate = config->add_subcommand("validate", "Check a file; no server is asked");
    validate->add_option("file", asked.file, "scheduler.toml")->required();
    run_by(validate, values, [&values] { return config_validate(values.options, values.config); });
    CLI::App* apply = config->add_subcommand("apply", "Let a file hold, all of it or nothing");
    apply->add_option("file", asked.file, "scheduler.toml")->required();
    apply->add_flag("--dry-run", asked.dry_run, "show what would change, and change nothing");
    apply->add_option("--expected-version", asked.version, "only if this version holds now");
    apply->add_option("--note", asked.note, "why, for the history");
    run_by(apply, values, [&values] { return config_apply(values.options, values.config); });
    CLI::App* diff = config->add_subcommand("diff", "What changed from one version to another");
    diff->add_option("from", asked.from, "version (the one before)");
    diff->add_option("to", asked.version, "version (the present one)");
    run_by(diff, values, [&values] { return config_diff(values.options, values.config); });
    CLI::App* history = config->add_subcommand("history", "List the versions");
    run_by(history, values, [&values] { return config_history(values.options); });
    CLI::App* rollback = config->add_subcommand("rollback", "Let an earlier version hold again");
    rollback->add_option("version", asked.version, "version")->required();
    run_by(rollback, values, [&values] { return config_rollback(values.options, values.config); });
    CLI::App* version = config->add_subcommand("version", "Print the number of the version");
    run_by(version, values, [&values] { return config_version(values.options); });
    CLI::App* reset =
        config->add_subcommand("reset", "Let what the manager's file says hold again");
    run_by(reset, values, [&values] { return config_reset(values.options); });
    CLI::App* migrate = config->add_subcommand(
        "migrate", "Print a capacity-scheduler.xml as scheduler.toml; no server is asked");
    migrate->add_option("file", asked.file, "capacity-scheduler.xml")->required();
    run_by(migrate, values, [&values] { return config_migrate(values.options, values.config); });
}

template void add_cluster(CLI::App& root, Values& values);
template void add_config(CLI::App& root, Values& values);

}  // namespace heddle::rmctl
