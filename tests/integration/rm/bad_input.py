"""What operators and clients get wrong, as a table: each is answered with a sentence that says what to do, and nothing
changes. Configurations that do not add up, sizes that are nothing or absurd, labels, queues and resources that are not
there, queues that are full or stopped, priorities beyond the maximum."""

import sys

from manager import Cluster, Failure, expect, wait_for

CLUSTER = "/ws/v1/cluster"
TOML = {"Content-Type": "application/toml"}
QUEUES = b"""[queues."root.default"]
[queues."root.etl"]
[queues."root.stopped"]
state = "stopped"
[queues."root.full"]
applications_max = 1
"""


def change(verb, name, **settings):
    return {verb: [{"queue-name": name, "params": {"entry": [
        {"key": key.replace("_", "-"), "value": value} for key, value in settings.items()]}}]}


def twice(name):
    one = change("add-queue", name, capacity="1w")
    return {"add-queue": one["add-queue"] * 2}


# What is sent to PUT /scheduler-conf, and words of the 400's text.
YARN_CONFIGURATIONS = [
    ({"add-queue": change("add-queue", "root.a", capacity="70")["add-queue"] +
      change("add-queue", "root.b", capacity="70")["add-queue"]}, "ask for 140% of memory; lower them to 100%"),
    (twice("root.a"), "queue root.a: it is there already; write it as update-queue"),
    (change("add-queue", "root.etl", capacity="1w"), "it is there already; write it as update-queue"),
    (change("add-queue", "root..x", capacity="1w"), "a part of its path is ''"),
    (change("add-queue", "root.default.x", capacity="1w"), "root.default would get queues below it"),
    ({"remove-queue": ["root.default"]}, "1 application in it is not over; keep it with state = \"stopped\""),
    ({"remove-queue": ["root.gone"]}, "there is no such queue to remove"),
    ({"remove-queue": "root"}, "it cannot be removed; name the queues below it that are to go"),
    (change("update-queue", "root.default", capacity="-5"), "write a weight such as 3w, a percentage such as 40%"),
    (change("update-queue", "root.default", flavour="x"), "unknown key 'flavour'"),
    (change("update-queue", "root.default", capacity="50", maximum_capacity="20"), "raise the one or lower the other"),
    ({"nonsense": 1}, "unknown member 'nonsense'"),
    ([], "the body is no object"),
    (b'{"x":', "invalid JSON"),
]

# TOML, status, words.
CONFIGURATIONS = [
    (b'[[queues]]\npath="root.a"\n[[queues]]\npath="root.a"\n', 400, "it is named twice; keep one of the two"),
    (b'[queues."root.default"]\ncapacity="60%"\n[queues."root.b"]\ncapacity="60%"\n', 400, "ask for 120% of memory"),
    (b'[queues."root.x"]\nparent="root.x"\n', 400, "unknown setting 'parent'"),
    (b'[queues."root.etl"]\n', 409, "queue root.default is left out, and 1 application in it is not over"),
    (b'[queues."root.default"]\nweight=-1\n', 400, "write a number that is not negative"),
    (b'[queues."root.default"]\nlabels.gone.capacity="10%"\n', 400, "there is no such label; add label.gone"),
    (b'queue_default="root.gone"\n[queues."root.default"]\n', 400, "queue_default is 'root.gone', which is no queue"),
    (b'[queues."root.default"]\n[[rules]]\npolicy="user"\nparent="root.gone"\n', 400, "'root.gone' is no queue; name one"),
    (b'[queues."root.default"]\n[[rules]]\npolicy="custom"\ncustom="root.gone.%user"\n', 400,
     "custom begins with 'root.gone', which is no queue"),
    (b'[queues."root.default"]\nauto_creation={enabled=true, depth_max=0}\n', 400, "auto_creation.depth_max is 0"),
    (b'[queues."root.default"]\napplication_priority_limits="9"\n', 400, "write entries such as [user="),
    (b'[queues."root.default"]\napplication_priority_limits="[user=* max_priority=101]"\n', 400,
     "max_priority in application_priority_limits is 101; write a number from 0 to 100"),
    (b"x=", 400, "body:1:3"),
]


def resource(**more):
    return {"resource": {"memory": 64, "vCores": 1, **more}}


def named(name, value):
    return resource(resourceInformations={"resourceInformation": [{"name": name, "value": value}]})


# Fields of a submission, status, words.
SUBMISSIONS = [
    (resource(memory=-1), 400, "must be at least 1"), (resource(memory=0), 400, "must be at least 1"),
    (resource(vCores=0), 400, "must be at least 1"), (resource(memory=1 << 41), 400, "at most 1099511627776 MiB"),
    (resource(memory=1e300), 400, "must be a whole number"), (resource(memory=10**6), 400, "the largest node has"),
    ({"resource": 5}, 400, "resource must be an object"),
    (named("yarn.io/fpga", 1), 400, "no node has any 'fpga'"), (named("yarn.io/gpu", -1), 400, "not -1"),
    (named("a b", 1), 400, "is no name of a resource"),
    ({"app-node-label-expression": "gone"}, 400, "no node has the label 'gone'"),
    ({"app-node-label-expression": "a&&b"}, 400, "give one label of nodes"),
    ({"queue": "root.gone"}, 404, "'root.gone'"), ({"queue": "root"}, 400, "has queues below it"),
    ({"queue": "root.stopped"}, 409, "is stopped; name another queue or have it started"),
    ({"queue": "root.full"}, 400, "name another queue, wait until some are over"),
    ({"priority": 101}, 400, "not between 0 and 100, the cluster's maximum; ask for less"),
    ({"priority": -1}, 400, "at least 0"), ({"priority": "x"}, 400, "must be a whole number"),
    ({"max-app-attempts": 0}, 400, "must be at least 1"),
    ({"application-timeouts": {"entry": [{"key": "LIFETIME", "value": -5}]}}, 400, "give a number of seconds"),
    ({"application-timeouts": {"entry": [{"key": "IDLE", "value": 5}]}}, 400, "the only one is LIFETIME"),
    ({"application-tags": {"tag": ["x" * 200]}}, 400, "at most 50 application-tags"),
    ({"application-name": "x" * 5000}, 400, "names are at most 1024 bytes"),
    ({"reservation-id": "reservation_1_1"}, 400, "reservation-id is not supported"),
]

# Method, path, body, status, words. {app} runs in root.default.
CHANGES = [
    ("PUT", "/apps/{app}/queue", {"queue": "stopped"}, 400, "name another queue, or have it started"),
    ("PUT", "/apps/{app}/queue", {"queue": "full"}, 400, "name another queue, wait until some are over"),
    ("PUT", "/apps/{app}/queue", {"queue": "gone"}, 404, "no queue named 'gone'"),
    ("PUT", "/apps/{app}/queue", {"queue": 5}, 400, "must be a string"),
    ("PUT", "/apps/{app}/priority", {"priority": 101}, 400, "the cluster's maximum; ask for less"),
    ("PUT", "/apps/{app}/priority", {"priority": 1 << 70}, 400, "must be a whole number"),
    ("POST", "/nodes/node-1/resource", {"resource": {"memory": 0, "vCores": 0}}, 400, "drain it"),
    ("POST", "/nodes/node-1/resource", {"resource": {"memory": -1}}, 400, "none of them negative"),
    ("POST", "/nodes/node-1/resource", {"resource": {"memory": 1 << 60}}, 400, "at most 1099511627776 MiB"),
    ("POST", "/nodes/node-1/resource", {}, 400, "say what the node has"),
    ("POST", "/nodes/node-1/resource", {"resource": {"memory": 9}, "overCommitTimeout": 1 << 50}, 400, "is at most"),
    ("POST", "/nodes/node-1/replace-labels?labels=gone", None, 400, "there is no node label 'gone'"),
    ("POST", "/add-node-labels", {}, 400, "name the labels"),
    ("POST", "/add-node-labels", {"nodeLabelInfo": [{"name": "a b"}]}, 400, "use letters, digits"),
    ("POST", "/remove-node-labels?labels=gone", None, 400, "there is no node label 'gone'"),
    ("POST", "/replace-node-to-labels", {"nodeToLabels": [{"nodeId": "gone"}]}, 404, "gone, is not found"),
    ("POST", "/replace-node-to-labels", {}, 400, "name the nodes"),
]


def said(what, answer, words):
    """The sentence of a refusal; scheduler-conf alone answers with plain text."""
    message = answer if isinstance(answer, str) else answer["RemoteException"]["message"]
    if words not in message:
        raise Failure(f"{what}: {answer}")


def state(cluster, app):
    """All that a refusal must leave as it was."""
    found = cluster.app(app)
    return (cluster.get("/heddle/v1/scheduler-config")["version"], cluster.get(CLUSTER + "/scheduler-conf"),
            found["queue"], found["priority"], cluster.get(CLUSTER + "/nodes/node-1")["node"]["totalResource"],
            cluster.get(CLUSTER + "/get-node-labels"), cluster.get(CLUSTER + "/metrics")["clusterMetrics"]["appsSubmitted"])


def main():
    with Cluster(nodes=1) as cluster:
        expect("the queues", cluster.request("PUT", "/heddle/v1/scheduler-config", QUEUES, TOML)[0], 200)
        app = cluster.submit(["/bin/sleep", "1000"])
        cluster.wait_app(app, "RUNNING")
        cluster.wait_app(cluster.submit(["/bin/sleep", "1000"], queue="root.full"), "RUNNING")
        before = state(cluster, app)
        for body, words in YARN_CONFIGURATIONS:
            status, answer = cluster.request("PUT", CLUSTER + "/scheduler-conf", body)
            expect(f"{body}: {answer}", (status, isinstance(answer, str)), (400, True))
            said(body, answer, words)
        for text, wanted, words in CONFIGURATIONS:
            status, answer = cluster.request("PUT", "/heddle/v1/scheduler-config", text, TOML)
            expect(f"{text}: {answer}", status, wanted)
            said(text, answer, words)
        for fields, wanted, words in SUBMISSIONS:
            body = {"application-id": cluster.new_application(), "heddle-argv": ["/bin/true"], **resource(), **fields}
            status, answer = cluster.request("POST", CLUSTER + "/apps", body)
            expect(f"{fields}: {answer}", status, wanted)
            said(fields, answer, words)
        for method, path, body, wanted, words in CHANGES:
            status, answer = cluster.request(method, CLUSTER + path.format(app=app), body)
            expect(f"{method} {path} {body}: {answer}", status, wanted)
            said(path, answer, words)
        wait_for("everything to be as before", lambda: state(cluster, app) == before, 5)
    print("passed")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
