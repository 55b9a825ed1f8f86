#!/usr/bin/env python3
"""How applications end: in cluster mode as their program does, whatever its jobs did; a driver that is
killed leaves nothing; executors that can never start fail the job with their reason.

    endings.py PROGRAM ABSENT_PROGRAM BIN [ONLY...]
"""

import os
import pathlib
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
PROGRAM, ABSENT, os.environ["HEDDLE_BIN"] = sys.argv[1], sys.argv[2], sys.argv[3]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import cluster  # noqa: E402

# kind -> finalStatus, what the diagnostics hold. Two attempts are allowed: a program that exits is not
# run again, one that dies without a word is.
ENDINGS = {
    "return-0": ("SUCCEEDED", "", 1),
    "return-3": ("FAILED", "exited with code 3", 1),
    "exit-3-inside": ("FAILED", "exited with code 3", 1),
    "exit-0-inside": ("SUCCEEDED", "", 1),
    "quick-0": ("SUCCEEDED", "", 1),
    "bad-then-0": ("SUCCEEDED", "", 1),
    "bad-then-5": ("FAILED", "exited with code 5", 1),
    "terminate": ("FAILED", "signal 6", 2),
    "uncaught": ("FAILED", "nobody catches this", 2),
    "none-0": ("SUCCEEDED", "", 1),
    "none-7": ("FAILED", "exited with code 7", 2),
    "two": ("SUCCEEDED", "", 1),
    "reaped": ("SUCCEEDED", "", 1),
    "two-open": ("FAILED", "exited with code 6", 1),
}


def check(what, condition, detail=""):
    if not condition:
        raise cluster.Failure(f"{what}\n{detail}")
    print("ok:", what, flush=True)


def attempts(target, app):
    return len(target.get(f"/ws/v1/cluster/apps/{app}/appattempts")["appAttempts"]["appAttempt"])


def named(target, name):
    apps = target.get("/ws/v1/cluster/apps")["apps"].get("app", [])
    return next((app for app in apps if app["name"] == name), None)


def submit(target, kind, *more):
    target.rmctl("submit", "--name", kind, "--num-executors", 1, "--driver-memory", "256m", "--max-attempts", 2,
                 *more, PROGRAM, kind)
    return named(target, kind)["id"]


def nothing_left(target, seconds=10):
    started = time.monotonic()
    cluster.wait_for("the containers to be gone", lambda: not target.containers(), seconds)
    return time.monotonic() - started


def endings(target):
    apps = {kind: submit(target, kind) for kind in ENDINGS}
    for kind, (status, words, tries) in ENDINGS.items():
        app = target.wait_app(apps[kind], seconds=120)
        check(f"{kind}: {app['finalStatus']} '{app['diagnostics']}', {attempts(target, apps[kind])} attempt(s)",
              app["finalStatus"] == status and words in app["diagnostics"] and bool(words) == bool(app["diagnostics"])
              and attempts(target, apps[kind]) == tries, f"wanted {status} '{words}', {tries} attempt(s)")
    nothing_left(target)
    out = "".join(path.read_text() for path in target.root.glob(f"node-*/logs/**/{apps['two']}/**/stdout"))
    check("both contexts of a program have executors", out == "counted 3\n" * 2, out)


def client(target, program, *arguments, master=None, **options):
    return subprocess.Popen([program, *arguments], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **options,
                            env={**target.environment(), "HEDDLE_MASTER": master or f"heddle://127.0.0.1:{target.port}",
                                 "HEDDLE_HOME": str(pathlib.Path(sys.argv[3]).parent),
                                 "LD_LIBRARY_PATH": str(pathlib.Path(ABSENT).parent)})


def killed_clients(target):
    for number in (signal.SIGKILL, signal.SIGINT):
        known = {app["id"] for app in target.get("/ws/v1/cluster/apps")["apps"].get("app", [])}
        driver = client(target, PROGRAM, "endless")
        try:
            cluster.wait_for("executors", target.containers, 30)
            driver.stdout.readline()  # the good job is done, the endless one begins
        finally:
            driver.send_signal(number)
            driver.communicate(timeout=30)
        seconds = nothing_left(target)
        check(f"{number.name} of a client: its executors are gone after {seconds:.1f} s", seconds < 5)
        app = next(app for app in target.get("/ws/v1/cluster/apps")["apps"]["app"] if app["id"] not in known)
        started = time.monotonic()
        app = target.wait_app(app["id"], seconds=30)
        check(f"and its application {app['state']} after {time.monotonic() - started:.1f} s: {app['diagnostics']}",
              app["finalStatus"] == "FAILED" and not target.containers())


def leaving_clients(target):
    for kind, code, status in (("exit-3-inside", 3, "FAILED"), ("exit-0-inside", 0, "SUCCEEDED")):
        known = {app["id"] for app in target.get("/ws/v1/cluster/apps")["apps"].get("app", [])}
        driver = client(target, PROGRAM, kind)
        _, text = driver.communicate(timeout=60)
        check(f"a client exits with {code}", driver.returncode == code, text)
        app = next(app for app in target.get("/ws/v1/cluster/apps")["apps"]["app"] if app["id"] not in known)
        check(f"and its application is {app['finalStatus']} at once", app["finalStatus"] == status, str(app))


def functions_that_never_return(target):
    for master in ("local[1]", "local-cluster[1,1,256]"):
        started = time.monotonic()
        driver = client(target, PROGRAM, "reaped", master=master)
        out, text = driver.communicate(timeout=60)
        check(f"{master}: a cancelled function that never returns does not keep its slot, nor the program "
              f"({time.monotonic() - started:.1f} s)", driver.returncode == 0 and out == "counted 3\n" * 2, out + text)
        words = "left behind" if master == "local[1]" else "task.reaper.kill_timeout"
        check(f"{master}: and says so", words in text, text)


def killed_application(target):
    app = submit(target, "endless")
    cluster.wait_for("driver and executor", lambda: len(target.containers()) == 2, 30)
    cluster.wait_for("half of the job", lambda: target.app(app)["progress"] == 50, 30)
    print("ok: the application's progress is that of its job")
    target.rmctl("app", "kill", app)
    check("a killed application leaves nothing", not target.containers(), str(target.containers()))
    check("and says so", target.app(app)["finalStatus"] == "KILLED")


def missing_library(target):
    started = time.monotonic()
    driver = client(target, ABSENT, "return-0")
    out, text = driver.communicate(timeout=60)
    seconds = time.monotonic() - started
    check(f"executors that cannot start fail the job after {seconds:.1f} s", driver.returncode == 1 and seconds < 20
          and "the library says 42" in out, out + text)
    check("with their own words", "error while loading shared libraries: libheddle_test_absent.so" in text, text)


def main():
    wanted = sys.argv[4:]
    with cluster.Cluster(nodes=3) as target:
        for part in (endings, killed_clients, leaving_clients, functions_that_never_return, killed_application, missing_library):
            if not wanted or part.__name__ in wanted:
                part(target)


if __name__ == "__main__":
    try:
        main()
    except cluster.Failure as failure:
        sys.exit(f"FAILED: {failure}")
