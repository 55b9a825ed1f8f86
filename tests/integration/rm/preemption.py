"""What is taken back from queues, over REST: nothing, and switched off unless it is configured; and of a container
that is really taken the whole record, the line in the log and the metric."""

from manager import Cluster, ask, expect, manager, wait_for
from master import Master

PATH = "/heddle/v1/preemptions"
CONFIGURATION = b"""
preemption.enabled = true
[queues."root.default"]
[queues."root.kept"]
preemption_disabled = true
"""
TAKING = b"""
preemption.enabled = true
preemption.interval = "200ms"
preemption.grace = "500ms"
preemption.dead_zone_percent = 0
preemption.round_percent_max = 100
[queues."root.default"]
[queues."root.owed"]
"""


def disabled(cluster):
    return [(one["queue"], one["preemptionDisabled"]) for one in cluster.get(PATH)["preemptions"]["queues"]]


def configure(cluster, configuration):
    status, answer = cluster.request("PUT", "/heddle/v1/scheduler-config", configuration,
                                     {"Content-Type": "application/toml"})
    expect(f"configuration: {answer}", status, 200)


def nothing_is_taken():
    with manager() as cluster:
        shown = cluster.get(PATH)["preemptions"]
        expect("taken and marked", (shown["taken"], shown["marked"]), ([], []))
        expect("switched off", disabled(cluster), [("root.default", True)])
        expect("sums", [(one["containers"], one["masters"], one["preempted"]["memory"]) for one in shown["queues"]],
               [(0, 0, 0)])
        configure(cluster, CONFIGURATION)
        wait_for("all but the one that keeps what it has",
                 lambda: disabled(cluster) == [("root.default", False), ("root.kept", True)])


def record_is_whole(cluster, victim, waiting):
    """Who lost what, why, and for whom."""
    shown = cluster.get(PATH)["preemptions"]
    record, = shown["taken"]
    expect("whose it was", (record["application"], record["number"], record["dryRun"], record["master"]),
           (victim, 1, False, False))
    expect("what and where", (record["size"]["memory"], record["size"]["vCores"], record["node"]), (1024, 1, "node-1"))
    expect("from", (record["from"]["queue"], record["from"]["used"]["memory"], record["from"]["guaranteed"]["memory"]),
           ("root.default", 1024, 1024))
    expect("to", (record["to"]["queue"], record["to"]["guaranteed"]["memory"]), ("root.owed", 1024))
    expect("for whom", (record["forApplication"], record["forAsk"], record["wanted"]["memory"]), (waiting, 0, 1024))
    expect("why", record["why"], "queue root.owed is owed the room")
    sums = {one["queue"]: (one["containers"], one["masters"], one["preempted"]["memory"]) for one in shown["queues"]}
    expect("sums", sums, {"root.default": (1, 0, 1024), "root.owed": (0, 0, 0)})
    return record


def it_shows_elsewhere(cluster, record, victim):
    app = cluster.app(victim)
    expect("of the application", (app["preemptedResourceMB"], app["numNonAMContainerPreempted"]), (1024, 1))
    line = next((line for line in (cluster.root / "log" / "resourcemanager.log").read_text().splitlines()
                 if "container preempted" in line), "")
    for part in (f"container={record['container']}", "from=root.default", "to=root.owed"):
        expect(f"{part} in the log's '{line}'", part in line, True)
    metrics = ask(cluster, "GET", "/metrics", cluster.token_file.read_text().strip())[2].decode()
    counted = [line for line in metrics.splitlines() if line.startswith("heddle_queue_preempted_total")]
    expect(f"metric in {counted}", [line.rsplit(" ", 1)[1] for line in counted if "root.default" in line], ["1"])
    health = cluster.get("/ws/v1/cluster/scheduler")["scheduler"]["schedulerInfo"]["health"]
    last = {one["operation"]: one for one in health["operationsInfo"]}["last-preemption"]
    expect("health", (last["containerId"], last["nodeId"], last["queue"]),
           (record["container"], "node-1", "root.default"))


def one_is_taken():
    with Cluster(nodes=1, memory=2048, vcores=2) as cluster:
        configure(cluster, TAKING)
        master = Master(cluster, queue="root.default")
        master.ask(2, 1024, 1, ["/bin/sleep", "1000"])
        wait_for("all of the node", lambda: cluster.app(master.app)["runningContainers"] == 2)
        waiting = cluster.submit(["/bin/sleep", "1000"], memory=1024, queue="root.owed")
        cluster.wait_app(waiting, "RUNNING")
        record = record_is_whole(cluster, master.app, waiting)
        it_shows_elsewhere(cluster, record, master.app)


def main():
    nothing_is_taken()
    one_is_taken()
    print("passed")


if __name__ == "__main__":
    main()
