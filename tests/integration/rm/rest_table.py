"""Every path of YARN's cluster REST as a table: method and path, what to ask it with, and the answer's shape, in JSON
and as XML. The table is held against the routes of the manager, so that a path without a line fails, and so does a
field that goes missing. What is refused is a table as well: status, kind of error, words."""

import json
import subprocess
import sys
import xml.etree.ElementTree

import rest_shapes as shapes
from manager import TESTS, Cluster, Failure, ask, expect
from rest_shapes import CLUSTER, ENTRIES, RESOURCE, refused
from shapes import FLAG, TEXT, WHOLE, Maybe, check, fields

PARTITION = {"resourceAvailable": RESOURCE}
LABEL = {"name": TEXT, "exclusivity": FLAG, "partitionInfo": Maybe(PARTITION)}
LABELS = {"nodeLabelInfo": [LABEL]}
PROPERTIES = {"property": [fields("name value", TEXT)]}
TIMEOUT = {"type": TEXT, "expiryTime": TEXT, "remainingTimeInSeconds": WHOLE}
OVERVIEW = {**fields("schedulerType schedulingResourceType", TEXT),
            **fields("minimumAllocation maximumAllocation", RESOURCE),
            **fields("applicationPriority schedulerBusy rmDispatcherEventQueueSize schedulerDispatcherEventQueueSize",
                     WHOLE)}
ACTIVITY = {"name": TEXT, "allocationState": TEXT, "diagnostic": Maybe(TEXT), "appPriority": Maybe(WHOLE),
            "requestPriority": Maybe(WHOLE), "allocationRequestId": Maybe(WHOLE), "nodeId": Maybe(TEXT),
            "nodeIds": Maybe([TEXT]), "count": Maybe(WHOLE), "children": Maybe([{}])}
ACTIVITIES = {"nodeId": Maybe(TEXT), "timestamp": WHOLE, "dateTime": TEXT, "diagnostic": Maybe(TEXT), "allocations": [{
    "partition": TEXT, "updatedContainerId": Maybe(TEXT), "finalAllocationState": TEXT, "root": ACTIVITY}]}
APP_ACTIVITIES = {
    "applicationId": TEXT, "timestamp": WHOLE, "dateTime": TEXT, "diagnostic": Maybe(TEXT), "allocations": [{
        **fields("queueName allocationState dateTime", TEXT), "timestamp": WHOLE, "appPriority": Maybe(WHOLE),
        "nodeId": Maybe(TEXT), "diagnostic": Maybe(TEXT), "children": Maybe([{
            "requestPriority": WHOLE, "allocationRequestId": Maybe(WHOLE), "allocationState": TEXT,
            "diagnostic": Maybe(TEXT), "children": Maybe([{}])}])}]}

# Path below /ws/v1/cluster, root element (of XML; JSON has it where YARN wraps), shape of the answer. {app} runs,
# {over} has finished, {waiting} waits for its master's container.
READ = [
    ("", "clusterInfo", {"clusterInfo": shapes.CLUSTER_INFO}),
    ("/info", "clusterInfo", {"clusterInfo": shapes.CLUSTER_INFO}),
    ("/userinfo", "clusterUserInfo", {"clusterUserInfo": fields("rmLoginUser requestedUser", TEXT)}),
    ("/metrics", "clusterMetrics", {"clusterMetrics": shapes.CLUSTER_METRICS}),
    ("/scheduler", "scheduler", {"scheduler": {"schedulerInfo": {**shapes.SCHEDULER, "queues": {
        "queue": [shapes.LEAF]}}}}),
    ("/scheduler-overview", "scheduler", {"scheduler": OVERVIEW}),
    ("/nodes", "nodes", {"nodes": {"node": [shapes.NODE]}}),
    ("/nodes/node-1", "node", {"node": shapes.NODE}),
    ("/nodes/node-1/get-labels", "nodeLabelsInfo", LABELS),
    ("/get-node-labels", "nodeLabelsInfo", LABELS),
    ("/get-rm-node-labels", "nodeLabelsInfo", {"nodeLabelInfo": [{**LABEL, "partitionInfo": PARTITION,
                                                                 "activeNMs": WHOLE}]}),
    ("/get-node-to-labels", "nodeToLabelsInfo", {"nodeToLabels": {"entry": [{"key": TEXT, "value": LABELS}]}}),
    ("/label-mappings", "labelsToNodesInfo", {"labelsToNodes": {"entry": [{
        "key": LABEL, "value": {"nodes": [TEXT], "partitionInfo": PARTITION}}]}}),
    ("/apps", "apps", {"apps": {"app": [shapes.APP]}}),
    ("/appstatistics", "appStatInfo", {"appStatInfo": {"statItem": [{"state": TEXT, "type": TEXT, "count": WHOLE}]}}),
    ("/apps/{app}", "app", {"app": shapes.APP}),
    ("/apps/{over}", "app", {"app": shapes.APP}),
    ("/apps/{app}/appattempts", "appAttempts", {"appAttempts": {"appAttempt": [shapes.ATTEMPT]}}),
    ("/apps/{app}/appattempts/{attempt}", "appAttempt", shapes.SINGLE_ATTEMPT),
    ("/apps/{app}/appattempts/{attempt}/containers", "containers", {
        "container": [shapes.CONTAINER], "containers": {"container": [shapes.CONTAINER]}}),
    ("/apps/{app}/appattempts/{attempt}/containers/{container}", "container", shapes.CONTAINER),
    ("/apps/{app}/state", "appstate", {"state": TEXT}),
    ("/apps/{app}/queue", "appqueue", {"queue": TEXT}),
    ("/apps/{app}/priority", "applicationpriority", {"priority": WHOLE}),
    ("/apps/{app}/timeouts", "timeouts", {"timeouts": {"timeout": [TIMEOUT]}}),
    ("/apps/{app}/timeouts/LIFETIME", "timeout", {"timeout": TIMEOUT}),
    ("/scheduler/activities", "activities", {"activities": ACTIVITIES}),
    ("/scheduler/bulk-activities?activitiesCount=3", "bulkActivities", {"bulkActivities": {"activities": [ACTIVITIES]}}),
    ("/scheduler/app-activities/{waiting}", "appActivities", {"appActivities": APP_ACTIVITIES}),
    ("/scheduler-conf", "configuration", PROPERTIES),
    ("/scheduler-conf/version", "configversion", {"versionID": WHOLE}),
    ("/queues/default/access?user=eve", "rmQueueAclInfo", {"allowed": FLAG, **fields("user diagnostics", TEXT)}),
]

LABEL_SSD = {"nodeLabelInfo": [{"name": "ssd", "exclusivity": True}]}
LIFETIME = {"timeout": {"type": "LIFETIME", "expiryTime": "2099-01-01T00:00:00.000+0000"}}
QUEUE_MAX = {"update-queue": [{"queue-name": "root.default", "params": {"entry": [
    {"key": "maximum-capacity", "value": "90"}]}}]}

# Method, path, body, status, shape of the answer: None is an empty body, a text is a text.
WRITE = [
    ("POST", "/apps/new-application", None, 200, {"application-id": TEXT, "maximum-resource-capability": RESOURCE}),
    ("POST", "/add-node-labels", LABEL_SSD, 200, None),
    ("POST", "/nodes/node-2/replace-labels?labels=ssd", None, 200, None),
    ("POST", "/replace-node-to-labels", {"nodeToLabels": [{"nodeId": "node-2", "labels": ["ssd"]}]}, 200, None),
    ("POST", "/add-node-labels", {"nodeLabelsInfo": LABEL_SSD}, 200, None),  # as clients write XML: with the root
    ("POST", "/replace-node-to-labels", {"nodeToLabelsInfo": {"nodeToLabels": [
        {"nodeId": "node-2", "labels": ["ssd"]}]}}, 200, None),
    ("GET", "/nodes/node-2/get-labels", None, 200, {"nodeLabelInfo": [{"name": TEXT, "exclusivity": FLAG}]}),
    ("POST", "/nodes/node-2/replace-labels?labels=", None, 200, None),
    ("POST", "/remove-node-labels?labels=ssd", None, 200, None),
    ("POST", "/nodes/node-2/resource", {"resource": {"memory": 2048, "vCores": 2}, "overCommitTimeout": -1}, 200,
     {"resourceInfo": RESOURCE}),
    ("POST", "/nodes/node-2/resource", {"resourceOption": {"resource": {"memory": 2048, "vCores": 2},
                                                           "overCommitTimeout": -1}}, 200,
     {"resourceInfo": RESOURCE}),
    ("PUT", "/apps/{app}/priority", {"priority": 3}, 200, {"priority": WHOLE}),
    ("PUT", "/apps/{app}/queue", {"queue": "default"}, 200, {"queue": TEXT}),
    ("PUT", "/apps/{app}/timeout", LIFETIME, 200, {"timeout": TIMEOUT}),
    ("POST", "/containers/{container}/signal/OUTPUT_THREAD_DUMP", None, 200, None),
    ("POST", "/scheduler-conf/validate", QUEUE_MAX, 200, PROPERTIES),
    ("PUT", "/scheduler-conf/validate", QUEUE_MAX, 200, PROPERTIES),
    ("PUT", "/scheduler-conf", QUEUE_MAX, 200, "Configuration change successfully applied."),
    ("GET", "/scheduler-conf/format", None, 200, "Configuration under store successfully formatted."),
    ("POST", "/scheduler/logs?time=1", None, 200, "Capacity scheduler logs are being created."),
    ("PUT", "/apps/{waiting}/state", {"state": "KILLED"}, 202, {"state": TEXT}),
]

BAD, MISSING, UNSUPPORTED = "BadRequestException", "NotFoundException", "UnsupportedOperationException"
RESERVATION, TOKEN = "reservations: not supported", "delegation tokens: not supported"

# Method, path, body, status, kind, words.
REFUSED = [
    ("GET", "/nothing", None, 404, MISSING, "no such path"),
    ("GET", "/nodes/gone", None, 404, MISSING, "nodeId, gone, is not found"),
    ("GET", "/nodes/gone/get-labels", None, 404, MISSING, "nodeId, gone, is not found"),
    ("GET", "/apps/{app}/appattempts/x", None, 400, BAD, "'x' is not an attempt id"),
    ("GET", "/apps/{app}/appattempts/{attempt}/containers/x", None, 400, BAD, "'x' is not a container id"),
    ("GET", "/apps/{app}/appattempts/{attempt}/containers/container_1_0001_01_000001", None, 404, MISSING,
     "container with id: container_1_0001_01_000001 not found"),
    ("GET", "/apps/{app}/timeouts/IDLE", None, 400, BAD, "the only one is LIFETIME"),
    ("GET", "/apps?limit=x", None, 400, BAD, "limit"),
    ("GET", "/apps?fields=id,bogus", None, 400, BAD, "no field 'bogus'; there are id, user,"),
    ("GET", "/apps?startedTimeEnd=x", None, 400, BAD, "startedTimeEnd"),
    ("GET", "/appstatistics?applicationTypes=a,b", None, 400, BAD, "at most one application type"),
    ("GET", "/appstatistics?states=GONE", None, 400, BAD, "Invalid application-state GONE"),
    ("GET", "/scheduler/activities?groupBy=x", None, 400, BAD, "Got invalid groupBy: x"),
    ("GET", "/scheduler/activities?nodeId=gone", None, 404, MISSING, "gone"),
    ("GET", "/scheduler/bulk-activities?activitiesCount=501", None, 400, BAD, "1 to 500, not '501'"),
    ("GET", "/scheduler/app-activities/{app}?actions=x", None, 400, BAD, "Got invalid action: x"),
    ("GET", "/scheduler/app-activities/{app}?maxTime=x", None, 400, BAD, "maxTime is a number"),
    ("GET", "/scheduler/app-activities/{app}?limit=0", None, 400, BAD, "limit is a number"),
    ("GET", "/scheduler/app-activities/{app}?requestPriorities=x", None, 400, BAD, "requestPriorities are numbers"),
    ("GET", "/scheduler/app-activities/{app}?allocationRequestIds=x", None, 400, BAD, "allocationRequestIds are numbers"),
    ("GET", "/queues/gone/access", None, 404, MISSING, "no queue named 'gone'"),
    ("GET", "/queues/default/access?queue-acl-type=FLY", None, 400, BAD, "is not a valid type"),
    ("POST", "/info", None, 405, BAD, "method not allowed"),
    ("DELETE", "/apps/{app}", None, 405, BAD, "method not allowed"),
    ("POST", "/nodes/gone/resource", {"resource": {"memory": 1, "vCores": 1}}, 404, MISSING, "gone"),
    ("POST", "/nodes/node-1/replace-labels?labels=a,b", None, 400, BAD, "one label at most"),
    ("POST", "/scheduler/logs", None, 400, BAD, "Period must be greater than 0"),
    ("POST", "/scheduler/logs?time=0", None, 400, BAD, "Period must be greater than 0"),
    ("POST", "/scheduler/logs?time=3601", None, 400, BAD, "from 1 to 3600"),
    ("GET", "/reservation/list?queue=default", None, 400, UNSUPPORTED, RESERVATION),
    ("POST", "/reservation/new-reservation", None, 400, UNSUPPORTED, RESERVATION),
    ("POST", "/reservation/submit", {}, 400, UNSUPPORTED, RESERVATION),
    ("POST", "/reservation/update", {}, 400, UNSUPPORTED, RESERVATION),
    ("POST", "/reservation/delete", {}, 400, UNSUPPORTED, RESERVATION),
    ("POST", "/delegation-token", {"renewer": "eve"}, 400, UNSUPPORTED, TOKEN),
    ("DELETE", "/delegation-token", None, 400, UNSUPPORTED, TOKEN),
    ("POST", "/delegation-token/expiration", None, 400, UNSUPPORTED, TOKEN),
]


# What every Hadoop daemon answers beside its REST: path, headers, status, shape of the JSON or words of a text.
BEAN = {"name": TEXT, "modelerType": TEXT}
PROPERTY = {**fields("key value resource", TEXT), "isFinal": FLAG}
AS_JSON = "Accept: application/json\r\n"
MANAGER = "Hadoop:service=ResourceManager,name="
BESIDE = [
    ("/isActive", "", 200, "I am Active!"),
    ("/conf", "", 200, "<configuration><property><name>yarn.scheduler.capacity."),
    ("/conf", AS_JSON, 200, {"properties": [PROPERTY]}),
    ("/conf?format=json&name=yarn.acl.enable", "", 200, {"properties": [PROPERTY]}),
    ("/conf?name=gone", "", 404, "Property gone not found"),
    ("/conf?format=yaml", "", 400, "Bad format: yaml; write json or xml"),
    ("/jmx", "", 200, {"beans": [BEAN]}),
    (f"/jmx?qry={MANAGER}ClusterMetrics", "", 200, {"beans": [{
        **BEAN, "tag.Context": TEXT, **fields("NumActiveNMs NumDecommissioningNMs NumDecommissionedNMs NumLostNMs "
                                              "NumUnhealthyNMs NumRebootedNMs NumShutdownNMs CapabilityMB "
                                              "CapabilityVirtualCores", WHOLE)}]}),
    (f"/jmx?qry={MANAGER}QueueMetrics,q0=root,*", "", 200, {"beans": [{
        **BEAN, "tag.Context": TEXT, "tag.Queue": TEXT,
        **fields("AppsRunning AppsPending AllocatedMB AllocatedVCores AllocatedContainers PendingMB PendingVCores "
                 "PendingContainers ReservedMB ReservedVCores ReservedContainers", WHOLE)}]}),
    ("/jmx?qry=*****", "", 400, "name fewer beans"),
    ("/logs", AS_JSON, 200, {"logs": {"file": [{"name": TEXT, **fields("size modified", WHOLE)}]}}),
    ("/logs", "Accept: text/html\r\n", 200, "<title>Directory: /logs/</title>"),
    ("/logs/gone", "", 404, "no log file 'gone'; /logs lists what there is"),
    ("/logLevel?log=root", "", 200, "Effective Level: <b>INFO</b>"),
    ("/logLevel?level=DEBUG", "", 400, "PUT /logLevel?level=DEBUG sets the level"),
    ("/prom", "", 200, "heddle_"),
    ("/stacks", "", 400, "stacks of the manager's threads: not supported"),
]


# All routes beside the REST; with lines above, the level's PUT in daemon_files.
HADOOPS_ROUTES = {("GET", path) for path in ("/isActive", "/conf", "/jmx", "/logs", "/logs/{file}", "/logLevel", "/prom",
                                             "/stacks")} | {("PUT", "/logLevel")}
HADOOPS = {path for _, path in HADOOPS_ROUTES}


def beside(cluster):
    """A bean of JMX has whatever figures it has, so only the single ones are held against a shape."""
    token = cluster.token_file.read_text().strip()
    for path, headers, status, shape in BESIDE:
        found, _, body = ask(cluster, "GET", path, token, headers)
        body = body.decode()
        expect(f"{path}: {body}", found, status)
        if not isinstance(shape, dict):
            if shape not in body:
                raise Failure(f"{path}: '{shape}' is not in {body}")
        elif path == "/jmx":
            names = [bean["name"] for bean in json.loads(body)["beans"]]
            expect("beans", [name.removeprefix(MANAGER) for name in names],
                   ["RMInfo", "ClusterMetrics", "QueueMetrics,q0=root", "QueueMetrics,q0=root,q1=default"])
        else:
            check(path, json.loads(body), shape)
    expect("/conf without a credential", ask(cluster, "GET", "/conf", "", "")[0], 401)
    expect("/isActive without a credential", ask(cluster, "GET", "/isActive", "", "")[0], 200)


def in_table(route):
    """Whether a line of the tables is answered by this route; a path's own words come before its parameters."""
    def fits(method, path):
        wanted, found = route[1].split("/")[4:], path.split("?")[0].split("/")[1:]
        return method == route[0] and len(wanted) == len(found) and all(
            part.startswith("{") or part == name for part, name in zip(wanted, found))
    lines = [("GET", path) for path, _, _ in READ] + [line[:2] for line in WRITE] + [line[:2] for line in REFUSED]
    return any(fits(*line) for line in lines)


def every_route():
    table = subprocess.run([TESTS / "rm_routes"], check=True, capture_output=True, text=True).stdout
    routes = [tuple(line.split()[:2]) for line in table.splitlines() if " /ws/v1/cluster" in line]
    found = {tuple(line.split()[:2]) for line in table.splitlines()}
    expect("routes beside", {(method, path) for method, path in found if path.count("/") == 1 and path in HADOOPS or
                             path.startswith("/logs/")} ^ HADOOPS_ROUTES, set())
    if len(routes) < 50:
        raise Failure(f"only {len(routes)} routes are listed")
    # Submissions and kills have tests of their own, in rest_shapes.
    own = {("POST", "/ws/v1/cluster/apps")}
    expect("routes without a line in the tables", [route for route in routes if route not in own and
                                                   not in_table(route)], [])


def read(cluster, path, root, shape):
    check(path, cluster.get(CLUSTER + path), shape)
    token = cluster.token_file.read_text().strip()
    status, head, body = ask(cluster, "GET", CLUSTER + path, token, "Accept: application/xml\r\n")
    expect(f"XML of {path}", (status, "Content-Type: application/xml; charset=utf-8" in head), (200, True))
    expect(f"root of {path}", xml.etree.ElementTree.fromstring(body).tag, root)


def write(cluster, method, path, body, status, shape):
    found, answer = cluster.request(method, CLUSTER + path, body)
    expect(f"{method} {path}: {answer}", found, status)
    if isinstance(shape, dict):
        check(path, answer, shape)
    else:
        expect(f"answer of {method} {path}", answer, shape)


def formatted(cluster):
    """What was put over REST is gone with /format, and only then."""
    def largest():
        entries = {entry["name"]: entry["value"] for entry in cluster.get(CLUSTER + "/scheduler-conf")["property"]}
        return entries["yarn.scheduler.capacity.root.default.maximum-capacity"]
    cluster.request("PUT", CLUSTER + "/scheduler-conf", QUEUE_MAX)
    expect("a change", largest(), "90")
    token = cluster.token_file.read_text().strip()
    expect("HEAD", ask(cluster, "HEAD", CLUSTER + "/scheduler-conf/format", token)[0], 400)
    expect("after HEAD", largest(), "90")
    cluster.get(CLUSTER + "/scheduler-conf/format")
    expect("after /format", largest(), "100")
    expect("its version", cluster.get("/heddle/v1/scheduler-config/versions")["versions"][0]["note"],
           "back to its file")


def every_field_is_known(cluster):
    """`fields` takes whatever an application may have, and gives it."""
    apps = cluster.get(CLUSTER + "/apps")["apps"]["app"]
    known = sorted({name for app in apps for name in app})
    chosen = cluster.get(f"{CLUSTER}/apps?fields={','.join(known)}")["apps"]["app"]
    expect("fields", [sorted(app) for app in chosen], [sorted(app) for app in apps])


def logged(cluster, app):
    """The scheduler's log names what was decided while it was written."""
    logs = list((cluster.root / "rm" / "logs").glob("scheduler-*.log"))
    expect("files of the scheduler's log", len(logs), 1)
    if f"stop {app}" not in logs[0].read_text():
        raise Failure(f"the log does not say that {app} was stopped: {logs[0].read_text()[:2000]}")


def main():
    every_route()
    with Cluster(nodes=2, memory=2048, vcores=2) as cluster:
        names = {"over": cluster.submit(["/bin/true"]), "app": None}
        cluster.wait_app(names["over"], "FINISHED")
        names["app"] = cluster.submit(["/bin/sh", "-c", "trap '' QUIT; sleep 1000 & wait"])
        cluster.wait_app(names["app"], "RUNNING")
        full = [cluster.submit(["/bin/sleep", "1000"], memory=1900, vcores=1) for _ in range(2)]
        cluster.wait_app(full[0], "RUNNING")
        names["waiting"] = full[1]
        attempt = cluster.get(f"{CLUSTER}/apps/{names['app']}/appattempts")["appAttempts"]["appAttempt"][0]
        names.update(attempt=attempt["appAttemptId"], container=attempt["containerId"])
        check("entries", {"entry": []}, ENTRIES)
        every_field_is_known(cluster)
        for path, root, shape in READ:
            read(cluster, path.format(**names), root, shape)
        beside(cluster)
        for method, path, body, status, kind, words in REFUSED:
            refused(cluster, method, CLUSTER + path.format(**names), status, kind, words, body)
        for method, path, body, status, shape in WRITE:
            write(cluster, method, path.format(**names), body, status, shape)
        cluster.wait_app(names["waiting"], "KILLED")
        cluster.request("PUT", f"{CLUSTER}/apps/{names['app']}/state", {"state": "KILLED"})
        cluster.wait_app(names["app"], "KILLED")
        logged(cluster, names["container"])
        formatted(cluster)
    print("passed")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
