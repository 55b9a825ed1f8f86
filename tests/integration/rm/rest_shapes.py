"""Every field of YARN's REST answers, on a running manager and agent: names and types as its documentation and
code have them, empty lists, refusals, XML and gzip. A field that YARN leaves out when it is null is marked."""

import gzip
import json
import sys
import urllib.request
import xml.etree.ElementTree

from manager import Cluster, Failure, ask, expect, wait_for
from shapes import FLAG, REAL, TEXT, WHOLE, Maybe, absent, check, fields

RESOURCE = {**fields("memory vCores", WHOLE), "resourceInformations": {"resourceInformation": [{
    "attributes": {}, **fields("maximumAllocation minimumAllocation value", WHOLE),
    **fields("name resourceType units", TEXT)}]}}

CLUSTER_INFO = {**fields("id startedOn", WHOLE), **fields(
    "state haState rmStateStoreName resourceManagerVersion resourceManagerBuildVersion resourceManagerVersionBuiltOn "
    "hadoopVersion hadoopBuildVersion hadoopVersionBuiltOn haZooKeeperConnectionState", TEXT),
    "subClusterId": Maybe(TEXT)}

CLUSTER_METRICS = {**fields(
    "appsSubmitted appsCompleted appsPending appsRunning appsFailed appsKilled reservedMB availableMB allocatedMB "
    "pendingMB reservedVirtualCores availableVirtualCores allocatedVirtualCores pendingVirtualCores "
    "containersAllocated containersReserved containersPending totalMB utilizedMB totalVirtualCores "
    "utilizedVirtualCores utilizedMBPercent utilizedVirtualCoresPercent rmSchedulerBusyPercent totalNodes lostNodes "
    "unhealthyNodes decommissioningNodes decommissionedNodes rebootedNodes activeNodes shutdownNodes "
    "containerAssignedPerSecond totalAllocatedContainersAcrossPartition rmEventQueueSize schedulerEventQueueSize",
    WHOLE), **fields("totalUsedResourcesAcrossPartition totalClusterResourcesAcrossPartition "
                     "totalReservedResourcesAcrossPartition totalPendingResourcesAcrossPartition", RESOURCE), "crossPartitionMetricsAvailable": FLAG}

VECTOR = {"configuredCapacityVector": TEXT, "capacityVectorEntries": [fields("resourceName resourceValue", TEXT)]}
CAPACITIES = {"queueCapacitiesByPartition": [{
    "partitionName": TEXT, "queueCapacityVectorInfo": VECTOR,
    **fields("capacity usedCapacity maxCapacity absoluteCapacity absoluteUsedCapacity absoluteMaxCapacity "
             "maxAMLimitPercentage weight normalizedWeight", REAL),
    **fields("configuredMinResource configuredMaxResource effectiveMinResource effectiveMaxResource", RESOURCE)}]}
ACLS = {"queueAcl": [fields("accessType accessControlList", TEXT)]}
KINDS = fields("mode queueType creationMethod autoCreationEligibility", TEXT)
TEMPLATES = fields("autoQueueTemplateProperties autoQueueParentTemplateProperties autoQueueLeafTemplateProperties", {})
USAGES = {"resourceUsagesByPartition": [{
    "partitionName": TEXT, **fields("used reserved pending amUsed amLimit userAmLimit", RESOURCE)}]}

SCHEDULER = {
    "type": TEXT, **fields("capacity usedCapacity maxCapacity weight normalizedWeight", REAL),
    "queueCapacityVectorInfo": VECTOR, **fields("queueName queuePath orderingPolicyInfo", TEXT),
    **fields("maxParallelApps queuePriority", WHOLE), "isAbsoluteResource": FLAG, "queues": {"queue": [{}]},
    "capacities": CAPACITIES, "health": {
        "lastrun": WHOLE, "operationsInfo": [fields("operation nodeId containerId queue", TEXT)],
        "lastRunDetails": [{"operation": TEXT, "count": WHOLE, "resources": RESOURCE}]},
    "maximumAllocation": RESOURCE, "queueAcls": ACLS, **KINDS, "defaultNodeLabelExpression": Maybe(TEXT), **TEMPLATES}

QUEUE = {
    **fields("queuePath queueName state orderingPolicyInfo", TEXT), **KINDS, **TEMPLATES,
    **fields("capacity usedCapacity maxCapacity absoluteCapacity absoluteMaxCapacity absoluteUsedCapacity weight "
             "normalizedWeight", REAL),
    **fields("numApplications maxParallelApps allocatedContainers reservedContainers pendingContainers queuePriority",
             WHOLE),
    **fields("isAbsoluteResource hideReservationQueues autoCreateChildQueueEnabled", FLAG),
    **fields("resourcesUsed minEffectiveCapacity maxEffectiveCapacity maximumAllocation", RESOURCE),
    "nodeLabels": [TEXT], "capacities": CAPACITIES, "resources": USAGES, "queueAcls": ACLS, "leafQueueTemplate": {}}
USER = {"username": TEXT, **fields("resourcesUsed AMResourceUsed userResourceLimit", RESOURCE),
        **fields("numPendingApplications numActiveApplications", WHOLE), "resources": USAGES, "userWeight": REAL,
        "isActive": FLAG}
LEAF = {
    **QUEUE, "type": TEXT,
    **fields("numActiveApplications numPendingApplications numContainers maxApplications maxApplicationsPerUser "
             "defaultPriority maxApplicationLifetime defaultApplicationLifetime", WHOLE),
    **fields("userLimit userLimitFactor configuredMaxAMResourceLimit", REAL), "users": {"user": Maybe([USER])},
    **fields("AMResourceLimit usedAMResource userAMResourceLimit", RESOURCE),
    **fields("preemptionDisabled intraQueuePreemptionDisabled isAutoCreatedLeafQueue", FLAG)}

ENTRIES = {"entry": [{"key": TEXT, "value": TEXT}]}
REQUEST = {**fields("priority allocationRequestId numContainers", WHOLE),
           **fields("resourceName nodeLabelExpression", TEXT), "capability": RESOURCE, "relaxLocality": FLAG,
           "executionTypeRequest": {"executionType": TEXT, "enforceExecutionType": FLAG},
           "placementConstraint": Maybe(TEXT), "allocationTags": Maybe([TEXT])}
APP = {
    **fields("id user name queue state finalStatus trackingUI trackingUrl diagnostics applicationType applicationTags "
             "logAggregationStatus amContainerLogs amHostHttpAddress masterNodeId amNodeLabelExpression", TEXT),
    **fields("progress queueUsagePercentage clusterUsagePercentage", REAL),
    **fields("clusterId priority startedTime launchTime finishedTime elapsedTime allocatedMB allocatedVCores "
             "reservedMB reservedVCores runningContainers memorySeconds vcoreSeconds preemptedResourceMB "
             "preemptedResourceVCores numNonAMContainerPreempted numAMContainerPreempted preemptedMemorySeconds "
             "preemptedVcoreSeconds", WHOLE),
    "resourceSecondsMap": ENTRIES, "preemptedResourceSecondsMap": {}, "unmanagedApplication": FLAG,
    "timeouts": {"timeout": [{"type": TEXT, "expiryTime": TEXT, "remainingTimeInSeconds": WHOLE}]},
    # Without high availability, a master that listens, labels, pending requests: null in YARN too.
    "rmClusterId": Maybe(TEXT), "amRPCAddress": Maybe(TEXT), "appNodeLabelExpression": Maybe(TEXT),
    "resourceRequests": Maybe([REQUEST]), "resourceInfo": Maybe({"resourceUsagesByPartition": [{
        "partitionName": TEXT, **fields("used reserved pending amUsed", RESOURCE)}]})}

ATTEMPT = {**fields("id startTime finishedTime", WHOLE),
           **fields("containerId nodeHttpAddress nodeId logsLink blacklistedNodes nodesBlacklistedBySystem "
                    "appAttemptId exportPorts appAttemptState", TEXT)}
SINGLE_ATTEMPT = {**fields("appAttemptId host trackingUrl originalTrackingUrl diagnosticsInfo appAttemptState "
                           "amContainerId", TEXT), **fields("rpcPort startedTime finishedTime", WHOLE)}
CONTAINER = {
    **fields("containerId assignedNodeId diagnosticsInfo logUrl containerState nodeHttpAddress nodeId exposedPorts",
             TEXT),
    **fields("allocatedMB allocatedVCores priority startedTime finishedTime elapsedTime containerExitStatus", WHOLE),
    "allocatedResources": [{"key": TEXT, "value": TEXT}]}
NODE = {
    **fields("rack state id nodeHostName nodeHTTPAddress version healthReport", TEXT),
    **fields("lastHealthUpdate numContainers usedMemoryMB availMemoryMB usedVirtualCores availableVirtualCores "
             "numRunningOpportContainers usedMemoryOpportGB usedVirtualCoresOpport numQueuedContainers", WHOLE),
    **fields("memUtilization cpuUtilization", REAL), "nodeLabels": [TEXT],
    "allocationTags": {"allocationTagInfo": Maybe([{"allocationTag": TEXT, "allocationsCount": WHOLE}])},
    "resourceUtilization": {
        **fields("nodePhysicalMemoryMB nodeVirtualMemoryMB aggregatedContainersPhysicalMemoryMB "
                 "aggregatedContainersVirtualMemoryMB containersCPUUsage", WHOLE),
        "nodeCPUUsage": REAL},
    **fields("usedResource availableResource totalResource", RESOURCE),
    "nodeAttributesInfo": {"nodeAttributeInfo": Maybe([fields("prefix name type value", TEXT)])},
    "subClusterId": Maybe(TEXT)}

NODE_INFO = {
    **fields("healthReport resourceTypes nodeManagerVersion nodeManagerBuildVersion nodeManagerVersionBuiltOn "
             "hadoopVersion hadoopBuildVersion hadoopVersionBuiltOn id nodeHostName", TEXT),
    **fields("totalVmemAllocatedContainersMB totalPmemAllocatedContainersMB totalVCoresAllocatedContainers "
             "lastNodeUpdateTime nmStartupTime", WHOLE),
    **fields("vmemCheckEnabled pmemCheckEnabled nodeHealthy", FLAG)}
NODE_APP = {**fields("id state user", TEXT), "containerids": [TEXT]}
NODE_CONTAINER = {**fields("id state diagnostics user executionType containerLogsLink nodeId", TEXT),
                  **fields("exitCode totalMemoryNeededMB totalVCoresNeeded", WHOLE), "containerLogFiles": [TEXT]}
LOGS = [{"containerLogInfo": [{"fileName": TEXT, "fileSize": WHOLE, "lastModifiedTime": TEXT}],
         **fields("logAggregationType containerId nodeId", TEXT)}]

CLUSTER = "/ws/v1/cluster"


def cluster_objects(cluster):
    for path in ("", "/info"):
        check("clusterInfo", cluster.get(CLUSTER + path)["clusterInfo"], CLUSTER_INFO)
    expect("state", cluster.get(CLUSTER)["clusterInfo"]["state"], "STARTED")
    check("clusterMetrics", cluster.get(CLUSTER + "/metrics")["clusterMetrics"], CLUSTER_METRICS)
    nodes = cluster.get(CLUSTER + "/nodes")["nodes"]["node"]
    check("nodes", nodes, [NODE])
    check("node", cluster.get(f"{CLUSTER}/nodes/{nodes[0]['id']}")["node"], NODE)
    expect("nodes that run", len(cluster.get(CLUSTER + "/nodes?states=running,LOST")["nodes"]["node"]), 1)
    expect("no node is lost", cluster.get(CLUSTER + "/nodes?states=LOST"), {"nodes": {}})


def queues(cluster, user):
    scheduler = cluster.get(CLUSTER + "/scheduler")["scheduler"]["schedulerInfo"]
    check("schedulerInfo", scheduler, SCHEDULER)
    expect("order of keys", [key for key in scheduler if key in SCHEDULER], [
        "type", "capacity", "usedCapacity", "maxCapacity", "weight", "normalizedWeight", "queueCapacityVectorInfo",
        "queueName", "queuePath", "maxParallelApps", "isAbsoluteResource", "queues", "capacities", "health",
        "maximumAllocation", "queueAcls", "queuePriority", "orderingPolicyInfo", "mode", "queueType",
        "creationMethod", "autoCreationEligibility", *TEMPLATES])
    for leaf in scheduler["queues"]["queue"]:
        check(leaf["queuePath"], leaf, LEAF)
        absent("a leaf queue", leaf, "queues")  # clients go down where it is
        expect("a leaf's kind", leaf["type"], "capacitySchedulerLeafQueueInfo")
    busy = next(leaf for leaf in scheduler["queues"]["queue"] if leaf["users"])
    expect("users of the queue", [(entry["username"], entry["numActiveApplications"])
                                  for entry in busy["users"]["user"]], [(user, 1)])


def applications(cluster, running, finished):
    listed = cluster.get(CLUSTER + "/apps")["apps"]["app"]
    check("apps", listed, [APP])
    expect("newest first", [app["id"] for app in listed], [running, finished])
    live, over = cluster.app(running), cluster.app(finished)
    for app in (live, over):
        check(app["id"], app, APP)
    check("a running application", live, {"resourceInfo": APP["resourceInfo"].shape})
    for name in ("allocatedMB", "allocatedVCores", "runningContainers"):
        expect(f"{name} of a finished application", over[name], -1)
    absent("what is deselected", cluster.get(
        CLUSTER + "/apps?deSelects=resourceRequests,timeouts&deSelects=amNodeLabelExpression,resourceInfo")
        ["apps"]["app"][0], "resourceRequests timeouts amNodeLabelExpression resourceInfo")
    expect("parts of the queue and of the cluster", live["queueUsagePercentage"] > 0, True)
    attempts = cluster.get(f"{CLUSTER}/apps/{running}/appattempts")["appAttempts"]["appAttempt"]
    check("appAttempts", attempts, [ATTEMPT])
    attempt = f"{CLUSTER}/apps/{running}/appattempts/{attempts[0]['appAttemptId']}"
    check("appAttempt", cluster.get(attempt), SINGLE_ATTEMPT)
    found = cluster.get(attempt + "/containers")
    check("containers", found, {"container": [CONTAINER], "containers": {"container": [CONTAINER]}})
    one = cluster.get(f"{attempt}/containers/{found['container'][0]['containerId']}")
    check("container", one, CONTAINER)
    check("appStatInfo", cluster.get(CLUSTER + "/appstatistics")["appStatInfo"],
          {"statItem": [{"state": TEXT, "type": TEXT, "count": WHOLE}]})
    return found["container"][0]["containerId"]


def filters(cluster, running, finished):
    over = cluster.app(finished)

    def chosen(query):
        return [app["id"] for app in cluster.get(f"{CLUSTER}/apps?{query}")["apps"].get("app", [])]
    for query, wanted in {
            "states=RUNNING": [running], "states=running&states=FINISHED": [running, finished],
            "state=FINISHED": [finished], "finalStatus=SUCCEEDED": [finished], "queue=default": [running, finished],
            "queue=nowhere": [], f"user={over['user']}": [running, finished], "user=nobody-else": [],
            "limit=1": [running], "name=done": [finished], "applicationTags=Nightly": [finished],
            "applicationTypes=command,x": [running, finished], "applicationTypes=x": [],
            f"startedTimeBegin={over['startedTime'] + 1}": [running],
            f"startedTimeEnd={over['startedTime']}": [finished],
            f"finishedTimeBegin={over['finishedTime']}": [finished],
            f"finishedTimeBegin=1&finishedTimeEnd={over['finishedTime'] - 1}": []}.items():
        expect(query, chosen(query), wanted)
    expect("an empty list", cluster.get(CLUSTER + "/apps?states=FAILED"), {"apps": {}})
    for query, words in {
            "apps?states=GONE": "Invalid application-state GONE specified. It should be one of [NEW, NEW_SAVING, ",
            "apps?finalStatus=GONE": "FinalApplicationStatus.GONE", "apps?limit=0": "limit value must be greater then 0",
            "apps?startedTimeBegin=-1": "startedTimeBegin must be greater than 0",
            "apps?finishedTimeBegin=2&finishedTimeEnd=1": "finishTimeEnd must be greater than finishTimeBegin",
            "apps?deSelects=x": "Invalid deSelects string x specified", "nodes?states=GONE": "NodeState.GONE"}.items():
        refused(cluster, "GET", f"{CLUSTER}/{query}", 400, "BadRequestException", words)


def refused(cluster, method, path, status, kind, words, body=None, server=None):
    found, answer = cluster.request(method, path, body, server=server)
    expect(f"{method} {path}", found, status)
    error = answer["RemoteException"]
    expect(f"fields of the error of {path}", sorted(error), ["exception", "javaClassName", "message"])
    expect(f"kind of the error of {path}", error["exception"], kind)
    if words not in error["message"] or not error["javaClassName"].endswith("." + kind):
        raise Failure(f"{method} {path}: {error}")


def unknown_ids(cluster, running):
    app, attempt = "application_1_0001", "appattempt_1_0001_000001"
    for path, words in {
            f"apps/{app}": f"app with id: {app} not found", f"apps/{app}/state": app,
            f"apps/{running}/appattempts/{attempt}": f"app attempt with id: {attempt} not found",
            "nodes/node-9": "nodeId, node-9, is not found"}.items():
        refused(cluster, "GET", f"{CLUSTER}/{path}", 404, "NotFoundException", words)
    refused(cluster, "GET", CLUSTER + "/apps/application_x", 400, "BadRequestException", "application_x")


def bodies(cluster):
    """What YARN's clients may send: lists of one as an object, one command as a text, with and without a root."""
    entry = {"key": "HEDDLE_TEST_ROOT", "value": str(cluster.root)}
    apps = []
    for environment, command in (([entry], ["true", "&&", "exit 0"]), (entry, "true")):
        for root in (None, "application-submission-context"):
            new = cluster.request("POST", CLUSTER + "/apps/new-application", {})[1]
            check("new-application", new, {"application-id": TEXT, "maximum-resource-capability": RESOURCE})
            body = {"application-id": new["application-id"], "application-name": "done", "priority": 0,
                    "resource": {"memory": "64", "vCores": 1}, "application-tags": {"tag": "nightly"},
                    "am-container-spec": {"environment": {"entry": environment}, "commands": {"command": command}}}
            request = urllib.request.Request(
                cluster.server + CLUSTER + "/apps", json.dumps({root: body} if root else body).encode(),
                {"Content-Type": "application/json", "Authorization": "Bearer " + cluster.token_file.read_text().strip()})
            with urllib.request.urlopen(request, timeout=20) as answer:
                expect("a submission", (answer.status, answer.read(), answer.headers["Location"]),
                       (202, b"", f"{cluster.server}{CLUSTER}/apps/{new['application-id']}"))
            apps.append(new["application-id"])
    for app in apps:
        expect(app, cluster.wait_app(app)["finalStatus"], "SUCCEEDED")


def states(cluster, running, finished):
    path = f"{CLUSTER}/apps/{running}/state"
    expect("state", cluster.get(path), {"state": "RUNNING"})
    for target in ("FINISHED", "GONE", ""):
        refused(cluster, "PUT", path, 400, "BadRequestException", "Only 'KILLED' is allowed as a target state",
                {"state": target})
    refused(cluster, "PUT", f"{CLUSTER}/apps/application_1_0001/state", 404, "NotFoundException",
            "application_1_0001", {"state": "KILLED"})
    expect("the state it is in", cluster.request("PUT", path, {"state": "RUNNING"}), (200, {"state": "RUNNING"}))
    expect("killing what is over", cluster.request("PUT", f"{CLUSTER}/apps/{finished}/state", {"state": "KILLED"}),
           (200, {"state": "FINISHED"}))
    for body in ({"appstate": {"state": "KILLED", "diagnostics": "too long"}}, {"app": {"state": "KILLED"}}):
        status, _ = cluster.request("PUT", path, body)
        expect("a kill", status, 200, 202)
    over = cluster.wait_app(running, "KILLED")
    if "too long" not in over["diagnostics"]:
        raise Failure(f"the reason of the kill is lost: {over['diagnostics']}")
    expect("a kill that is done", cluster.request("PUT", path, {"state": "KILLED"}), (200, {"state": "KILLED"}))


def node_objects(cluster, running, container):
    server = f"http://{cluster.addresses['node-1']}:{cluster.http_ports['node-1']}"

    def get(path):
        return cluster.get("/ws/v1/node" + path, server=server)
    for path in ("", "/info"):
        check("nodeInfo", get(path)["nodeInfo"], NODE_INFO)
    check("apps", get("/apps")["apps"], {"app": [NODE_APP]})
    check("app", get(f"/apps/{running}")["app"], NODE_APP)
    expect("applications that run", [app["id"] for app in get("/apps?state=RUNNING")["apps"]["app"]], [running])
    expect("another user's", get("/apps?user=nobody-else"), {"apps": {}})
    check("containers", get("/containers")["containers"], {"container": [NODE_CONTAINER]})
    check("container", get(f"/containers/{container}")["container"], NODE_CONTAINER)
    check("logs", get(f"/containers/{container}/logs")["containerLogsInfo"], LOGS)
    for path in (f"containers/{container}/logs/stdout", f"containerlogs/{container}/stdout"):
        wait_for("the log", lambda: get("/" + path) == "out\n")
        expect("the end of a log", get(f"/{path}?size=-2"), "t\n")
    for path, status, kind, words in (
            ("apps?user=", 400, "BadRequestException", "You must specify a non-empty string for the user"),
            ("apps?state=GONE", 400, "BadRequestException", "ApplicationState.GONE"),
            ("apps/application_1_0001", 404, "NotFoundException", "app with id application_1_0001 not found"),
            ("containers/container_1_0001_01_000001", 404, "NotFoundException", "not found")):
        refused(cluster, "GET", "/ws/v1/node/" + path, status, kind, words, server=server)
    document(cluster, f"/ws/v1/node/containers/{container}/logs", "containerLogsInfoes", server)
    document(cluster, "/ws/v1/node/info", "nodeInfo", server)


def document(cluster, path, root, server=None):
    """The XML answer to a GET, checked against the JSON one."""
    headers = {"Authorization": "Bearer " + cluster.token_file.read_text().strip(), "Accept": "application/xml",
               "Accept-Encoding": "gzip"}
    with urllib.request.urlopen(urllib.request.Request((server or cluster.server) + path, headers=headers),
                                timeout=20) as answer:
        text = answer.read()
        expect(f"type of {path}", answer.headers["Content-Type"], "application/xml; charset=utf-8")
        if answer.headers["Content-Encoding"] == "gzip":
            text = gzip.decompress(text)
    tree = xml.etree.ElementTree.fromstring(text)
    expect(f"root of {path}", tree.tag, root)
    found = cluster.get(path, server=server)
    inner = found[root] if root in found else found
    expect(f"elements of {path}", sorted({child.tag for child in tree}), sorted(
        key for key, value in inner.items() if value is not None and value != []))
    return tree


def formats(cluster, running):
    for path, root in {
            "/info": "clusterInfo", "/metrics": "clusterMetrics", "/nodes": "nodes", "/apps": "apps",
            f"/apps/{running}": "app", f"/apps/{running}/state": "appstate", f"/apps/{running}/queue": "appqueue",
            f"/apps/{running}/appattempts": "appAttempts", "/scheduler": "scheduler"}.items():
        tree = document(cluster, CLUSTER + path, root)
        if root == "scheduler":
            kind = tree.find("schedulerInfo").get("{http://www.w3.org/2001/XMLSchema-instance}type")
            expect("kind of scheduler", kind, "capacityScheduler")
    token = cluster.token_file.read_text().strip()
    accept = "Accept: application/xml\r\n"
    status, _, body = ask(cluster, "GET", CLUSTER + "/apps/application_1_0001", token, accept)
    expect("an unknown application in XML", (status, xml.etree.ElementTree.fromstring(body).tag),
           (404, "RemoteException"))
    status, _, body = ask(cluster, "GET", CLUSTER + "/info", "", accept)
    expect("a refusal in XML", (status, xml.etree.ElementTree.fromstring(body).tag), (401, "RemoteException"))
    status, head, body = ask(cluster, "GET", CLUSTER + "/scheduler", token, "Accept-Encoding: gzip\r\n")
    if "Content-Encoding: gzip" not in head or "Content-Type: application/json; charset=utf-8" not in head:
        raise Failure(f"the scheduler as gzip:\n{head}")
    check("the scheduler as gzip", json.loads(gzip.decompress(body)), {"scheduler": {"schedulerInfo": SCHEDULER}})
    for coding in ("", "Accept-Encoding: gzip;q=0\r\n"):
        _, head, body = ask(cluster, "GET", CLUSTER + "/scheduler", token, coding)
        expect("the plain scheduler", "Content-Encoding" in head or not json.loads(body), False)


def main():
    with Cluster(nodes=1) as cluster:
        expect("no applications", cluster.get(CLUSTER + "/apps"), {"apps": {}})
        finished = cluster.submit(["/bin/true"], name="done", **{"application-tags": {"tag": ["nightly", "x"]}})
        user = cluster.wait_app(finished, "FINISHED")["user"]
        running = cluster.submit(["/bin/sh", "-c", "echo out; exec sleep 1000"])
        cluster.wait_app(running, "RUNNING")
        cluster_objects(cluster)
        queues(cluster, user)
        container = applications(cluster, running, finished)
        filters(cluster, running, finished)
        unknown_ids(cluster, running)
        node_objects(cluster, running, container)
        formats(cluster, running)
        states(cluster, running, finished)
        bodies(cluster)
    print("passed")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
