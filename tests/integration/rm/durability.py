"""What was acknowledged is there after kill -9; a full disk refuses new work and loses nothing; a damaged database
is refused by name."""

import contextlib
import os
import random
import resource
import subprocess
import threading

from manager import BIN, Failure, expect, manager, wait_for

BODY = {"heddle-argv": ["/bin/true"], "resource": {"memory": 64, "vCores": 1}}


def submit_one(cluster):
    """An acknowledged application id, or None."""
    status, answer = cluster.request("POST", "/ws/v1/cluster/apps/new-application", {})
    if status != 200:
        return None, status
    app = answer["application-id"]
    status, answer = cluster.request("POST", "/ws/v1/cluster/apps", {**BODY, "application-id": app})
    return (app if status == 202 else None), status


def ids(cluster):
    return [app["id"] for app in cluster.get("/ws/v1/cluster/apps")["apps"].get("app", [])]


def survives_kills(cluster, rounds=8):
    prng = random.Random(3)
    acknowledged, running = [], threading.Event()

    def load():
        while not running.is_set():
            with contextlib.suppress(OSError, ValueError):
                app, _ = submit_one(cluster)
                if app:
                    acknowledged.append(app)

    clients = [threading.Thread(target=load) for _ in range(2)]
    for client in clients:
        client.start()
    try:
        for _ in range(rounds):
            had = len(acknowledged)
            wait_for("some submissions", lambda: len(acknowledged) > had + prng.randrange(3, 12))
            cluster.kill("resourcemanager")
            cluster.start_manager()
    finally:
        running.set()
        for client in clients:
            client.join()
    found = ids(cluster)
    expect("doubled applications", len(found) - len(set(found)), 0)
    missing = set(acknowledged) - set(found)
    if missing:
        raise Failure(f"{len(missing)} acknowledged applications are lost: {sorted(missing)[:5]}")
    expect("doubled ids", len(set(acknowledged)), len(acknowledged))
    print(f"{rounds} kills: {len(acknowledged)} acknowledged, {len(found)} found, 0 lost")


def again_is_the_same(cluster):
    """A client that did not hear the answer may send the same submission again."""
    app = cluster.new_application()
    for _ in range(2):
        expect("the submission", cluster.request("POST", "/ws/v1/cluster/apps", {**BODY, "application-id": app})[0], 202)
    expect("how often it is there", ids(cluster).count(app), 1)
    other = {**BODY, "application-id": app, "heddle-argv": ["/bin/false"]}
    expect("another under that id", cluster.request("POST", "/ws/v1/cluster/apps", other)[0], 409)


def full_disk(cluster):
    """A limit on file sizes stands for the full disk (EFBIG for ENOSPC): it needs no root and no mount."""
    pid = cluster.processes["resourcemanager"].pid
    before = set(ids(cluster))
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))
    refused = 0
    for _ in range(5):
        app, status = submit_one(cluster)
        if app is None:
            expect("a submission on a full disk", status, 503)
            refused += 1
    if refused == 0:
        raise Failure("the limit had no effect")
    expect("reading on a full disk", set(ids(cluster)) >= before, True)
    status, words = cluster.request("GET", "/readyz")
    expect(f"/readyz on a full disk: {words}", (status, "state.db" in words), (503, True))
    # It waits as long as it is asked to, says so, and gets through when there is room.
    waiting = subprocess.Popen([BIN / "rmctl", "submit", "--", "/bin/true"], env=cluster.environment(), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    said = waiting.stderr.readline()
    while said and "Waiting: " not in said.splitlines()[-1]:
        line = waiting.stderr.readline()
        said = said + line if line else ""
    expect("rmctl on a full disk says that it waits, and goes on", (bool(said), waiting.poll()), (True, None))
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
    _, rest = waiting.communicate(timeout=20)
    expect(f"rmctl when there is room: {said}{rest}", waiting.returncode, 0)
    wait_for("/readyz when there is room", lambda: cluster.request("GET", "/readyz")[0] == 200, 10)
    log = (cluster.root / "log" / "resourcemanager.log").read_text()
    # The log may be on the same disk, and lack it; but there is not one for each refusal.
    expect("lines about the full disk", log.count("saving fails") <= 1, True)
    expect("lines about its end", log.count("saving works again"), 1)
    app = wait_for("a submission after space is back", lambda: submit_one(cluster)[0], 10)
    cluster.kill("resourcemanager")
    cluster.start_manager()
    found = set(ids(cluster))
    expect("what was acknowledged is there", found >= before | {app}, True)


def small_disk(cluster):
    """The real thing, where a mount is possible."""
    directory = cluster.root / "small"
    directory.mkdir()
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", directory], stderr=subprocess.DEVNULL).returncode == 0
    if not mounted:
        print("no mount here: only the limit on file sizes was tested")
        return
    try:
        cluster.kill("resourcemanager")
        regular = cluster.root / "rm"
        regular.rename(cluster.root / "rm.before")
        os.symlink(directory, regular)
        cluster.start_manager()
        kept = [submit_one(cluster)[0] for _ in range(3)]
        filler = directory / "filler"
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        refused = wait_for("a refusal", lambda: submit_one(cluster)[1] == 503, 20)
        expect("refused with 503", refused, True)
        filler.unlink()
        kept.append(wait_for("a submission after space is back", lambda: submit_one(cluster)[0], 10))
        cluster.kill("resourcemanager")
        cluster.start_manager()
        expect("what was acknowledged is there", set(ids(cluster)) >= set(kept), True)
        cluster.kill("resourcemanager")
        regular.unlink()
        (cluster.root / "rm.before").rename(regular)
        cluster.start_manager()
    finally:
        subprocess.run(["umount", directory], check=False)


def damage(cluster):
    from start_up import refused
    cluster.kill("resourcemanager", 15)
    database = cluster.root / "rm" / "state.db"
    good = database.read_bytes()
    at = good.rindex(b"/bin/true")
    database.write_bytes(good[:at] + b"/BIN" + good[at + 4:])
    refused(["--state-dir", cluster.root / "rm", "--port", 0, "--node-port", 0], 1, "is damaged", "application")
    database.unlink()
    refused(["--state-dir", cluster.root / "rm", "--port", 0, "--node-port", 0], 1, "state.db is missing")
    database.write_bytes(good)
    cluster.start_manager()


def main():
    with manager() as cluster:
        survives_kills(cluster)
        again_is_the_same(cluster)
        full_disk(cluster)
        small_disk(cluster)
        damage(cluster)
    print("passed")


if __name__ == "__main__":
    main()
