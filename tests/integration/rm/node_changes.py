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
    wait_for("from queues as well", lambda: "ssd" not in str(cluster.get(CLUSTER + "/scheduler")))


def attributes(cluster, node):
    path, by_name = "/heddle/v1/node-attributes", "/heddle/v1/attributes-to-nodes"
    change = {"operation": "ADD", "nodesToAttributes": [
        {"node": node, "nodeAttributes": [{"prefix": "rm.yarn.io", "name": "os", "value": "hurd"}]},
        {"node": "node-9", "nodeAttributes": [{"name": "os", "value": "hurd"}]}]}
    refused(cluster, path, {}, 400, "operation is REPLACE, ADD or REMOVE")
    refused(cluster, path, {"operation": "ADD"}, 400, "name the nodes")
    refused(cluster, path, change, 404, "nodeId, node-9, is not found")
    change["nodesToAttributes"][0]["nodeAttributes"][0]["prefix"] = "nm.yarn.io"
    refused(cluster, path, {**change, "failOnUnknownNodes": False}, 400, "the prefix here is rm.yarn.io")
    expect("nothing changed", cluster.get(by_name + "?attributes=os")["attributesToNodes"][0]["nodes"],
           [{"node": node, "value": "linux"}])
    change["nodesToAttributes"][0]["nodeAttributes"][0]["prefix"] = "rm.yarn.io"
    status, answer = cluster.request("POST", path, {**change, "failOnUnknownNodes": False})
    expect("without the unknown", (status, answer), (200, {"unknownNodes": ["node-9"]}))
    cluster.rmctl("node", "attribute", "add", f"{node}:tier=gold")
    wait_for("tier", lambda: cluster.rmctl("-o", "name", "node", "attribute", "list", "--attribute",
                                           "tier=gold").stdout == node + "\n")
    cluster.kill("resourcemanager")
    cluster.start_manager()
    cluster.wait_nodes(1)
    every = {(entry["prefix"], entry["name"]): entry["value"]
             for entry in one(cluster, node)["nodeAttributesInfo"]["nodeAttributeInfo"]
             if entry["prefix"] != "heddle/isolation"}
    expect("of the node", every, {("nm.yarn.io", "os"): "linux", ("rm.yarn.io", "os"): "hurd",
                                  ("rm.yarn.io", "tier"): "gold"})
    expect("in force", cluster.get(by_name + "?attributes=os%3Dhurd,os%3Dlinux")["attributesToNodes"],
           [{"attribute": "os", "nodes": [{"node": node, "value": "hurd"}]}, {"attribute": "os", "nodes": []}])
    many = ",".join(f"a{i}" for i in range(101))
    status, answer = cluster.request("GET", by_name + "?attributes=" + many)
    expect("too many", (status, "at most 100 are answered at once" in answer["RemoteException"]["message"]),
           (400, True))
    expect("said twice", len(cluster.get(by_name + "?attributes=os,os")["attributesToNodes"]), 1)
    expect("all names", [entry["attribute"] for entry in cluster.get(by_name)["attributesToNodes"]],
           ["nm.yarn.io/os", "rm.yarn.io/os", "rm.yarn.io/tier"])
    cluster.rmctl("node", "attribute", "remove", f"{node}:os,tier")
    wait_for("none", lambda: cluster.get(path + f"?nodes={node}") == {"nodeToAttributes": [
        {"node": node, "nodeAttributeInfo": [{"prefix": "nm.yarn.io", "name": "os", "type": "STRING",
                                              "value": "linux"}]}]})


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
    cluster = Cluster(nodes=1)
    cluster.node_settings = ["node.attributes=os=linux"]
    with cluster:
        node = cluster.get(NODES)["nodes"]["node"][0]["id"]
        labels(cluster, node)
        attributes(cluster, node)
        totals(cluster, node)
        draining(cluster, node)
    print("passed")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
