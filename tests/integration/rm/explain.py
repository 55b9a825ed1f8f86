"""Why an application waits, over every way that says it: our own paths, YARN's activities, the application's
diagnostics, the metric, and rmctl. The words are the same everywhere."""

import json

from manager import Cluster, ask, expect, manager, wait_for


def submit(cluster, memory):
    app = cluster.new_application()
    status, answer = cluster.request("POST", "/ws/v1/cluster/apps", {
        "application-id": app, "application-name": "waits", "heddle-argv": ["/bin/true"],
        "resource": {"memory": memory, "vCores": 1}})
    expect("submission", status, 202)
    return app


def words_are_the_same_everywhere(cluster, app):
    explanation = cluster.get(f"/heddle/v1/apps/{app}/explain")["explanation"]
    headline = "Waits for its container (1 GiB, 1 vcore). No node has registered."
    expect("headline", (explanation["headline"], explanation["reason"]), (headline, "NO_NODES"))
    expect("ask", [ask["blockers"][0]["reason"] for ask in explanation["asks"]], ["NO_NODES"])
    expect("diagnostics", cluster.get(f"/ws/v1/cluster/apps/{app}")["app"]["diagnostics"], headline)
    listed = cluster.get("/heddle/v1/waiting?reason=NO_NODES")["waiting"]
    expect("list", listed["applications"], [{"application": app, "reason": "NO_NODES", "headline": headline}])
    expect("count", [(one["reason"], one["applications"]) for one in listed["reasons"]], [("NO_NODES", 1)])
    metrics = ask(cluster, "GET", "/metrics", cluster.token_file.read_text().strip())[2].decode()
    expect("metric", 'heddle_waiting{reason="NO_NODES"} 1\n' in metrics, True)
    said = cluster.rmctl("app", "explain", app).stdout
    expect("rmctl", said.splitlines()[0], headline)
    said = json.loads(cluster.rmctl("app", "explain", app, "-o", "json").stdout)
    expect("rmctl as JSON", said["explanation"]["headline"], headline)
    expect("rmctl app get", headline in cluster.rmctl("app", "get", app).stdout, True)


def activities_are_yarns(cluster, app):
    one = cluster.get(f"/ws/v1/cluster/scheduler/app-activities/{app}?maxTime=3")["appActivities"]
    expect("application", one["applicationId"], app)
    request = one["allocations"][0]["children"][0]
    expect("request", (request["allocationRequestId"], request["allocationState"]), (0, "SKIPPED"))
    tree = cluster.get("/ws/v1/cluster/scheduler/activities?groupBy=diagnostic")["activities"]["allocations"][0]["root"]
    expect("tree", (tree["name"], tree["children"][0]["name"], tree["children"][0]["children"][0]["name"]),
           ("root", "root.default", app))
    bulk = cluster.get("/ws/v1/cluster/scheduler/bulk-activities?activitiesCount=5")["bulkActivities"]["activities"]
    expect("bulk", len(bulk), 1)  # there are no nodes: one for all
    refreshed = cluster.get(f"/ws/v1/cluster/scheduler/app-activities/{app}?actions=refresh")["appActivities"]
    expect("refresh", refreshed["diagnostic"], "Successfully received action: refresh")


def what_is_wrong_is_said(cluster, app):
    for path, wanted, words in (
            (f"/heddle/v1/apps/{app}/explain?ask=x", 400, "ask is the number of an ask"),
            (f"/heddle/v1/apps/{app}/explain?ask=7", 404, "has no open ask 7"),
            ("/heddle/v1/apps/application_1_0001/explain", 404, "not found"),
            ("/heddle/v1/waiting?reason=NO_NODE", 400, "did you mean 'NO_NODES'?"),
            ("/heddle/v1/waiting?limit=0", 400, "limit is a number from 1"),
            (f"/ws/v1/cluster/scheduler/app-activities/{app}?actions=fetch", 400, "Got invalid action: fetch"),
            (f"/ws/v1/cluster/scheduler/app-activities/{app}?requestPriorities=a", 400, "requestPriorities"),
            (f"/ws/v1/cluster/scheduler/app-activities/{app}?summarize=x", 400, "summarize is true or false"),
            ("/ws/v1/cluster/scheduler/activities?groupBy=node", 400, "Got invalid groupBy: node"),
            ("/ws/v1/cluster/scheduler/activities?nodeId=n9", 404, "node with id: n9 not found"),
            ("/ws/v1/cluster/scheduler/bulk-activities?activitiesCount=501", 400, "from 1 to 500")):
        status, answer = cluster.request("GET", path)
        expect(path, (status, words in answer["RemoteException"]["message"]), (wanted, True))


def activities_name_nodes():
    """Each node unless they are grouped, one node when it is asked for, and so many nodes as are asked for."""
    with Cluster(nodes=2, memory=1024, vcores=2) as cluster:
        for _ in range(2):
            cluster.wait_app(cluster.submit(["/bin/sleep", "1000"], memory=1024), "RUNNING")
        app = cluster.submit(["/bin/sleep", "1000"], memory=1024, priority=4)
        wait_for("it waits", lambda: cluster.get("/heddle/v1/waiting")["waiting"]["applications"])
        base = "/ws/v1/cluster/scheduler"

        def request_in(activities):
            leaf = activities["allocations"][0]["root"]["children"][0]["children"][0]
            expect("priority", leaf["appPriority"], 4)
            return leaf["children"][0]
        request = request_in(cluster.get(f"{base}/activities")["activities"])
        expect("each", [node["nodeId"] for node in request["children"]], ["node-1", "node-2"])
        request = request_in(cluster.get(f"{base}/activities?groupBy=diagnostic")["activities"])
        expect("together", [(node["count"], node["nodeIds"]) for node in request["children"]],
               [(2, ["node-1", "node-2"])])
        one = cluster.get(f"{base}/activities?nodeId=node-2")["activities"]
        expect("one node", (one["nodeId"], [node["nodeId"] for node in request_in(one)["children"]]),
               ("node-2", ["node-2"]))
        bulk = cluster.get(f"{base}/bulk-activities")["bulkActivities"]["activities"]
        expect("all nodes", [one["nodeId"] for one in bulk], ["node-1", "node-2"])
        bulk = cluster.get(f"{base}/bulk-activities?activitiesCount=1")["bulkActivities"]["activities"]
        expect("so many", [one["nodeId"] for one in bulk], ["node-1"])
        each = cluster.get(f"{base}/app-activities/{app}?summarize=false")["appActivities"]["allocations"]
        expect("of one application", [(one["nodeId"], one["appPriority"]) for one in each], [("node-1", 4), ("node-2", 4)])
        each = cluster.get(f"{base}/app-activities/{app}?summarize=false&limit=1")["appActivities"]["allocations"]
        expect("at most", [one["nodeId"] for one in each], ["node-1"])


def main():
    activities_name_nodes()
    with manager() as cluster:
        app = submit(cluster, 1024)
        wait_for("the application is listed", lambda: cluster.get("/heddle/v1/waiting")["waiting"]["applications"])
        words_are_the_same_everywhere(cluster, app)
        activities_are_yarns(cluster, app)
        what_is_wrong_is_said(cluster, app)
    print("passed")


if __name__ == "__main__":
    main()
