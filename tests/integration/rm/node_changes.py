"""What operators decide about nodes, in YARN's paths and shapes and ours, and what rmctl makes of it: draining,
labels, totals."""

import sys

from manager import Cluster, Failure, expect, wait_for

CLUSTER = "/ws/v1/cluster"
NODES = CLUSTER + "/nodes"


def refused(cluster, path, body, status, words):
    found, answer = cluster.request("POST", path, body)
    expect(f"POST {path} {body}", found, status)
    if words not in answer["RemoteException"]["message"]:
        raise Failure(f"POST {path} {body}: {answer}")


def one(cluster, node):
    return cluster.get(f"{NODES}/{node}")["node"]


def labels(cluster, node):
    refused(cluster, f"{NODES}/{node}/replace-labels?labels=ssd", None, 400, "there is no node label 'ssd'")
    refused(cluster, CLUSTER + "/add-node-labels", {}, 400, "name the labels")
    refused(cluster, CLUSTER + "/remove-node-labels?labels=ssd", None, 400, "'ssd'; there are none")
    added = {"nodeLabelInfo": {"name": "ssd", "exclusivity": "false"}}
    expect("a label", cluster.request("POST", CLUSTER + "/add-node-labels", added)[0], 200)
    wait_for("it is there", lambda: 'label.ssd = "shared"' in cluster.rmctl("config", "show").stdout)
    added["nodeLabelInfo"]["exclusivity"] = True
    refused(cluster, CLUSTER + "/add-node-labels", added, 400, "Exclusivity cannot be modified")
    info = {"name": "ssd", "exclusivity": False}
    expect("known labels", cluster.get(CLUSTER + "/get-node-labels"), {"nodeLabelInfo": [info]})
    expect("of the node", cluster.get(f"{NODES}/{node}/get-labels"), {"nodeLabelInfo": []})
    refused(cluster, f"{NODES}/{node}/replace-labels?labels=hdd", None, 400, "there are: ssd")
    refused(cluster, f"{NODES}/{node}/replace-labels?labels=hdd,ssd", None, 400, "one label at most")
    cluster.rmctl("node", "label", node, "ssd")
    wait_for("the label", lambda: one(cluster, node)["nodeLabels"] == ["ssd"])
    expect("of the node", cluster.get(f"{NODES}/{node}/get-labels"), {"nodeLabelInfo": [info]})
    refused(cluster, CLUSTER + "/remove-node-labels?labels=ssd", None, 400, f"is that of {node}; give them another one")
    mapping, = cluster.get(CLUSTER + "/get-node-to-labels")["nodeToLabels"]["entry"]
    expect("by node", (mapping["key"], mapping["value"]["nodeLabelInfo"][0]["name"]), (node, "ssd"))
    mapping, = cluster.get(CLUSTER + "/label-mappings?labels=ssd")["labelsToNodes"]["entry"]
    expect("by label", (mapping["key"]["name"], mapping["value"]["nodes"]), ("ssd", [node]))
    expect("of another label", cluster.get(CLUSTER + "/label-mappings?labels=x"), {"labelsToNodes": {"entry": []}})
    known = {entry["name"]: entry for entry in cluster.get(CLUSTER + "/get-rm-node-labels")["nodeLabelInfo"]}
    expect("the manager's", {name: entry["activeNMs"] for name, entry in known.items()},
           {"<DEFAULT_PARTITION>": 0, "ssd": 1})
    expect("what it has", known["ssd"]["partitionInfo"]["resourceAvailable"]["memory"],
           one(cluster, node)["totalResource"]["memory"])
    body = {"nodeToLabels": [{"nodeId": node, "labels": ["hdd"]}]}
    refused(cluster, CLUSTER + "/replace-node-to-labels", body, 400, "there are: ssd")
    refused(cluster, CLUSTER + "/replace-node-to-labels", {}, 400, "name the nodes")
    body["nodeToLabels"][0]["labels"] = []
    expect("a mapping", cluster.request("POST", CLUSTER + "/replace-node-to-labels", body)[0], 200)
    wait_for("no label", lambda: one(cluster, node)["nodeLabels"] == [])
    expect("none again", cluster.request("POST", CLUSTER + "/remove-node-labels?labels=ssd")[0], 200)
    wait_for("it is gone", lambda: cluster.get(CLUSTER + "/get-node-labels") == {"nodeLabelInfo": []})


def totals(cluster, node):
    before = one(cluster, node)["totalResource"]
    path = f"{NODES}/{node}/resource"
    refused(cluster, path, {}, 400, "say what the node has")
    refused(cluster, path, {"resource": {"memory": -1}}, 400, "none of them negative")
    body = {"resource": {"memory": before["memory"] + 1024, "vCores": 3}, "overCommitTimeout": -1}
    status, answer = cluster.request("POST", path, body)
    expect("a larger one", (status, answer["resourceInfo"]["memory"], answer["resourceInfo"]["vCores"]),
           (200, before["memory"] + 1024, 3))
    cluster.rmctl("node", "update-resource", node, before["memory"], before["vCores"], "--timeout", "10m")
    wait_for("the size of before", lambda: one(cluster, node)["totalResource"] == before)


def draining(cluster, node):
    def state():
        return one(cluster, node)["state"]
    refused(cluster, "/heddle/v1/nodes/node-9/drain", None, 404, "nodeId, node-9, is not found")
    refused(cluster, f"/heddle/v1/nodes/{node}/drain?timeout=soon", None, 400, "timeout: ")
    app = cluster.submit(["sleep", "600"])
    cluster.wait_app(app, "RUNNING")
    status, answer = cluster.request("POST", f"/heddle/v1/nodes/{node}/drain?timeout=1h")
    expect("a drain", (status, answer["state"]), (200, "DECOMMISSIONING"))
    wait_for("it drains", lambda: state() == "DECOMMISSIONING")
    metrics = cluster.get(CLUSTER + "/metrics")["clusterMetrics"]
    expect("metrics", (metrics["decommissioningNodes"], metrics["activeNodes"]), (1, 0))
    expect("it goes on", cluster.app(app)["state"], "RUNNING")
    cluster.rmctl("node", "recommission", node)
    wait_for("it is back", lambda: state() == "RUNNING")
    cluster.rmctl("node", "drain", node, "--timeout", "100ms")
    wait_for("it is empty", lambda: state() == "DECOMMISSIONED")
    expect("in the metrics", cluster.get(CLUSTER + "/metrics")["clusterMetrics"]["decommissionedNodes"], 1)
    expect("it is no failure", cluster.app(app)["state"] in ("ACCEPTED", "RUNNING"), True)
    cluster.rmctl("node", "recommission", node)
    cluster.wait_app(app, "RUNNING")


def main():
    with Cluster(nodes=1) as cluster:
        node = cluster.get(NODES)["nodes"]["node"][0]["id"]
        labels(cluster, node)
        totals(cluster, node)
        draining(cluster, node)
    print("passed")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
