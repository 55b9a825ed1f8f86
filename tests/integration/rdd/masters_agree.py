#!/usr/bin/env python3
"""One program, every master: local, local[2], local-cluster, client mode and cluster mode of a real
cluster print the same; a second run uploads nothing; a bad master is refused with the accepted forms.

    masters_agree.py PROGRAM BIN [ONLY]
"""

import hashlib
import itertools
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

sys.dont_write_bytecode = True
PROGRAM, os.environ["HEDDLE_BIN"] = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import cluster  # noqa: E402


FRESH = (f"run-{number}" for number in itertools.count())  # what no run has written to


def make_inputs(folder):
    (folder / "in").mkdir()
    (folder / "in/a.txt").write_text("one\ntwo\r\n\nfour\n")
    (folder / "in/b.txt").write_text("five")
    (folder / "in/_hidden").write_text("not to be read\n")
    (folder / "records").write_text("a--b---c----" + "d" * 50 + "--\n--e")


def run(master, environment=None, arguments=None, cwd=None):
    return subprocess.run([PROGRAM, *(arguments or [FOLDER, next(FRESH)])], cwd=cwd,
                          env={**(environment or os.environ), "HEDDLE_MASTER": master,
                               "HEDDLE_HOME": str(pathlib.Path(sys.argv[2]).parent)},
                          text=True, capture_output=True, timeout=240, stdin=subprocess.DEVNULL)


def check(what, condition, detail=""):
    if not condition:
        raise cluster.Failure(f"{what}\n{detail}")
    print("ok:", what)


def answers(master, environment=None, **options):
    done = run(master, environment, **options)
    check(f"{master} succeeds", done.returncode == 0, done.stdout + done.stderr)
    return done.stdout


def uploaded(target):
    for line in str(target.request("GET", "/metrics")[1]).splitlines():
        if line.startswith("heddle_artifact_received_bytes_total"):
            return int(float(line.split()[-1]))
    raise cluster.Failure("no metric of received artifact bytes")


def crashes(master, how, environment=None):
    """User code that ends its process fails the job after four times, naming where; then life goes on."""
    shown = answers(master, environment, arguments=["--crash"])
    for part in ("partition 4: ", "task for partition 4 of stage 0.0 (count at masters_program.cpp:",
                 "failed 4 times, most recently with its executor", how, "and on: 8"):
        check(f"{master}: a crash says '{part}'", part in shown, shown)


def refuses_relative_paths(target):
    app = submit(target, [".", next(FRESH)])
    found = target.wait_app(app, seconds=60)
    said = "".join(path.read_text(errors="replace") for path in target.root.glob(f"node-*/logs/**/{app}/**/stderr"))
    check("a relative path fails a program in a container", found["finalStatus"] == "FAILED", str(found))
    check("and is told what to do", "'./in' is a relative path" in said and "give a whole path" in said, said)


def in_cluster_mode(target):
    """The output of the program as the master of an application, and that application."""
    app = submit(target, [FOLDER, next(FRESH)])
    found = target.wait_app(app, seconds=120)
    # The manager hears of the end before the process has written all that it holds.
    cluster.wait_for("the containers to be gone", lambda: not target.containers(), 20)
    logs = {path: path.read_text(errors="replace")
            for path in sorted(target.root.glob(f"node-*/logs/**/{app}/**/std*"))}
    out = "".join(text for path, text in logs.items() if path.name == "stdout" and "words" in text)
    check("cluster mode succeeds", found["finalStatus"] == "SUCCEEDED",
          f"{found}\n" + "\n".join(f"--- {path}\n{text}" for path, text in logs.items()))
    return out


def submit(target, arguments):
    """What `rmctl submit` does: the program as the master of an application of kind rdd."""
    data = pathlib.Path(PROGRAM).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    app = target.new_application()
    status, answer = target.request("POST", "/ws/v1/cluster/apps", {
        "application-id": app, "application-name": "masters", "heddle-kind": "rdd",
        "heddle-argv": ["./masters_program", *map(str, arguments)], "resource": {"memory": 256, "vCores": 1},
        "max-app-attempts": 1,
        "am-container-spec": {"local-resources": {"entry": [{"key": "masters_program", "value": {
            "resource": "heddle:sha256/" + digest, "type": "FILE", "size": len(data),
            "visibility": "PUBLIC", "timestamp": 0, "heddle-executable": True}}]}}})
    check("cluster mode is accepted", status == 202, str(answer))
    return app


def look_at_jobs(target, master):
    """Spark's monitoring REST of a running application, by way of the resource manager."""
    program = subprocess.Popen([PROGRAM, FOLDER, next(FRESH)], text=True, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE,
                               env={**target.environment(), "HEDDLE_MASTER": master,
                                    "HEDDLE_TEST_HOLD": "1"})
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
        cluster.wait_for("two executors", lambda: len(target.get(root + "/executors")) == 2)
        named = [s for s in target.get(root + "/stages") if s["accumulatorUpdates"]]
        check("named accumulators are shown with their stages", any(
              {"name": "rows seen", "value": "600"}.items() <= update.items()
              for s in named for update in s["accumulatorUpdates"]), str(named))
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


def meets(master, environment=None):
    shown = answers(master, environment, arguments=["--barrier"])
    check(f"{master}: barrier tasks hear each other", shown == "0 of 2 hears xxx and xxx\n1 of 2 hears xxx and xxx\n"
          "beyond a shuffle 2\n", shown)


def main():
    make_inputs(FOLDER)
    expected = answers("local")
    print(expected)
    check("rows stay distinct", "rows 200000, distinct 200000" in expected, expected)
    check("failures are named", "message: 1, the partition: 1, the input: 1" in expected, expected)
    check("local[2] agrees", answers("local[2]") == expected)
    found = answers("local-cluster[2,1,256]")
    check("local-cluster agrees", found == expected, found)
    crashes("local-cluster[2,1,256]", "exited with code 3")
    meets("local[2]")
    meets("local-cluster[2,1,256]")
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
        # Executors of a cluster have working folders of their own: relative paths are the driver's.
        found = answers(master, target.environment(), arguments=[".", next(FRESH)], cwd=FOLDER)
        check("client mode agrees", found == expected, found)
        before = uploaded(target)
        answers(master, target.environment())
        check("a second run uploads nothing", uploaded(target) == before)
        look_at_jobs(target, master)
        found = in_cluster_mode(target)
        check("cluster mode agrees", found == expected, found)
        refuses_relative_paths(target)
        crashes(master, "exited with code 3", target.environment())
        meets(master, target.environment())


if __name__ == "__main__":
    try:
        with tempfile.TemporaryDirectory(prefix="heddle-masters-") as made:
            FOLDER = pathlib.Path(made)
            main()
    except cluster.Failure as failure:
        sys.exit(f"FAILED: {failure}")
