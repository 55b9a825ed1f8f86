#include "client/rmctl/help.h"

#include <algorithm>
#include <iterator>

namespace heddle::rmctl {
namespace {

struct Page {
    std::string_view command;
    std::string_view examples;
};

constexpr Page kPages[] = {
    {"",
     "  rmctl dev up                                     a cluster on this machine\n"
     "  rmctl submit -- /bin/sleep 5                     run a command\n"
     "  rmctl submit --follow build/bin/word_count FILE  run a Heddle program and watch it\n"
     "  rmctl app list                                   what runs and what ran\n"
     "  rmctl app logs -f last                           output of the newest application\n"
     "  rmctl ui                                         the dashboard's address, for one sign-in\n"
     "  rmctl help app logs                              flags and examples of a command\n"},
    {"submit",
     "  rmctl submit -- /bin/sleep 5                       a command, started where it lies\n"
     "  rmctl submit --wait ./train.sh --epochs 3          a script: it travels, with its "
     "arguments\n"
     "  rmctl submit --follow --num-executors 3 --executor-memory 2g build/bin/word_count FILE\n"
     "  rmctl submit --memory 2g --resource gpu=1 --type TRAINING -- ./train.sh\n"
     "  rmctl submit --memory 2g --vcores 2 --label ssd --lifetime 1h -- ./crunch\n"
     "  rmctl submit --files model.bin,ref.csv#data.csv -- ./score data.csv\n"
     "  rmctl submit --conf executor.cores=2 --env DAY=2026-11-22 ./job\n"},
    {"app",
     "  rmctl app list\n"
     "  rmctl app logs -f last\n"},
    {"app list",
     "  rmctl app list --state RUNNING,ACCEPTED\n"
     "  rmctl app list --user ada --limit 20 -o wide\n"
     "  rmctl app list --finished-after 2h --final-status FAILED --sort -memorySeconds\n"
     "  rmctl app list --tag nightly --fields id,name,memorySeconds\n"
     "  rmctl app kill $(rmctl app list --queue root.etl --state RUNNING -o name)\n"},
    {"app get",
     "  rmctl app get last\n"
     "  rmctl app get nightly-counts -o json\n"},
    {"app explain",
     "  rmctl app explain last\n"
     "  rmctl app explain nightly-counts --ask 3\n"
     "  rmctl app explain nightly-counts -o json\n"},
    {"app waiting",
     "  rmctl app waiting\n"
     "  rmctl app waiting --reason QUEUE_LIMIT --limit 20\n"},
    {"cluster",
     "  rmctl cluster metrics\n"
     "  rmctl cluster appstatistics\n"},
    {"cluster info",
     "  rmctl cluster info\n"
     "  rmctl cluster info -o json\n"},
    {"cluster metrics", "  rmctl cluster metrics\n"},
    {"cluster appstatistics",
     "  rmctl cluster appstatistics\n"
     "  rmctl cluster appstatistics --state RUNNING,ACCEPTED --type COMMAND\n"},
    {"scheduler", "  rmctl scheduler log 60s\n"},
    {"scheduler log", "  rmctl scheduler log 60s\n"},
    {"app kill",
     "  rmctl app kill last\n"
     "  rmctl app kill application_1732459149000_0007 nightly-counts\n"},
    {"app move", "  rmctl app move last root.batch\n"},
    {"app update-priority", "  rmctl app update-priority nightly-counts 10\n"},
    {"app update-lifetime",
     "  rmctl app update-lifetime last 30m                  it is ended in half an hour\n"
     "  rmctl app update-lifetime last none\n"},
    {"container",
     "  rmctl container signal container_1732459149000_0007_01_000002 "
     "OUTPUT_THREAD_DUMP\n"},
    {"container signal",
     "  rmctl container signal container_1732459149000_0007_01_000002 OUTPUT_THREAD_DUMP\n"
     "  rmctl container signal container_1732459149000_0007_01_000002 GRACEFUL_SHUTDOWN\n"},
    {"container list", "  rmctl container list last\n"},
    {"attempt list", "  rmctl attempt list last\n"},
    {"attempt", "  rmctl attempt fail appattempt_1732459149000_0007_000001\n"},
    {"attempt fail", "  rmctl attempt fail appattempt_1732459149000_0007_000001\n"},
    {"app logs",
     "  rmctl app logs last                                       all files of all containers\n"
     "  rmctl app logs -f last                                    the master, while it runs\n"
     "  rmctl app logs -f last --file stderr --tail 4096\n"
     "  rmctl app logs last --container container_1732459149000_0007_01_000002\n"},
    {"node",
     "  rmctl node list\n"
     "  rmctl node get node-1\n"},
    {"node list",
     "  rmctl node list\n"
     "  rmctl node list --state LOST,UNHEALTHY -o wide\n"},
    {"node get",
     "  rmctl node get node-1\n"
     "  rmctl node get node-1 -o json\n"},
    {"node drain",
     "  rmctl node drain node-1                  what runs goes on to its end\n"
     "  rmctl node drain node-1 --timeout 10m    and after that it is stopped\n"},
    {"node recommission", "  rmctl node recommission node-1\n"},
    {"node label",
     "  rmctl node label node-1 ssd\n"
     "  rmctl node label node-1        no label\n"},
    {"node attribute",
     "  rmctl node attribute add node-1:os=linux,tier=gold node-2:os=linux\n"
     "  rmctl node attribute list --attribute os=linux\n"},
    {"node attribute list",
     "  rmctl node attribute list node-1\n"
     "  rmctl node attribute list --attribute os=linux -o name    which nodes have it\n"},
    {"node attribute replace",
     "  rmctl node attribute replace node-1:os=linux,tier=gold\n"
     "  rmctl node attribute replace node-1:                      none\n"},
    {"node attribute add",
     "  rmctl node attribute add node-1:os=linux,tier=gold node-2:os=linux\n"},
    {"node attribute remove", "  rmctl node attribute remove node-1:os,tier\n"},
    {"node update-resource",
     "  rmctl node update-resource node-1 memory=8192,vcores=8,gpu=2 --timeout 10m\n"
     "  rmctl node update-resource node-1 gpu=1          memory and vcores stay as they are\n"
     "  rmctl node update-resource node-1 8192 8\n"},
    {"node refresh-topology", "  rmctl node refresh-topology\n"},
    {"queue", "  rmctl queue list\n"},
    {"queue get",
     "  rmctl queue get root.etl\n"
     "  rmctl queue get etl -o json\n"},
    {"queue stop", "  rmctl queue stop root.etl\n"},
    {"queue drain", "  rmctl queue drain etl\n"},
    {"queue start", "  rmctl queue start etl\n"},
    {"queue access",
     "  rmctl queue access root.etl\n"
     "  rmctl queue access root.etl --user ada --administer\n"},
    {"reservation", "  rmctl reservation list\n"},
    {"reservation list",
     "  rmctl reservation list\n"
     "  rmctl reservation list -o json\n"},
    {"preemption", "  rmctl preemption list\n"},
    {"preemption list", "  rmctl preemption list -o wide\n"},
    {"label",
     "  rmctl label list\n"
     "  rmctl label add ssd\n"},
    {"label list", "  rmctl label list\n"},
    {"label add",
     "  rmctl label add ssd gpu\n"
     "  rmctl label add spare --shared\n"},
    {"label remove", "  rmctl label remove ssd\n"},
    {"label refresh", "  rmctl label refresh\n"},
    {"user", "  rmctl user groups ada\n"},
    {"user whoami", "  rmctl user whoami\n"},
    {"user groups", "  rmctl user groups ada\n"},
    {"user refresh-groups", "  rmctl user refresh-groups\n"},
    {"queue list",
     "  rmctl queue list\n"
     "  rmctl queue list -o name\n"},
    {"config",
     "  rmctl config show > scheduler.toml\n"
     "  rmctl config apply scheduler.toml --dry-run\n"},
    {"config show",
     "  rmctl config show\n"
     "  rmctl config show --version 3\n"},
    {"config validate", "  rmctl config validate scheduler.toml\n"},
    {"config apply",
     "  rmctl config apply scheduler.toml --dry-run\n"
     "  rmctl config apply scheduler.toml --note 'more for etl'\n"},
    {"config diff",
     "  rmctl config diff          what the last change was\n"
     "  rmctl config diff 3 5\n"},
    {"config history", "  rmctl config history\n"},
    {"config version", "  rmctl config version\n"},
    {"config reset",
     "  rmctl config reset         as a version of its own\n"
     "  rmctl config diff          and what that changed\n"},
    {"config rollback", "  rmctl config rollback 3\n"},
    {"config migrate",
     "  rmctl config migrate /etc/hadoop/conf/capacity-scheduler.xml > scheduler.toml\n"},
    {"dev",
     "  rmctl dev up\n"
     "  rmctl dev down\n"},
    {"dev up",
     "  rmctl dev up                                      three agents, dashboard on port 8088\n"
     "  rmctl dev up --port 0 --nodes 1 --dir /tmp/one    a second cluster beside it\n"},
    {"dev down",
     "  rmctl dev down\n"
     "  rmctl dev down --dir /tmp/one\n"},
    {"dev status",
     "  rmctl dev status\n"
     "  rmctl dev status -o json\n"},
    {"ui",
     "  rmctl ui\n"
     "  xdg-open \"$(rmctl ui -q)\"\n"},
    {"version",
     "  rmctl version\n"
     "  rmctl version --server 10.0.0.5:8088 -o json\n"},
    {"completion", "  source <(rmctl completion bash)\n"},
    {"help",
     "  rmctl help\n"
     "  rmctl help app logs\n"},
};

}  // namespace

std::string_view usage_of(std::string_view command) {
    return command == "submit" ? "[FLAGS] [--] PROGRAM [ARGS...]"
           : command == "help" ? "[COMMAND...]"
                               : "";
}

std::string_view examples_of(std::string_view command) {
    const auto* found = std::ranges::find(kPages, command, &Page::command);
    return found == std::end(kPages) ? std::string_view() : found->examples;
}

}  // namespace heddle::rmctl
