"""What operators do with rmctl, on a running manager: racks by a script that fails and comes back, labels, groups of
users as the configuration has them, held room, the configuration back to its file. Exit codes and words."""

import os
import pathlib
import sys

from manager import Cluster, Failure, expect, wait_for

CLUSTER = "/ws/v1/cluster"


def contains(what, text, words):
    if words not in text:
        raise Failure(f"{what}: {text!r} lacks {words!r}")


def refused(cluster, code, words, *arguments):
    run = cluster.rmctl(*arguments, check=False)
    expect(f"exit code of rmctl {' '.join(arguments)}: {run.stderr}", run.returncode, code)
    contains(f"rmctl {' '.join(arguments)}", run.stderr, words)


def rack(cluster, node):
    return cluster.get(f"{CLUSTER}/nodes/{node}")["node"]["rack"]


def racks(cluster, script):
    """The script is asked before a node is known, its answer is kept, and a refresh asks again."""
    expect("racks", [rack(cluster, node) for node in cluster.names], ["/r/node-1", "/r/node-2"])
    script.write_text("#!/bin/sh\nfor host; do echo /new/$host; done\n")
    expect("the answer is kept", rack(cluster, "node-1"), "/r/node-1")
    contains("a refresh", cluster.rmctl("node", "refresh-topology").stderr, "2 machines answered for by the script")
    expect("racks after a refresh", [rack(cluster, node) for node in cluster.names], ["/new/node-1", "/new/node-2"])
    script.write_text("#!/bin/sh\nexit 7\n")
    refused(cluster, 5, "ended with 7; what was known before holds", "node", "refresh-topology")
    expect("racks after a failure", rack(cluster, "node-2"), "/new/node-2")
    cluster.kill("node-1")
    cluster.start_node("node-1")
    cluster.wait_nodes(2)
    expect("the rack of a node that comes again", rack(cluster, "node-1"), "/new/node-1")


def without_an_answer(cluster):
    """While the script fails, nodes come with what they say of themselves."""
    cluster.kill("resourcemanager")
    cluster.start_manager()
    cluster.wait_nodes(2)
    expect("the rack without an answer", rack(cluster, "node-1"), "/default-rack")


def labels(cluster):
    cluster.rmctl("label", "add", "ssd", "gpu")
    cluster.rmctl("label", "add", "spare", "--shared")
    cluster.rmctl("node", "label", "node-1", "ssd")
    wait_for("the label", lambda: cluster.get(CLUSTER + "/nodes/node-1")["node"]["nodeLabels"] == ["ssd"])
    rows = [line.split() for line in cluster.rmctl("label", "list").stdout.splitlines()]
    contains("labels", str(rows), "['spare', 'no', '0'")
    contains("labels", str(rows), "['ssd', 'yes', '1'")
    cluster.rmctl("label", "remove", "spare")
    refused(cluster, 8, "there is no node label 'spare'", "label", "remove", "spare")
    cluster.rmctl("node", "label", "node-1")


def labels_by_script(cluster, script):
    """As the racks: a program is asked, its failure changes nothing, and people cannot speak against it."""
    def label(node):
        return cluster.get(f"{CLUSTER}/nodes/{node}")["node"]["nodeLabels"]
    refused(cluster, 8, "set scheduler.label_script", "label", "refresh")
    cluster.rmctl("label", "add", "ssd")
    script.write_text("#!/bin/sh\nfor host; do [ $host = node-1 ] && echo ssd || echo -; done\n")
    os.chmod(script, 0o700)
    cluster.settings += [f"scheduler.label_script={script}", "scheduler.label_script_interval=1h"]
    cluster.kill("resourcemanager")
    cluster.start_manager()
    cluster.wait_nodes(2)
    wait_for("labels", lambda: [label("node-1"), label("node-2")] == [["ssd"], []])
    refused(cluster, 8, "come from scheduler.label_script", "node", "label", "node-2", "ssd")
    script.write_text("#!/bin/sh\nexit 7\n")
    refused(cluster, 5, "ended with 7; the last labels hold", "label", "refresh")
    contains("what it said last", cluster.get("/heddle/v1/label-script")["labelScript"]["failure"], "ended with 7")
    expect("the last label", label("node-1"), ["ssd"])
    script.write_text("#!/bin/sh\nfor host; do echo gold; done\n")
    refused(cluster, 5, "the label 'gold', which the scheduler's configuration does not have", "label", "refresh")
    script.write_text("#!/bin/sh\nfor host; do echo -; done\n")
    contains("a refresh", cluster.rmctl("label", "refresh").stderr, "2 nodes asked for, 1 with another label")
    expect("no label", label("node-1"), [])
    cluster.settings = [setting for setting in cluster.settings if "label_script" not in setting]
    cluster.kill("resourcemanager")
    cluster.start_manager()
    cluster.wait_nodes(2)
    cluster.rmctl("label", "remove", "ssd")


def groups(cluster):
    expect("the groups of ada", cluster.rmctl("user", "groups", "ada").stdout, "staff\nops\n")
    expect("the groups of eve", cluster.rmctl("user", "groups", "eve").stdout, "")
    contains("root's", cluster.rmctl("user", "groups", "root").stdout, "root")  # the system's
    cluster.rmctl("user", "refresh-groups")
    cluster.rmctl("queue", "access", "default")
    expect("access as JSON", '"allowed":true' in cluster.rmctl("-o", "json", "queue", "access", "default").stdout, True)
    refused(cluster, 3, "no queue named 'gone'", "queue", "access", "gone")


def configuration(cluster):
    version = int(cluster.rmctl("config", "version").stdout)
    expect("the version", version, cluster.get(CLUSTER + "/scheduler-conf/version")["versionID"])
    cluster.rmctl("config", "reset")
    expect("labels after a reset", cluster.get(CLUSTER + "/get-node-labels"), {"nodeLabelInfo": []})
    expect("the version after a reset", int(cluster.rmctl("config", "version").stdout), version + 1)


def held(cluster):
    contains("nothing is held", cluster.rmctl("reservation", "list").stderr, "No room is held")
    contains("nothing was taken", cluster.rmctl("preemption", "list").stderr, "Nothing was taken back")
    full = [cluster.submit(["/bin/sleep", "1000"], memory=1200) for _ in range(2)]
    for app in full:
        cluster.wait_app(app, "RUNNING")
    app = cluster.submit(["/bin/sleep", "1000"], memory=2000)
    wait_for("room that is held", lambda: app in cluster.rmctl("reservation", "list").stdout)
    contains("as JSON", cluster.rmctl("-o", "json", "reservation", "list").stdout, '"held"')
    expect("names", cluster.rmctl("-o", "name", "reservation", "list").stdout, app + "\n")
    nodes = cluster.get(CLUSTER + "/nodes")["nodes"]["node"]
    expect("reserved on one node", sorted(node["reservedMemoryMB"] > 0 for node in nodes), [False, True])
    expect("reserved for it", cluster.app(app)["reservedMB"], 2000)


def verbs(cluster):
    refused(cluster, 2, "did you mean 'refresh-topology'", "node", "refresh-topologi")
    refused(cluster, 2, "did you mean 'reservation'", "reservations", "list")
    refused(cluster, 2, "did you mean 'reset'", "config", "resett")
    refused(cluster, 2, "label is required", "label", "add")


def main():
    cluster = Cluster(nodes=2)
    script = pathlib.Path(cluster.root) / "racks"
    script.write_text("#!/bin/sh\nfor host; do echo /r/$host; done\n")
    os.chmod(script, 0o700)
    cluster.settings += [f"scheduler.topology_script={script}", "acl.static_groups=ada=staff,ops;eve="]
    with cluster:
        racks(cluster, script)
        labels(cluster)
        cluster.rmctl("label", "remove", "ssd")
        cluster.rmctl("label", "remove", "gpu")
        labels_by_script(cluster, pathlib.Path(cluster.root) / "labels")
        groups(cluster)
        configuration(cluster)
        verbs(cluster)
        without_an_answer(cluster)
        held(cluster)
    print("passed")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
