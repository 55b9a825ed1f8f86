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
        found = in_cluster_mode(target)
        check("cluster mode agrees", found == expected, found)


if __name__ == "__main__":
    try:
        main()
    except cluster.Failure as failure:
        sys.exit(f"FAILED: {failure}")
