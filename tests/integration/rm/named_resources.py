"""What nodes have beside memory and vcores, over REST: gpus of a node, of what is asked for, of containers, queues
and applications, and what a configuration that is tried would give of them."""

from manager import Cluster, Failure, expect, wait_for
from master import Master

NODES, APPS = "/ws/v1/cluster/nodes", "/ws/v1/cluster/apps"
CONFIGURATION = b"""
[queues."root.default"]
capacity = "[memory=50%,vcores=50%,gpu=3]"
[queues."root.other"]
capacity = "[memory=50%,vcores=50%,gpu=1]"
"""


def gpus(resource):
    """Of any resource of YARN's shape; None: it does not say."""
    for entry in resource["resourceInformations"]["resourceInformation"]:
        if entry["name"] == "yarn.io/gpu":
            return entry["value"]
    return None


def entries(app, name):
    return {entry["key"]: int(entry["value"]) for entry in app[name]["entry"]}


def queue(cluster, path):
    queues = cluster.get("/ws/v1/cluster/scheduler")["scheduler"]["schedulerInfo"]["queues"]["queue"]
    return next(one for one in queues if one["queuePath"] == path)


def of_the_node(cluster, node, used):
    shown = cluster.get(f"{NODES}/{node}")["node"]
    expect(f"gpus of {node}", [gpus(shown[name]) for name in ("totalResource", "usedResource", "availableResource")],
           [4, used or None, 4 - used or None])


def a_command(cluster):
    app = cluster.submit(["/bin/sleep", "1000"], resource={"memory": 128, "vCores": 1, "resourceInformations": {
        "resourceInformation": [{"name": "yarn.io/gpu", "value": 3}]}})
    cluster.wait_app(app, "RUNNING")
    of_the_node(cluster, "node-1", 3)
    attempt, = cluster.get(f"{APPS}/{app}/appattempts")["appAttempts"]["appAttempt"]
    path = f"{APPS}/{app}/appattempts/{attempt['appAttemptId']}/containers/{attempt['containerId']}"
    container = cluster.get(path)
    expect("gpus of the container", {entry["key"]: entry["value"] for entry in container["allocatedResources"]},
           {"memory-mb": "128", "vcores": "1", "yarn.io/gpu": "3"})
    shown = cluster.app(app)
    usage, = shown["resourceInfo"]["resourceUsagesByPartition"]
    expect("gpus of the application, a command and no master", (gpus(usage["used"]), gpus(usage["amUsed"])), (3, None))
    leaf = queue(cluster, "root.default")
    expect("gpus of the queue", (gpus(leaf["resourcesUsed"]), gpus(leaf["users"]["user"][0]["resourcesUsed"])), (3, 3))
    wait_for("some seconds", lambda: cluster.get(path)["elapsedTime"] >= 1500)
    cluster.request("PUT", f"{APPS}/{app}/state", {"state": "KILLED"})
    cluster.wait_app(app, "KILLED")
    seconds = entries(cluster.app(app), "resourceSecondsMap")
    expect(f"three for each second: {seconds}", seconds["yarn.io/gpu"], max(3, 3 * seconds["vcores"]))
    wait_for("the node to be free", lambda: gpus(cluster.get(f"{NODES}/node-1")["node"]["usedResource"]) is None)
    return app, seconds


def an_ask(cluster):
    """More than there is: one container is granted and one waits, for gpus alone."""
    master = Master(cluster)
    master.ask(2, 128, 1, ["/bin/sleep", "1000"], named=[("gpu", 3)])
    app = wait_for("a grant", lambda: (shown := cluster.app(master.app))["runningContainers"] == 1 and shown)
    of_the_node(cluster, "node-1", 3)
    requests = app["resourceRequests"]
    expect("what is asked for", [(gpus(one["capability"]), one["numContainers"]) for one in requests], [(3, 1)])
    explained = cluster.get(f"/heddle/v1/apps/{master.app}/explain")["explanation"]
    expect("why", explained["asks"][0]["blockers"][0]["rejected"], [{"what": "gpu", "nodes": 1}])
    request = cluster.get(f"/ws/v1/cluster/scheduler/app-activities/{master.app}")["appActivities"]
    node, = request["allocations"][0]["children"][0]["children"]
    expect("the node", (node["nodeId"], "(gpu)" in node["diagnostic"]), ("node-1", True))
    expect("headroom", [gpus(explained["headroom"]), explained["headroom"]["vCores"]], [1, 1])
    in_metrics(cluster, 3, 3)
    expect("gpus waited for", gpus(cluster.app(master.app)["resourceInfo"]["resourceUsagesByPartition"][0]["pending"]), 3)
    cluster.request("PUT", f"{APPS}/{master.app}/state", {"state": "KILLED"})
    cluster.wait_app(master.app, "KILLED")
    wait_for("nothing waited for", lambda: in_prometheus(cluster, "pending") == "0")
    in_metrics(cluster, 0, 0)


def in_prometheus(cluster, kind):
    name = f'heddle_cluster_resource{{kind="{kind}",resource="gpu"}} '
    _, page = cluster.request("GET", "/metrics")
    return next(line for line in page.splitlines() if line.startswith(name)).removeprefix(name)


def in_metrics(cluster, used, pending):
    """The same figures for every reader."""
    metrics = cluster.get("/ws/v1/cluster/metrics")["clusterMetrics"]
    expect("gpus in the cluster's metrics",
           (gpus(metrics["totalUsedResourcesAcrossPartition"]), gpus(metrics["totalPendingResourcesAcrossPartition"])),
           (used or None, pending or None))
    expect("for Prometheus", (in_prometheus(cluster, "allocated"), in_prometheus(cluster, "pending")),
           (str(used), str(pending)))
    bean, = cluster.get("/jmx?qry=*QueueMetrics,q0=root,q1=default")["beans"]
    expect("as a bean", [bean.get(f"{kind}Resource.yarn.io/gpu") for kind in ("Allocated", "Pending")],
           [used or None, pending or None])
    if f"{pending} gpu" not in cluster.rmctl("cluster", "metrics").stdout and pending:
        raise Failure("rmctl cluster metrics does not say what gpus are waited for")


def a_dry_run(cluster):
    status, answer = cluster.request("POST", "/heddle/v1/scheduler-config/dry-run", CONFIGURATION,
                                     {"Content-Type": "application/toml"})
    expect(f"dry run {answer}", status, 200)
    expect("gpus of all", gpus(answer["clusterTotal"]), 4)
    given = {one["path"]: (gpus(one["guaranteed"]), one["guaranteed"]["memory"]) for one in answer["queues"]}
    expect("gpus of queues", (given["root.default"], given["root.other"]), ((3, 1024), (1, 1024)))


def main():
    with Cluster(nodes=1, resources={"node-1": "gpu=4"}) as cluster:
        app, seconds = a_command(cluster)
        an_ask(cluster)
        a_dry_run(cluster)
        cluster.kill("resourcemanager")
        cluster.start_manager()
        expect("after a restart", entries(cluster.app(app), "resourceSecondsMap"), seconds)
    print("passed")


if __name__ == "__main__":
    main()
