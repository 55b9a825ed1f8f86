#!/usr/bin/env python3
"""One program, every master: local, local[2], local-cluster, client mode and cluster mode of a real
cluster print the same; a second run uploads nothing; a bad master is refused with the accepted forms.

    masters_agree.py PROGRAM BIN [ONLY]
"""

import hashlib
import os
import pathlib
import subprocess
import sys
import urllib.request

sys.dont_write_bytecode = True
PROGRAM, os.environ["HEDDLE_BIN"] = sys.argv[1], sys.argv[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import cluster  # noqa: E402


def run(master, environment=None):
    return subprocess.run([PROGRAM], env={**(environment or os.environ), "HEDDLE_MASTER": master,
                                          "HEDDLE_HOME": str(pathlib.Path(sys.argv[2]).parent)},
                          text=True, capture_output=True, timeout=240, stdin=subprocess.DEVNULL)


def check(what, condition, detail=""):
    if not condition:
        raise cluster.Failure(f"{what}\n{detail}")
    print("ok:", what)


def answers(master, environment=None):
    done = run(master, environment)
    check(f"{master} succeeds", done.returncode == 0, done.stdout + done.stderr)
    return done.stdout


def uploaded(target):
    for line in str(target.request("GET", "/metrics")[1]).splitlines():
        if line.startswith("heddle_artifact_received_bytes_total"):
            return int(float(line.split()[-1]))
    raise cluster.Failure("no metric of received artifact bytes")


def in_cluster_mode(target):
    """What `rmctl submit` does: the program as the master of an application of kind rdd."""
    data = pathlib.Path(PROGRAM).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    app = target.new_application()
    status, answer = target.request("POST", "/ws/v1/cluster/apps", {
        "application-id": app, "application-name": "masters", "heddle-kind": "rdd",
        "heddle-argv": ["./masters_program"], "resource": {"memory": 256, "vCores": 1},
        "max-app-attempts": 1,
        "am-container-spec": {"local-resources": {"entry": [{"key": "masters_program", "value": {
            "resource": "heddle:sha256/" + digest, "type": "FILE", "size": len(data),
            "visibility": "PUBLIC", "timestamp": 0, "heddle-executable": True}}]}}})
    check("cluster mode is accepted", status == 202, str(answer))
    found = target.wait_app(app, seconds=120)
    logs = {path: path.read_text(errors="replace")
            for path in sorted(target.root.glob(f"node-*/**/{app}/**/std*"))}
    out = "".join(text for path, text in logs.items() if path.name == "stdout" and "words" in text)
    check("cluster mode succeeds", found["finalStatus"] == "SUCCEEDED",
          f"{found}\n" + "\n".join(f"--- {path}\n{text}" for path, text in logs.items()))
    return out


def look_at_jobs(target, master):
    """Spark's monitoring REST of a running application, by way of the resource manager."""
    program = subprocess.Popen([PROGRAM], env={**target.environment(), "HEDDLE_MASTER": master,
                                               "HEDDLE_TEST_HOLD": "1"},
                               text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        for line in program.stdout:
            if line.startswith("holding"):
                break
        app = [a for a in target.get("/ws/v1/cluster/apps")["apps"]["app"] if a["state"] == "RUNNING"][0]
        root = f"/api/v1/applications/{app['id']}"
        jobs = target.get(root + "/jobs")
        check("jobs are listed, newest first", jobs[0]["status"] == "SUCCEEDED" and
              jobs[0]["jobId"] == len(jobs) - 1, str(jobs[:2]))
        check("the failed job says so", any(job["status"] == "FAILED" for job in jobs))
        check("a reused shuffle is a skipped stage", any(job["numSkippedStages"] for job in jobs))
        stage = target.get(root + "/stages?status=complete")[0]
        found = target.get(f"{root}/stages/{stage['stageId']}/{stage['attemptId']}/taskList")
        check("tasks say where and how they ran", found[0]["status"] == "SUCCESS" and
              found[0]["host"].startswith("node-") and "taskLocality" in found[0] and
              "executorRunTime" in found[0]["taskMetrics"], str(found[:1]))
        executors = target.get(root + "/executors")
        check("executors are listed", len(executors) == 2 and executors[0]["isActive"], str(executors))
        target.get(root + "/storage/rdd")
        target.get(root + "/environment")
        check("an unknown job is a 404", target.request("GET", root + "/jobs/99999")[0] == 404)
        with urllib.request.urlopen(urllib.request.Request(
                f"{target.server}/heddle/v1/stream?topics=jobs:{app['id']}", headers={
                    "Authorization": "Bearer " + target.token_file.read_text().strip()}), timeout=20) as live:
            for line in live:
                if line.startswith(b"data:") and b'"stages"' in line:
                    break
        check("the live stream carries jobs, stages and executors", b'"executors"' in line)
    finally:
        program.communicate("\n", timeout=60)


def main():
    expected = answers("local")
    print(expected)
    check("rows stay distinct", "rows 200000, distinct 200000" in expected, expected)
    check("failures are named", "message: 1, the partition: 1, the input: 1" in expected, expected)
    check("local[2] agrees", answers("local[2]") == expected)
    found = answers("local-cluster[2,1,256]")
    check("local-cluster agrees", found == expected, found)
    refused = run("lokal[2]")
    check("a bad master is refused with the accepted forms",
          refused.returncode == 1 and "local-cluster[EXECUTORS,CORES,MIB]" in refused.stderr,
          refused.stderr)
    refused = run("heddle://127.0.0.1:1", {**os.environ, "HEDDLE_TOKEN_FILE": __file__})
    check("a manager that is not there is named",
          refused.returncode == 1 and "127.0.0.1:1" in refused.stderr, refused.stderr)
    if "local" in sys.argv[3:]:
        return
    with cluster.Cluster(nodes=3) as target:
        master = f"heddle://127.0.0.1:{target.port}"
        found = answers(master, target.environment())
        check("client mode agrees", found == expected, found)
        before = uploaded(target)
        answers(master, target.environment())
        check("a second run uploads nothing", uploaded(target) == before)
        look_at_jobs(target, master)
        found = in_cluster_mode(target)
        check("cluster mode agrees", found == expected, found)


if __name__ == "__main__":
    try:
        main()
    except cluster.Failure as failure:
        sys.exit(f"FAILED: {failure}")
