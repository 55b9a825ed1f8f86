"""What is changed of applications that live, in YARN's paths, shapes and words, and what rmctl makes of it: queue,
priority, lifetime, signals, the end of an attempt. And pages of the list, with chosen fields."""

import datetime
import json
import sys
import urllib.request

from manager import Cluster, Failure, expect, wait_for

CLUSTER = "/ws/v1/cluster"


def refused(cluster, method, path, body, status, words):
    found, answer = cluster.request(method, path, body)
    expect(f"{method} {path} {body}", found, status)
    if words not in answer["RemoteException"]["message"]:
        raise Failure(f"{method} {path} {body}: {answer}")


def queues(cluster, app):
    path = f"{CLUSTER}/apps/{app}/queue"
    expect("the queue", cluster.get(path), {"queue": "default"})
    expect("a move", cluster.request("PUT", path, {"queue": "batch"}), (200, {"queue": "batch"}))
    expect("the queue after it", (cluster.get(path), cluster.app(app)["queue"]), ({"queue": "batch"}, "batch"))
    refused(cluster, "PUT", path, {"queue": "gone"}, 404, "no queue named 'gone'")
    refused(cluster, "PUT", path, {"queue": "root"}, 400, "has queues below it")
    refused(cluster, "PUT", path, {}, 400, "name the queue")
    expect("the queue after refusals", cluster.get(path), {"queue": "batch"})
    cluster.rmctl("app", "move", app, "root.default")
    expect("the queue after rmctl app move", cluster.get(path), {"queue": "default"})


def priorities(cluster, app):
    path = f"{CLUSTER}/apps/{app}/priority"
    expect("a change", cluster.request("PUT", path, {"priority": 8}), (200, {"priority": 8}))
    refused(cluster, "PUT", path, {"priority": 101}, 400, "not between 0 and 100, the cluster's maximum")
    refused(cluster, "PUT", path, {"priority": -1}, 400, "not between 0 and 100")
    refused(cluster, "PUT", path, {}, 400, "give a priority")
    cluster.rmctl("app", "update-priority", app, "3")
    expect("the priority", (cluster.get(path), cluster.app(app)["priority"]), ({"priority": 3}, 3))


def lifetimes(cluster, app):
    path = f"{CLUSTER}/apps/{app}/timeout"
    none = {"type": "LIFETIME", "expiryTime": "UNLIMITED", "remainingTimeInSeconds": -1}
    expect("no limit", cluster.get(path + "s"), {"timeouts": {"timeout": [none]}})
    expect("no limit by type", cluster.get(path + "s/LIFETIME"), {"timeout": none})
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2)
    text = later.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    status, answer = cluster.request("PUT", path, {"timeout": {"type": "LIFETIME", "expiryTime": text}})
    left = answer["timeout"].pop("remainingTimeInSeconds")
    expect("a limit", (status, answer), (200, {"timeout": {"type": "LIFETIME", "expiryTime": text}}))
    if not 7000 <= left <= 7200:
        raise Failure(f"{left} s are left of two hours")
    expect("in the application", cluster.app(app)["timeouts"]["timeout"][0]["expiryTime"], text)
    for body, words in (({"timeout": {"type": "LIFETIME"}}, "Timeout type or ExpiryTime is null."),
                        ({"timeout": {"type": "IDLE", "expiryTime": text}}, "the only one is LIFETIME"),
                        ({"timeout": {"type": "LIFETIME", "expiryTime": "tomorrow"}}, "not in ISO8601 format"),
                        ({"type": "LIFETIME", "expiryTime": "2001-01-01T00:00:00.000+0000"}, "not in the future")):
        refused(cluster, "PUT", path, body, 400, words)
    cluster.rmctl("app", "update-lifetime", app, "none")
    expect("no limit again", cluster.get(path + "s/LIFETIME"), {"timeout": none})


def signals(cluster, app):
    def container():
        found = cluster.get(f"{CLUSTER}/apps/{app}/appattempts")["appAttempts"]["appAttempt"]
        return found[-1].get("containerId")
    first = container()
    path = f"{CLUSTER}/containers/{first}/signal"
    expect("a dump", cluster.request("POST", path + "/OUTPUT_THREAD_DUMP")[0], 200)
    log = f"/heddle/v1/containers/{first}/logs/stdout"
    wait_for("the process to take SIGQUIT", lambda: "quit" in (cluster.get(log) or ""))
    expect("it goes on", cluster.app(app)["state"], "RUNNING")
    refused(cluster, "POST", path + "/DANCE", None, 400, "Invalid command: DANCE")
    refused(cluster, "POST", f"{CLUSTER}/containers/nothing/signal/OUTPUT_THREAD_DUMP", None, 500, "nothing")
    refused(cluster, "POST", f"{CLUSTER}/containers/container_1_0001_01_000001/signal/OUTPUT_THREAD_DUMP", None, 404,
            "container with id: container_1_0001_01_000001 not found")
    attempt = cluster.get(f"{CLUSTER}/apps/{app}/appattempts")["appAttempts"]["appAttempt"][-1]["appAttemptId"]
    cluster.rmctl("attempt", "fail", attempt)
    wait_for("the next attempt", lambda: container() not in (None, first) and cluster.app(app)["state"] == "RUNNING")
    refused(cluster, "POST", f"/heddle/v1/attempts/{attempt}/fail", None, 409, "is over")
    cluster.rmctl("container", "signal", container(), "FORCEFUL_SHUTDOWN")
    over = cluster.wait_app(app, "FAILED")
    if "signal 9" not in over["diagnostics"]:
        raise Failure(f"a forceful end is not told: {over['diagnostics']}")


def pages(cluster):
    apps = [cluster.submit(["true"], **{"application-name": name}) for name in ("b", "a", "c")]
    for app in apps:
        cluster.wait_app(app)

    def names(query):
        return [app["name"] for app in cluster.get(f"{CLUSTER}/apps?states=FINISHED&{query}")["apps"].get("app", [])]
    for query, wanted in {"sort=name": "a b c", "sort=name&order=desc": "c b a", "sort=name&limit=2&page=2": "c",
                          "order=asc": "b a c", "offset=1": "a b", "limit=1": "c"}.items():
        expect(query, names(query), wanted.split())
    expect("chosen fields", cluster.get(f"{CLUSTER}/apps?states=FINISHED&sort=name&limit=1&fields=name,id"),
           {"apps": {"app": [{"id": apps[1], "name": "a"}]}})
    request = urllib.request.Request(f"{cluster.server}{CLUSTER}/apps?states=FINISHED&limit=1", headers={
        "Authorization": "Bearer " + cluster.token_file.read_text().strip()})
    with urllib.request.urlopen(request, timeout=20) as answer:
        expect("how many there are", answer.headers["X-Total-Count"], "3")
        expect("how many are shown", len(json.load(answer)["apps"]["app"]), 1)
    refused(cluster, "GET", f"{CLUSTER}/apps?sort=nam", None, 400, "did you mean 'name'")


def limits(cluster):
    brief = cluster.submit(["sleep", "1000"], **{"application-timeouts": {"entry": [
        {"key": "LIFETIME", "value": 1}]}})
    over = cluster.wait_app(brief, "KILLED")
    expect("the end of a lifetime", over["diagnostics"],
           "Application is killed by ResourceManager as it has exceeded the lifetime period.")
    status, answer = cluster.request("POST", CLUSTER + "/apps", {
        "application-id": cluster.new_application(), "priority": 101, "heddle-argv": ["true"]})
    expect("a priority beyond the maximum", (status, "the cluster's maximum" in str(answer)), (400, True))


def main():
    with Cluster(nodes=1, settings=["scheduler.queues=root.default,root.batch"]) as cluster:
        app = cluster.submit(["/bin/sh", "-c", "trap 'echo quit' QUIT; while :; do sleep 0.05; done"])
        wait_for("it runs", lambda: cluster.app(app)["state"] == "RUNNING")
        queues(cluster, app)
        priorities(cluster, app)
        lifetimes(cluster, app)
        signals(cluster, app)
        pages(cluster)
        limits(cluster)
    print("passed")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
