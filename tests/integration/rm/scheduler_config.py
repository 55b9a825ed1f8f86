"""The scheduler's configuration from file to restart: rmctl config, /heddle/v1/scheduler-config and YARN's
/scheduler-conf against a real manager."""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from cluster import Cluster, Failure  # noqa: E402

FIRST = """
queue_default = "root.adhoc"
[queues."root.etl"]
capacity = "60%"
[queues."root.adhoc"]
capacity = "40%"
capacity_max = "50%"
"""
CONF = "/ws/v1/cluster/scheduler-conf"
TOML = {"Content-Type": "application/toml"}
XML = {"Content-Type": "application/xml"}


def expect(what, found, wanted):
    if found != wanted:
        raise Failure(f"{what}: {found!r} instead of {wanted!r}")


def contains(what, text, *parts):
    for part in parts:
        if part not in text:
            raise Failure(f"{what}: {part!r} is not in\n{text}")


def queue_names(cluster):
    queues = cluster.get("/ws/v1/cluster/scheduler")["scheduler"]["schedulerInfo"]["queues"]["queue"]
    return sorted(queue["queueName"] for queue in queues)


def files(cluster, folder):
    """What rmctl does without and with the server."""
    good = folder / "scheduler.toml"
    good.write_text(FIRST)
    bad = folder / "bad.toml"
    bad.write_text('[queues."root.a"]\ncapacity = "60%"\nwieght = 3\n[queues."root.b"]\ncapacity = "60%"\n')
    run = cluster.rmctl("config", "validate", bad, check=False)
    expect("exit of a bad file", run.returncode != 0, True)
    contains("mistakes", run.stderr, "bad.toml:3:10: unknown setting 'wieght' (did you mean 'weight'?)",
             "ask for 120% of memory")
    cluster.rmctl("config", "validate", good)
    run = cluster.rmctl("config", "apply", good, "--dry-run")
    contains("dry run", run.stdout, "+ queue root.etl", "- queue root.default", "root.adhoc")
    # 60 % and 40 % of the one node's 2048 MiB; at most the half for the second.
    expect("effective", [line.split() for line in run.stdout.splitlines() if line.startswith("root.")],
           [["root.etl", "1229", "1", "2048", "2"], ["root.adhoc", "819", "1", "1024", "1"]])
    expect("after the dry run", queue_names(cluster), ["default"])
    run = cluster.rmctl("config", "apply", good, "--note", "first", "--expected-version", "0")
    contains("applied", run.stderr, "Version 1 holds")
    expect("queues", queue_names(cluster), ["adhoc", "etl"])
    listed = cluster.get("/ws/v1/cluster/scheduler")["scheduler"]["schedulerInfo"]["queues"]["queue"]
    expect("shares as YARN's clients see them", {queue["queueName"]: (
        queue["mode"], queue["capacity"], queue["maxCapacity"], queue["minEffectiveCapacity"]["memory"],
        queue["maxEffectiveCapacity"]["memory"]) for queue in listed},
        {"etl": ("percentage", 60.0, 100.0, 1229, 2048), "adhoc": ("percentage", 40.0, 50.0, 819, 1024)})
    contains("queue list", cluster.rmctl("queue", "list").stdout, "60 %", "40 %")
    run = cluster.rmctl("config", "apply", good, "--expected-version", "0", check=False)
    contains("stale", run.stderr, "version 0 was expected and version 1 holds")
    expect("round trip", cluster.rmctl("config", "show").stdout.count("[queues."), 2)
    contains("history", cluster.rmctl("config", "history").stdout, "first", "as started")


def yarn(cluster):
    """The bodies that YARN's clients send."""
    names = {entry["name"]: entry["value"] for entry in cluster.get(CONF)["property"]}
    expect("capacity", names["yarn.scheduler.capacity.root.etl.capacity"], "60")
    expect("queues", names["yarn.scheduler.capacity.root.queues"], "etl,adhoc")
    body = {"update-queue": {"queue-name": "root.etl", "params": {"entry": [
        {"key": "maximum-capacity", "value": "70"}]}}}
    status, answer = cluster.request("POST", CONF + "/validate", body)
    expect("validate", (status, {"name": "yarn.scheduler.capacity.root.etl.maximum-capacity", "value": "70"}
                        in answer["property"]), (200, True))
    expect("version after validate", cluster.get(CONF + "/version"), {"versionID": 1})
    expect("change", cluster.request("PUT", CONF, body), (200, "Configuration change successfully applied."))
    document = b"""<sched-conf><add-queue><queue-name>root.ml</queue-name><params><entry>
        <key>capacity</key><value>2w</value></entry></params></add-queue></sched-conf>"""
    expect("xml", cluster.request("PUT", CONF, document, XML)[0], 200)
    expect("version", cluster.get(CONF + "/version"), {"versionID": 3})
    expect("queues", queue_names(cluster), ["adhoc", "etl", "ml"])
    status, answer = cluster.request("PUT", CONF, {"update-queue": {"queue-name": "root.etl", "params": {
        "entry": {"key": "maximum-capcity", "value": "70"}}}})
    expect("unknown", status, 400)
    contains("unknown", answer, "unknown key 'maximum-capcity' (did you mean 'maximum-capacity'?)")
    key = "yarn.scheduler.capacity.root.etl."
    status, answer = cluster.request("PUT", CONF, {"update-queue": {"queue-name": "root.etl", "params": {"entry": [
        {"key": "ordering-policy", "value": "fifo-for-pending-apps"},
        {"key": "accessible-node-labels", "value": "*"},
        {"key": "maximum-allocation", "value": "memory=2048,vcores=2,gpu=1"}]}}})
    expect("taken as something else", status, 200)
    contains("taken as something else", answer, "successfully applied.\nqueue root.etl: ordering-policy = "
             "fifo-for-pending-apps: it is taken as fifo")
    names = {entry["name"]: entry["value"] for entry in cluster.get(CONF)["property"]}
    expect("what was set is shown", (names[key + "accessible-node-labels"], names[key + "maximum-allocation"],
                                     names[key + "maximum-allocation-mb"]), ("*", "memory=2048,vcores=2,gpu=1", "2048"))
    rules = {"rules": [{"type": "user", "matches": "eve", "policy": "custom", "customPlacement": "root.etl"}]}
    update = {"global-updates": {"entry": [
        {"key": "yarn.scheduler.capacity.mapping-rule-format", "value": "json"},
        {"key": "yarn.scheduler.capacity.mapping-rule-json", "value": json.dumps(rules)}]}}
    status, answer = cluster.request("POST", CONF + "/validate", update)
    shown = {entry["name"]: entry["value"] for entry in answer["property"]}
    expect("rules", (status, json.loads(shown["yarn.scheduler.capacity.mapping-rule-json"])["rules"]),
           (200, [{**rules["rules"][0], "create": False}]))
    expect("no type", cluster.request("PUT", CONF, b"x", {"Content-Type": "text/plain"})[0], 415)
    contains("difference", cluster.rmctl("config", "diff", "1", "3").stdout, "+ root.etl capacity_max = 70%",
             "+ queue root.ml")


def restart(cluster):
    """The saved version holds, and an earlier one comes back."""
    changes = cluster.get("/heddle/v1/scheduler-config/versions")["versions"][-2]["changes"]
    expect("changes of the first version", changes > 0, True)
    cluster.kill("resourcemanager")
    cluster.start_manager()
    expect("queues after the restart", queue_names(cluster), ["adhoc", "etl", "ml"])
    contains("rollback", cluster.rmctl("config", "rollback", "1").stdout, "- queue root.ml")
    expect("queues after the rollback", queue_names(cluster), ["adhoc", "etl"])
    # The restart has not changed what is said of the past: what it was started with is there, and so
    # is how many settings the first change was about.
    versions = cluster.get("/heddle/v1/scheduler-config/versions")["versions"]
    expect("the oldest versions", [(one["version"], one.get("changes", "?")) for one in versions[-2:]],
           [(1, changes), (0, "?")])
    contains("version 0", cluster.rmctl("config", "diff", "0", "1").stdout, "+ queue root.etl")
    status, answer = cluster.request("PUT", "/heddle/v1/scheduler-config", b"[queues", TOML)
    expect("no TOML", (status, "body:1:" in answer["RemoteException"]["message"]), (400, True))


def in_use(cluster, folder):
    """A queue with an application stays."""
    cluster.submit(["sleep", "1000"], queue="root.adhoc")
    other = folder / "other.toml"
    other.write_text('[queues."root.etl"]\n')
    run = cluster.rmctl("config", "apply", other, check=False)
    contains("in use", run.stderr, "queue root.adhoc is left out, and 1 application in it is not over")
    expect("queues", queue_names(cluster), ["adhoc", "etl"])


def migrate(cluster, folder):
    """Locally, with what has no counterpart on standard error."""
    hadoop = folder / "capacity-scheduler.xml"
    hadoop.write_text("""<configuration>
        <property><name>yarn.scheduler.capacity.root.queues</name><value>a,b</value></property>
        <property><name>yarn.scheduler.capacity.root.a.capacity</name><value>70</value></property>
        <property><name>yarn.scheduler.capacity.root.b.capacity</name><value>30</value></property>
        <property><name>yarn.scheduler.capacity.root.b.strange</name><value>1</value></property>
        <property><name>yarn.scheduler.capacity.root.b.priority</name><value>5</value></property>
        <property><name>yarn.scheduler.capacity.user.max-parallel-apps</name><value>7</value></property>
        </configuration>""")
    run = cluster.rmctl("config", "migrate", hadoop)
    contains("left out", run.stderr, "root.b.strange = 1: unknown key 'strange'")
    contains("migrated", run.stdout, 'queue_priorities = "false"', 'applications_parallel_max_per_user = "7"')
    made = folder / "migrated.toml"
    made.write_text(run.stdout)
    cluster.rmctl("config", "validate", made)


def main():
    with Cluster(nodes=1) as cluster:
        files(cluster, cluster.root)
        yarn(cluster)
        restart(cluster)
        in_use(cluster, cluster.root)
        migrate(cluster, cluster.root)
    print("passed")


if __name__ == "__main__":
    main()
