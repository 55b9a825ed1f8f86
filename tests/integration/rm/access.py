"""Access lists on a running manager: who holds the token operates the cluster; anybody else sees what the lists show.
The one without a token stands for all who do not operate it: what role gives which right is a table in access_test."""

import sys
import urllib.error
import urllib.request

from manager import Cluster, Failure, expect

CLUSTER = "/ws/v1/cluster"


def stranger(cluster, path, method="GET"):
    """(status, text) without any credential."""
    try:
        with urllib.request.urlopen(urllib.request.Request(cluster.server + path, method=method), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def seen(cluster, path, words):
    status, text = stranger(cluster, path)
    expect(f"GET {path}", (status, words in text), (200, True))


def refused(cluster, path, words):
    status, text = stranger(cluster, path)
    expect(f"GET {path}: {text}", (status, words in text), (403, True))


def lists_on(cluster):
    acls = {"am-container-spec": {"application-acls": {"entry": [{"key": "VIEW_APP", "value": "*"}]}}}
    shown = cluster.submit(["true"], name="shown", **acls)
    hidden = cluster.submit(["true"], name="hidden")
    for app in (shown, hidden):
        cluster.wait_app(app)
    expect("all for an operator", len(cluster.get(CLUSTER + "/apps")["apps"]["app"]), 2)
    status, text = stranger(cluster, CLUSTER + "/apps")
    expect("a list shows what may be seen", (status, shown in text, hidden in text), (200, True, False))
    seen(cluster, CLUSTER + "/appstatistics?states=FINISHED", '"count":1')
    for path in ("", "/state", "/queue", "/priority", "/timeouts", "/timeouts/LIFETIME", "/appattempts"):
        seen(cluster, f"{CLUSTER}/apps/{shown}{path}", "")
        refused(cluster, f"{CLUSTER}/apps/{hidden}{path}", "User anonymous cannot see " + hidden)
    seen(cluster, CLUSTER + "/info", "STARTED")
    refused(cluster, "/api/v1/applications", "does not operate this cluster")
    expect("writing without a credential", stranger(cluster, f"{CLUSTER}/apps/new-application", "POST")[0], 401)
    refused(cluster, CLUSTER + "/queues/default/access?user=eve", "cannot check ACLs for other users")
    expect("the question about another", cluster.get(
        CLUSTER + "/queues/default/access?user=eve&queue-acl-type=SUBMIT_APPLICATIONS"), {
            "allowed": False, "user": "eve",
            "diagnostics": "User=eve doesn't have access to queue=default with acl-type=SUBMIT_APPLICATIONS"})
    expect("the question about oneself", cluster.get(CLUSTER + "/queues/root.default/access")["allowed"], True)
    status, answer = cluster.request("GET", CLUSTER + "/queues/default/access?queue-acl-type=FLY")
    expect("an unknown right", (status, "is not a valid type" in answer["RemoteException"]["message"]), (400, True))
    expect("an unknown queue", cluster.request("GET", CLUSTER + "/queues/gone/access")[0], 404)


def waiting(cluster):
    """Why it waits is for those who may see the application; others are not told that there is one."""
    acls = {"am-container-spec": {"application-acls": {"entry": [{"key": "VIEW_APP", "value": "*"}]}}}
    holder = cluster.submit(["/bin/sleep", "1000"], memory=1900)
    cluster.wait_app(holder, "RUNNING")
    shown = cluster.submit(["true"], memory=1900, **acls)
    hidden = cluster.submit(["true"], memory=1900)
    scheduler = CLUSTER + "/scheduler"
    seen(cluster, f"{scheduler}/app-activities/{shown}", "No node has")
    refused(cluster, f"{scheduler}/app-activities/{hidden}", "User anonymous cannot see " + hidden)
    for path in ("/activities", "/bulk-activities"):
        status, text = stranger(cluster, scheduler + path)
        expect(f"{path} shows what may be seen", (status, shown in text, hidden in text), (200, True, False))


def lists_off(cluster):
    app = cluster.submit(["true"])
    cluster.wait_app(app)
    seen(cluster, f"{CLUSTER}/apps/{app}", app)
    expect("everybody may submit", cluster.get(CLUSTER + "/queues/default/access?user=eve"),
           {"allowed": True, "user": "eve", "diagnostics": ""})


def main():
    with Cluster(nodes=1, settings=["auth.anonymous_read=true", "acl.enable=true"]) as cluster:
        lists_on(cluster)
        waiting(cluster)
    with Cluster(nodes=1, settings=["auth.anonymous_read=true"]) as cluster:
        lists_off(cluster)
    print("passed")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
