#!/usr/bin/env python3
"""Every field of Spark's monitoring REST for a running application, by way of the resource manager: names, types,
dates, status parameters and the words of a 404.

    spark_shapes.py PROGRAM BIN
"""

import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
PROGRAM, os.environ["HEDDLE_BIN"] = sys.argv[1], sys.argv[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from cluster import Cluster, Failure  # noqa: E402
from shapes import FLAG, REAL, TEXT, WHOLE, Maybe, absent, check, fields  # noqa: E402

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}GMT")

APPLICATION = {**fields("id name", TEXT), **fields("coresGranted maxCores coresPerExecutor memoryPerExecutorMB",
                                                   Maybe(WHOLE)), "attempts": [{
    **fields("attemptId startTime endTime lastUpdated sparkUser appSparkVersion", TEXT),
    **fields("duration startTimeEpoch endTimeEpoch lastUpdatedEpoch", WHOLE), "completed": FLAG}]}

JOB = {**fields("name status submissionTime completionTime", TEXT), **fields(
    "jobId numTasks numActiveTasks numCompletedTasks numSkippedTasks numFailedTasks numKilledTasks "
    "numCompletedIndices numActiveStages numCompletedStages numSkippedStages numFailedStages", WHOLE),
    "stageIds": [WHOLE], "jobTags": [TEXT], "killedTasksSummary": {}, **fields("description jobGroup", Maybe(TEXT))}

STAGE = {
    **fields("status name details schedulingPool submissionTime firstTaskLaunchedTime completionTime", TEXT),
    **fields("stageId attemptId numTasks numActiveTasks numCompleteTasks numFailedTasks numKilledTasks "
             "numCompletedIndices executorDeserializeTime executorDeserializeCpuTime executorRunTime executorCpuTime "
             "resultSize jvmGcTime resultSerializationTime memoryBytesSpilled diskBytesSpilled peakExecutionMemory "
             "peakOnHeapExecutionMemory peakOffHeapExecutionMemory inputBytes inputRecords outputBytes outputRecords "
             "shuffleRemoteBlocksFetched shuffleLocalBlocksFetched shuffleFetchWaitTime shuffleRemoteBytesRead "
             "shuffleRemoteBytesReadToDisk shuffleLocalBytesRead shuffleReadBytes shuffleReadRecords "
             "shuffleCorruptMergedBlockChunks shuffleMergedFetchFallbackCount shuffleMergedRemoteBlocksFetched "
             "shuffleMergedLocalBlocksFetched shuffleMergedRemoteChunksFetched shuffleMergedLocalChunksFetched "
             "shuffleMergedRemoteBytesRead shuffleMergedLocalBytesRead shuffleRemoteReqsDuration "
             "shuffleMergedRemoteReqsDuration shuffleWriteBytes shuffleWriteTime shuffleWriteRecords "
             "resourceProfileId shuffleMergersCount", WHOLE),
    "rddIds": [WHOLE], "accumulatorUpdates": [{}], "killedTasksSummary": {}, "isShufflePushEnabled": FLAG,
    **fields("failureReason description", Maybe(TEXT)), **fields("speculationSummary peakExecutorMetrics", Maybe({}))}

TASK = {
    **fields("launchTime executorId host status taskLocality", TEXT),
    **fields("taskId index attempt partitionId duration schedulerDelay gettingResultTime", WHOLE),
    "speculative": FLAG, "accumulatorUpdates": [{}], "executorLogs": {},
    **fields("errorMessage resultFetchStart", Maybe(TEXT)), "taskMetrics": {
        **fields("executorDeserializeTime executorDeserializeCpuTime executorRunTime executorCpuTime resultSize "
                 "jvmGcTime resultSerializationTime memoryBytesSpilled diskBytesSpilled peakExecutionMemory "
                 "peakOnHeapExecutionMemory peakOffHeapExecutionMemory", WHOLE),
        "inputMetrics": fields("bytesRead recordsRead", WHOLE),
        "outputMetrics": fields("bytesWritten recordsWritten", WHOLE),
        "shuffleReadMetrics": {
            **fields("remoteBlocksFetched localBlocksFetched fetchWaitTime remoteBytesRead remoteBytesReadToDisk "
                     "localBytesRead recordsRead remoteReqsDuration", WHOLE),
            "shufflePushReadMetrics": fields(
                "corruptMergedBlockChunks mergedFetchFallbackCount remoteMergedBlocksFetched "
                "localMergedBlocksFetched remoteMergedChunksFetched localMergedChunksFetched remoteMergedBytesRead "
                "localMergedBytesRead remoteMergedReqsDuration", WHOLE)},
        "shuffleWriteMetrics": fields("bytesWritten writeTime recordsWritten", WHOLE)}}

SUMS = ("taskTime failedTasks succeededTasks killedTasks inputBytes inputRecords outputBytes outputRecords "
        "shuffleRead shuffleReadRecords shuffleWrite shuffleWriteRecords memoryBytesSpilled diskBytesSpilled")
EXECUTOR_OF_STAGE = {**fields(SUMS, WHOLE), **fields("isBlacklistedForStage isExcludedForStage", FLAG)}
EXECUTOR_DISTRIBUTIONS = fields("quantiles " + SUMS, [REAL])
TASK_DISTRIBUTIONS = {
    **fields("quantiles duration executorDeserializeTime executorDeserializeCpuTime executorRunTime executorCpuTime "
             "resultSize jvmGcTime resultSerializationTime gettingResultTime schedulerDelay peakExecutionMemory "
             "peakOnHeapExecutionMemory peakOffHeapExecutionMemory memoryBytesSpilled diskBytesSpilled", [REAL]),
    "inputMetrics": fields("bytesRead recordsRead", [REAL]),
    "outputMetrics": fields("bytesWritten recordsWritten", [REAL]),
    "shuffleReadMetrics": fields("readBytes readRecords remoteBlocksFetched localBlocksFetched fetchWaitTime "
                                 "remoteBytesRead remoteBytesReadToDisk totalBlocksFetched", [REAL]),
    "shuffleWriteMetrics": fields("writeBytes writeRecords writeTime", [REAL])}

EXECUTOR = {
    **fields("id hostPort addTime", TEXT), **fields("removeTime removeReason", Maybe(TEXT)),
    **fields("isActive isBlacklisted isExcluded", FLAG),
    **fields("rddBlocks memoryUsed diskUsed totalCores maxTasks activeTasks failedTasks completedTasks totalTasks "
             "totalDuration totalGCTime totalInputBytes totalShuffleRead totalShuffleWrite maxMemory "
             "resourceProfileId", WHOLE),
    "memoryMetrics": fields("usedOnHeapStorageMemory usedOffHeapStorageMemory totalOnHeapStorageMemory "
                            "totalOffHeapStorageMemory", WHOLE),
    **fields("executorLogs attributes resources", {}), "peakMemoryMetrics": Maybe({}),
    "blacklistedInStages": [WHOLE], "excludedInStages": [WHOLE]}

RDD = {**fields("name storageLevel", TEXT), **fields("id numPartitions numCachedPartitions memoryUsed diskUsed", WHOLE),
       "dataDistribution": [{"address": TEXT, **fields(
           "memoryUsed memoryRemaining diskUsed onHeapMemoryUsed offHeapMemoryUsed onHeapMemoryRemaining "
           "offHeapMemoryRemaining", WHOLE)}],
       "partitions": [{**fields("blockName storageLevel", TEXT), **fields("memoryUsed diskUsed", WHOLE),
                       "executors": [TEXT]}]}


def expect(what, condition, detail=""):
    if not condition:
        raise Failure(f"{what}: {detail}")


def dates(what, found):
    """Fails when a time is not written as Spark writes it."""
    for name, value in found.items():
        if name.endswith(("Time", "Updated")) and isinstance(value, str):
            expect(f"{what}.{name} is a date", DATE.fullmatch(value), value)


def missing(target, path, words):
    status, answer = target.request("GET", path)
    expect(f"GET {path}", (status, answer) == (404, words), f"{status} {answer}")


def applications(target, app):
    listed = target.get("/api/v1/applications")
    check("applications", listed, [APPLICATION])
    expect("the application is listed", [one["id"] for one in listed] == [app], str(listed))
    one = target.get(f"/api/v1/applications/{app}")
    check("application", one, APPLICATION)
    dates("attempt", one["attempts"][0])
    expect("it runs", one["attempts"][0]["endTimeEpoch"] == -1 and
           one["attempts"][0]["endTime"] == "1969-12-31T23:59:59.999GMT", str(one))
    expect("status", target.get("/api/v1/applications?status=completed") == [])
    missing(target, "/api/v1/applications/application_1_0001", "unknown app: application_1_0001")
    missing(target, "/api/v1/applications/nothing/jobs", "unknown app: nothing")
    attempt = one["attempts"][0]["attemptId"]
    by_attempt = f"/api/v1/applications/{app}/{attempt}"
    expect("the attempt by its number", target.get(by_attempt)["attempts"][0]["attemptId"] == attempt)
    expect("jobs by attempt", target.get(by_attempt + "/jobs?status=failed")[0]["status"] == "FAILED")
    missing(target, f"/api/v1/applications/{app}/77/jobs", f"unknown app {app}, attempt 77")


def jobs(target, root):
    all_jobs = target.get(root + "/jobs")
    check("jobs", all_jobs, [JOB])
    dates("job", all_jobs[0])
    check("job", target.get(f"{root}/jobs/{all_jobs[0]['jobId']}"), JOB)
    both = target.get(root + "/jobs?status=succeeded&status=FAILED")
    expect("two statuses", len(both) == len(all_jobs), f"{len(both)} of {len(all_jobs)}")
    expect("no job runs", target.get(root + "/jobs?status=running") == [])
    missing(target, root + "/jobs/99999", "unknown job: 99999")
    missing(target, root + "/jobs?status=gone", "unknown status: gone")


def stages(target, root):
    complete = target.get(root + "/stages?status=complete")
    check("stages", complete, [STAGE])
    dates("stage", complete[0])
    absent("a stage of the list", complete[0], "tasks executorSummary taskMetricsDistributions")
    number = next(stage["stageId"] for stage in complete if stage["shuffleWriteBytes"] > 0)
    path = f"{root}/stages/{number}"
    whole = {**STAGE, "tasks": {}, "executorSummary": {}}
    check("attempts of a stage", target.get(path), [whole])
    one = target.get(path + "/0?withSummaries=true&quantiles=0.0,1.0")
    check("stage", one, {**whole, "taskMetricsDistributions": TASK_DISTRIBUTIONS,
                         "executorMetricsDistributions": EXECUTOR_DISTRIBUTIONS})
    check("tasks of a stage", list(one["tasks"].values()), [TASK])
    check("executors of a stage", list(one["executorSummary"].values()), [EXECUTOR_OF_STAGE])
    expect("tasks are counted once", sum(entry["succeededTasks"] for entry in one["executorSummary"].values()) ==
           one["numCompleteTasks"], str(one["executorSummary"]))
    expect("quantiles", one["taskMetricsDistributions"]["quantiles"] == [0.0, 1.0])
    expect("only failed tasks", target.get(path + "/0?details=true&taskStatus=failed")["tasks"] == {})
    absent("a stage without details", target.get(path + "/0?details=false"), "tasks executorSummary")
    failed = target.get(root + "/stages?status=failed")[0]
    expect("why it failed", "thirteen" in failed["failureReason"], str(failed))
    missing(target, root + "/stages/12345", "unknown stage: 12345")
    missing(target, path + "/7", f"unknown attempt for stage {number}.  Found attempts: [0]")
    return path + "/0", one["numTasks"]


def tasks(target, path, count):
    listed = target.get(path + "/taskList")
    check("taskList", listed, [TASK])
    dates("task", listed[0])
    expect("by id", [task["taskId"] for task in listed] == sorted(task["taskId"] for task in listed))
    for order, key in (("runtime", 1), ("-runtime", -1), ("DECREASING_RUNTIME", -1)):
        found = [task["duration"] * key for task in target.get(f"{path}/taskList?sortBy={order}")]
        expect(f"sorted by {order}", found == sorted(found), str(found))
    expect("a page", [task["taskId"] for task in target.get(path + "/taskList?offset=1&length=1")] ==
           [listed[1]["taskId"]])
    expect("by status", len(target.get(path + "/taskList?status=success&length=1000")) == count)
    check("taskSummary", target.get(path + "/taskSummary"), TASK_DISTRIBUTIONS)
    status, answer = target.request("GET", path + "/taskSummary?quantiles=0.1,x")
    expect("bad quantiles", (status, answer) == (
        400, 'Bad value for parameter "quantiles".  Expected a double, got "x"'), f"{status} {answer}")


def executors_and_storage(target, root):
    check("executors", target.get(root + "/executors"), [EXECUTOR])
    everyone = target.get(root + "/allexecutors")
    check("allexecutors", everyone, [EXECUTOR])
    dates("executor", everyone[0])
    for one in everyone:
        container = one["attributes"]["CONTAINER_ID"]
        expect("logs of its container", one["executorLogs"] == {
            name: f"/heddle/v1/containers/{container}/logs/{name}" for name in ("stdout", "stderr")}, str(one))
        target.request("GET", one["executorLogs"]["stderr"])
    stored = target.get(root + "/storage/rdd")
    check("storage/rdd", stored, [RDD])
    one = target.get(f"{root}/storage/rdd/{stored[0]['id']}")
    check("an rdd", one, RDD)
    expect("it is kept whole", one["numCachedPartitions"] == 3 == len(one["partitions"]), str(one))
    expect("its holders hold all of it", sum(holder["memoryUsed"] for holder in one["dataDistribution"]) ==
           one["memoryUsed"] > 0, str(one))
    missing(target, root + "/storage/rdd/77777", "no rdd found w/ id 77777")


def main():
    with Cluster(nodes=2) as target:
        program = subprocess.Popen(
            [PROGRAM, "--jobs"], env={**target.environment(), "HEDDLE_MASTER": f"heddle://127.0.0.1:{target.port}",
                            "HEDDLE_TEST_HOLD": "1"}, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            for line in program.stdout:
                if line.startswith("holding"):
                    break
            app = target.get("/ws/v1/cluster/apps?states=RUNNING")["apps"]["app"][0]["id"]
            root = f"/api/v1/applications/{app}"
            applications(target, app)
            jobs(target, root)
            tasks(target, *stages(target, root))
            executors_and_storage(target, root)
        finally:
            program.communicate("\n", timeout=60)
    print("passed")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
