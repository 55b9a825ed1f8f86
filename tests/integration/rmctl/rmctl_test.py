#!/usr/bin/env python3
"""rmctl against a cluster that it started itself: what scripts rely on (exit codes, output forms) and
what people see. HEDDLE_BIN names the folder of the programs."""

import contextlib
import fcntl
import http.server
import json
import os
import pathlib
import pty
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest
import urllib.error
import urllib.request

BIN = pathlib.Path(os.environ["HEDDLE_BIN"])


def environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("HEDDLE_")}


def command(folder, *arguments):
    return [BIN / "rmctl", "--dir", folder, *map(str, arguments)]


def rmctl(folder, *arguments, code=0, stdout=subprocess.PIPE):
    """A finished run; fails when it ended with another exit code."""
    done = subprocess.run(command(folder, *arguments), text=True, timeout=120, stdout=stdout, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, env=environment(), check=False)
    if done.returncode != code:
        raise AssertionError(f"rmctl {' '.join(map(str, arguments))}: exit code {done.returncode}, expected "
                             f"{code}\n{done.stdout}{done.stderr}")
    return done


def on_terminal(folder, columns, *arguments):
    """What a run writes to a terminal of that many columns."""
    here, there = pty.openpty()
    try:
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        with subprocess.Popen(command(folder, *arguments), stdin=subprocess.DEVNULL, stdout=there, stderr=there,
                              env=environment()) as process:
            os.close(there)
            there = -1
            written = b""
            with contextlib.suppress(OSError):  # the other end is closed
                while piece := os.read(here, 4096):
                    written += piece
            assert process.wait(timeout=60) == 0, written
    finally:
        os.close(here)
        if there >= 0:
            os.close(there)
    return written.decode()


def until(what, limit=60):
    """Asks until the answer is yes."""
    deadline = time.monotonic() + limit
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain")
        time.sleep(0.05)


def processes_of(folder):
    """pids of processes whose environment or command line names the cluster's directory."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                text = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in text:
                found.append(int(entry.name))
    return found


class RmctlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="heddle-rmctl-")) / "dev"
        try:
            rmctl(cls.folder, "dev", "up", "--port", 0)
            cls.endpoint = json.loads((cls.folder / "endpoint.json").read_text())
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        try:
            rmctl(cls.folder, "dev", "down")
        finally:
            left = processes_of(cls.folder)
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            shutil.rmtree(cls.folder.parent)
        assert not left, f"processes left after dev down: {left}"

    def run_rmctl(self, *arguments, code=0):
        return rmctl(self.folder, *arguments, code=code)

    def test_up_twice_is_the_same_cluster(self):
        self.assertIn("Already up", self.run_rmctl("dev", "up", "--port", 0).stderr)
        self.assertEqual(json.loads((self.folder / "endpoint.json").read_text()), self.endpoint)
        self.assertEqual(len(self.endpoint["pids"]), 4)

    def test_the_token_is_for_its_owner_only(self):
        self.assertEqual((self.folder / "token").stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.endpoint["token_file"], str(self.folder / "token"))

    def test_agents_share_the_machine(self):
        nodes = json.loads(self.run_rmctl("node", "list", "-o", "json").stdout)["nodes"]["node"]
        self.assertEqual(sorted(node["nodeHTTPAddress"].split(":")[0] for node in nodes),
                         ["127.0.0.1", "127.0.0.2", "127.0.0.3"])
        self.assertTrue(all(node["availableVirtualCores"] >= 2 for node in nodes))
        self.assertIn("node-2", self.run_rmctl("node", "get", "node-2").stdout)

    def test_command_runs_and_its_output_is_there(self):
        app = self.run_rmctl("submit", "-o", "name", "--wait", "--name", "greeting", "--env", "WHO=you", "--",
                             "/bin/sh", "-c", "echo hello $WHO; echo careful >&2").stdout.strip()
        logs = self.run_rmctl("app", "logs", app).stdout
        self.assertIn("hello you", logs)
        self.assertIn("careful", logs)
        self.assertEqual(self.run_rmctl("app", "logs", app, "--file", "stderr").stdout.split("\n")[-2], "careful")
        self.assertIn("SUCCEEDED", self.run_rmctl("app", "get", app).stdout)
        got = json.loads(self.run_rmctl("app", "get", app, "-o", "json").stdout)["app"]
        self.assertEqual((got["id"], got["name"], got["finalStatus"]), (app, "greeting", "SUCCEEDED"))
        self.assertIn(app, self.run_rmctl("app", "list", "-o", "name").stdout.split())
        self.assertIn("root.default", self.run_rmctl("queue", "list").stdout)

    def test_submission_says_all_that_an_application_can_wish(self):
        app = self.run_rmctl("submit", "-o", "name", "--memory", "64m", "--vcores", 1, "--lifetime", "1h",
                             "--pending-limit", "10m", "--failures-validity", "5m", "--keep-containers", "--view",
                             "ada,bob ops", "--modify", "ada", "--tag", "wishes", "--", "/bin/sleep", "1000").stdout.strip()
        got = json.loads(self.run_rmctl("app", "get", app, "-o", "json").stdout)["app"]
        self.assertTrue(3000 < got["timeouts"]["timeout"][0]["remainingTimeInSeconds"] <= 3600, got["timeouts"])
        until(lambda: app.split("_")[-1] in self.run_rmctl("container", "list", app, "-o", "name").stdout)
        self.assertIn("appattempt_", self.run_rmctl("attempt", "list", app).stdout)
        attempt = self.run_rmctl("attempt", "list", app, "-o", "name").stdout.strip()
        row = self.run_rmctl("container", "list", attempt).stdout.splitlines()[1].split()
        self.assertEqual(row[3:6], ["64", "1", "-"])
        self.run_rmctl("app", "kill", app)
        self.assertIn("nothing is started", self.run_rmctl("submit", "--unmanaged", "--", "/bin/true", code=8).stderr)
        other = self.run_rmctl("submit", "-o", "name", "--unmanaged", "--name", "elsewhere").stdout.strip()
        self.assertTrue(json.loads(self.run_rmctl("app", "get", other, "-o", "json").stdout)["app"]["unmanagedApplication"])
        self.run_rmctl("app", "kill", other)
        self.assertIn("write a time above 0",
                      self.run_rmctl("submit", "--lifetime", "soon", "--", "/bin/true", code=2).stderr)
        self.assertIn("label", self.run_rmctl("submit", "--label", "nowhere", "--", "/bin/true", code=8).stderr)

    def test_what_else_a_node_has_is_given_and_shown(self):
        self.run_rmctl("node", "update-resource", "node-1", "gpu=2")
        apps = []
        try:
            self.assertIn("gpu 0 of 2", self.run_rmctl("node", "get", "node-1").stdout)
            holder, waiter = (self.run_rmctl("submit", "-o", "name", "--memory", "64m", "--resource", f"gpu={gpus}",
                                             "--", "/bin/sleep", "1000").stdout.strip() for gpus in (2, 1))
            apps = [holder, waiter]
            until(lambda: "2 gpu" in self.run_rmctl("container", "list", holder).stdout)
            self.assertIn("64 MiB, 1 vcore, 2 gpu", self.run_rmctl("app", "get", holder).stdout)
            self.assertIn("gpu 2 of 2", self.run_rmctl("node", "list").stdout)
            self.assertIn("2 gpu", self.run_rmctl("queue", "list").stdout)
            self.assertIn(", 2 gpu of ", self.run_rmctl("cluster", "metrics").stdout)
            self.assertIn("64 MiB, 1 vcore, 1 gpu", self.run_rmctl("app", "explain", waiter, "--ask", 0).stdout)
            self.assertIn("no open ask 7", self.run_rmctl("app", "explain", waiter, "--ask", 7, code=3).stderr)
            self.assertIn(waiter, self.run_rmctl("app", "waiting", "-o", "name").stdout.split())
            reason = json.loads(self.run_rmctl("app", "waiting", "-o", "json").stdout)["waiting"]["reasons"][0]["reason"]
            self.assertIn(waiter, self.run_rmctl("app", "waiting", "--reason", reason, "--limit", 5).stdout)
            self.assertIn("did you mean", self.run_rmctl("app", "waiting", "--reason", reason[:-1], code=8).stderr)
        finally:
            for app in apps:
                self.run_rmctl("app", "kill", app)
            self.run_rmctl("node", "update-resource", "node-1", "gpu=0")
        self.assertNotIn("gpu", self.run_rmctl("node", "list").stdout)

    def test_figures_of_the_cluster(self):
        app = self.run_rmctl("submit", "-o", "name", "--wait", "--type", "FIGURES", "--master-blacklist", "off",
                             "--master-blacklist-below", "0.5", "--", "/bin/true").stdout.strip()
        self.assertIn("STARTED", self.run_rmctl("cluster", "info").stdout)
        self.assertRegex(self.run_rmctl("cluster", "metrics").stdout, r"Nodes +3 up")
        counts = self.run_rmctl("cluster", "appstatistics", "--type", "FIGURES", "--state", "FINISHED").stdout
        self.assertEqual(counts.splitlines()[1].split(), ["FINISHED", "figures", "1"])
        self.assertEqual(self.run_rmctl("app", "list", "--type", "FIGURES", "-o", "name").stdout.split(), [app])
        self.assertEqual(self.run_rmctl("user", "whoami").stdout, pwd.getpwuid(os.getuid()).pw_name + "\n")
        self.assertIn("every decision", self.run_rmctl("scheduler", "log", "1s").stderr)

    def test_one_queue_is_described(self):
        shown = self.run_rmctl("queue", "get", "default").stdout
        for word in ("root.default", "Guaranteed", "Masters", "May submit", "Largest container", "Lifetime"):
            self.assertIn(word, shown)
        self.assertEqual(json.loads(self.run_rmctl("queue", "get", "default", "-o", "json").stdout)["queue"]["queuePath"],
                         "root.default")
        self.assertRegex(self.run_rmctl("queue", "get", "root").stdout, "Kind +parent")
        self.assertIn("did you mean 'root.default'", self.run_rmctl("queue", "get", "root.defalt", code=3).stderr)

    def test_changes_say_what_holds_now(self):
        app = self.run_rmctl("submit", "-o", "name", "--memory", "64m", "--", "/bin/sleep", "1000").stdout.strip()
        try:
            self.assertIn(f"{app} is in the queue default now", self.run_rmctl("app", "move", app, "default").stderr)
            self.assertIn(f"{app} has the priority 3 now", self.run_rmctl("app", "update-priority", app, 3).stderr)
            self.assertIn(f"{app} is ended at 2", self.run_rmctl("app", "update-lifetime", app, "1h").stderr)
            self.assertIn("Ended at the latest  2", self.run_rmctl("app", "get", app).stdout)
            self.assertIn("goes on without end", self.run_rmctl("app", "update-lifetime", app, "none").stderr)
        finally:
            self.run_rmctl("app", "kill", app)

    def test_list_chooses_sorts_and_pages(self):
        apps = [self.run_rmctl("submit", "-o", "name", "--wait", "--name", name, "--tag", "chosen", "--", "/bin/true")
                .stdout.strip() for name in ("list-b", "list-a")]
        def names(*words):
            return self.run_rmctl("app", "list", "--tag", "chosen", "-o", "name", *words).stdout.split()
        self.assertEqual(names("--sort", "name"), apps[::-1])
        self.assertEqual(names("--sort", "-name"), apps)
        self.assertEqual(names("--sort", "name", "--limit", 1, "--page", 2), apps[:1])
        self.assertEqual(names("--name", "list-a"), apps[1:])
        self.assertEqual(names("--started-before", "1h"), [])
        self.assertEqual(sorted(names("--finished-after", "1h", "--type", "COMMAND", "--final-status", "SUCCEEDED")), apps)
        self.assertEqual(names("--final-status", "FAILED"), [])
        table = self.run_rmctl("app", "list", "--tag", "chosen", "--sort", "name", "--fields", "name,priority").stdout
        self.assertEqual([line.split() for line in table.splitlines()],
                         [["name", "priority"], ["list-a", "0"], ["list-b", "0"]])
        self.assertIn("how long ago", self.run_rmctl("app", "list", "--started-after", "soon", code=8).stderr)

    def test_queue_is_stopped_and_started(self):
        self.run_rmctl("queue", "stop", "default")
        try:
            self.assertIn("STOPPED", self.run_rmctl("queue", "list").stdout)
            self.assertIn("stopped", self.run_rmctl("submit", "--", "/bin/true", code=6).stderr.lower())
        finally:
            self.run_rmctl("queue", "start", "root.default")
        self.assertIn("did you mean 'root.default'", self.run_rmctl("queue", "drain", "root.defalt", code=3).stderr)
        self.run_rmctl("submit", "--wait", "--", "/bin/true")

    def test_follow_shows_output_and_passes_failure_on(self):
        done = self.run_rmctl("submit", "--follow", "--", "/bin/sh", "-c", "echo live; exit 3", code=1)
        self.assertIn("live", done.stdout)
        self.assertIn("FAILED", done.stderr)

    def test_kill_waits_for_the_end(self):
        app = self.run_rmctl("submit", "--name", "long", "--", "/bin/sleep", "1000").stdout.strip()
        self.run_rmctl("app", "kill", app)
        got = json.loads(self.run_rmctl("app", "get", app, "-o", "json").stdout)["app"]
        self.assertEqual(got["state"], "KILLED")

    def test_wait_gives_up_in_time(self):
        app = self.run_rmctl("submit", "--name", "slow", "--", "/bin/sleep", "1000").stdout.strip()
        done = self.run_rmctl("submit", "--wait", "--timeout", "200ms", "--", "/bin/sleep", "1000", code=7)
        self.assertRegex(done.stderr, "rmctl .*app kill application_")
        self.run_rmctl("app", "kill", app, "last")

    def test_second_submission_uploads_nothing(self):
        program = self.folder / "own_script"
        program.write_text("#!/bin/sh\necho from my script $1\n")
        program.chmod(0o700)
        first = self.run_rmctl("submit", "--follow", program, "--x")
        self.assertIn(f"Uploaded {program.stat().st_size} bytes", first.stderr)
        self.assertIn("from my script --x", first.stdout)
        second = self.run_rmctl("submit", "--wait", "-o", "json", program)
        self.assertIn("Uploaded 0 bytes", second.stderr)
        self.assertEqual(json.loads(second.stdout)["uploaded-bytes"], 0)

    def test_misspelt_setting_is_refused_before_the_upload(self):
        program = self.folder / "never_sent"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o700)
        done = self.run_rmctl("submit", "--conf", "executor.memry=1g", program, code=8)
        self.assertIn("did you mean 'executor.memory'", done.stderr)
        self.assertNotIn("Uploaded", done.stderr)

    def test_failed_submission_says_why_and_where_to_look(self):
        done = self.run_rmctl("submit", "--wait", "--", "/bin/sh", "-c", "exit 3", code=1)
        app = re.search(r"application_\d+_\d+", done.stderr).group()
        self.assertIn("3", done.stderr.split("is over:")[1].split("Its output")[0])
        self.assertIn(f"rmctl --dir {self.folder} app logs {app}", done.stderr)

    def test_sparks_master_is_taken_with_a_warning(self):
        done = self.run_rmctl("submit", "--master", "yarn", "--wait", "--", "/bin/true")
        self.assertIn("--master yarn is ignored", done.stderr)

    def test_progress_stays_in_its_row(self):
        shown = on_terminal(self.folder, 12, "submit", "--follow", "--", "/bin/sh", "-c", "sleep 1.5")
        # What follows the last clearing is a message, which may wrap.
        drawings = [part.split("\r\n")[0] for part in shown.split("\r\033[K")[1:-1]]
        self.assertTrue(any("RUNN" in drawing for drawing in drawings), shown)
        self.assertLess(max(map(len, drawings)), 12, shown)

    def test_tables_fit_the_terminal(self):
        self.run_rmctl("submit", "--wait", "--name", "x" * 180, "--", "/bin/true")
        shown = on_terminal(self.folder, 80, "app", "list").split("\r\n")
        self.assertIn("STATE", shown[0])
        self.assertLessEqual(max(map(len, shown)), 80)
        piped = self.run_rmctl("app", "list").stdout
        self.assertIn("CONTAINERS", piped)
        self.assertNotIn("x" * 50, piped)
        self.assertIn("x" * 180, self.run_rmctl("app", "list", "-o", "wide").stdout)

    def test_logs_honour_their_flags_together(self):
        go = self.folder / "go"
        script = f"echo out1; echo err1 >&2; while [ ! -e {go} ]; do sleep 0.02; done; echo out2; echo err2 >&2"
        app = self.run_rmctl("submit", "--", "/bin/sh", "-c", script).stdout.strip()
        other = self.run_rmctl("submit", "-o", "name", "--wait", "--", "/bin/echo", "other").stdout.strip()

        def container_of(id):
            return re.search(r"container_\w+",
                             json.loads(self.run_rmctl("app", "get", id, "-o", "json").stdout)["app"]
                             .get("amContainerLogs", ""))

        until(lambda: container_of(app))
        container = container_of(app).group()
        runs = [subprocess.Popen(command(self.folder, "app", "logs", app, "-f", *more), text=True, env=environment(),
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                for more in (["--container", container], ["--file", "stderr"])]
        self.assertEqual([run.stdout.readline() for run in runs], ["out1\n", "err1\n"])
        go.touch()
        (out, err), (errors, _) = [run.communicate(timeout=60) for run in runs]
        self.assertEqual([run.returncode for run in runs], [0, 0])
        self.assertEqual((out, err), ("out2\n", "err1\nerr2\n"))
        self.assertEqual(errors, "err2\n")
        self.assertEqual(self.run_rmctl("app", "logs", app, "-f", "--tail", 5, "--file", "stdout").stdout, "out2\n")
        refused = self.run_rmctl("app", "logs", app, "--container", container_of(other).group(), code=3)
        self.assertIn(other, refused.stderr)
        self.assertEqual(refused.stdout, "")
        missing = self.run_rmctl("app", "logs", app, "--file", "nope", code=3)
        self.assertIn("nope", missing.stderr)

    def test_nothing_matches_is_not_nothing_there(self):
        self.run_rmctl("submit", "--wait", "--", "/bin/true")
        self.assertIn("No application matches", self.run_rmctl("app", "list", "--user", "nobody-here").stderr)

    def test_objects_are_named_once(self):
        error = self.run_rmctl("app", "get", "application_1_0001", code=3).stderr
        self.assertEqual(error.count("application_1_0001"), 1, error)

    def test_output_that_does_not_arrive_is_a_failure(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            for words in (["node", "list"], ["--help"], ["completion", "bash"]):
                with self.subTest(words):
                    self.assertIn("No space left", rmctl(self.folder, *words, code=1, stdout=full).stderr)

    def test_errors_say_what_to_do(self):
        cases = [
            (("sumbit",), 2, "did you mean 'submit'"),
            (("app", "lst"), 2, "did you mean 'list'"),
            (("submit", "--executor-coers", "3", "x"), 2, "did you mean '--executor-cores'"),
            (("submit",), 2, "no program"),
            (("app", "get", "nothing"), 3, "rmctl app list"),
            (("app", "kill", ""), 8, "an empty id means no application"),
            (("config", "apply", "/no/such/file"), 3, "/no/such/file"),
            (("node", "get", "node-9"), 3, "rmctl node list"),
            (("submit", "--", "/no/such/program"), 3, "/no/such/program"),
            (("submit", "--kind", "rdd", "--", "/bin/sleep", "1"), 8, "Heddle::client"),
            (("submit", "--queue", "nope", "--", "/bin/true"), 3, "nope"),
            (("submit", "--driver-memory", "9000g", "--", "/bin/true"), 8, "the largest node has"),
            (("submit", "--driver-memory", "much", "--", "/bin/true"), 8, "--driver-memory"),
            (("--token-file", "/etc/hostname", "app", "list"), 4, "token"),
            (("--token-file", "/no/token", "app", "list"), 3, "--token-file"),
            (("--server", "127.0.0.1:1", "app", "list"), 5, "rmctl dev up"),
            (("node", "update-resource", "node-1", "gpu"), 8, "write memory=8192,vcores=4,gpu=2"),
            (("node", "update-resource", "node-1"), 2, "amount"),
            (("submit", "--master-blacklist", "maybe", "--", "/bin/true"), 2, "--master-blacklist"),
            (("scheduler", "log", "2h"), 8, "from 1s to 1h"),
            (("dev", "up", "--heartbeat", "soon"), 8, "--heartbeat"),
            (("dev", "up", "--nodes", "2"), 6, "3 node agents"),
            (("dev", "up", "--heartbeat", "7s"), 6, "dev down"),
        ]
        for arguments, code, words in cases:
            with self.subTest(" ".join(arguments)):
                self.assertIn(words, self.run_rmctl(*arguments, code=code).stderr)

    def test_program_that_is_not_executable(self):
        plain = self.folder / "plain"
        plain.write_text("x")
        self.assertIn("chmod +x", self.run_rmctl("submit", plain, code=4).stderr)

    def test_sign_in_address_works_once(self):
        url = self.run_rmctl("ui", "-q").stdout.strip()
        self.assertTrue(url.startswith(self.endpoint["server"]), url)
        token = (self.folder / "token").read_text().strip()
        self.assertNotIn(token, url)

        class NoRedirect(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        opener = urllib.request.build_opener(NoRedirect)
        cookies = []
        for _ in range(2):
            try:
                with opener.open(url, timeout=10) as answer:
                    cookies.append(answer.headers.get("Set-Cookie"))
            except urllib.error.HTTPError as error:
                with error:
                    cookies.append(error.headers.get("Set-Cookie"))
        self.assertIn("HttpOnly", cookies[0])
        self.assertIsNone(cookies[1])

    def test_nodes_are_described(self):
        shown = self.run_rmctl("node", "get", "node-2").stdout
        for word in ("State ", "Last heard", "Rack", "127.0.0.2:", "Isolation", "Utilisation", "healthy"):
            self.assertIn(word, shown)
        self.assertRegex(self.run_rmctl("queue", "list").stdout, r"root +RUNNING")
        self.assertIn("127.0.0.3:", self.run_rmctl("dev", "status").stdout)
        self.assertIn(self.endpoint["server"].split("//")[1], self.run_rmctl("dev", "status").stdout)

    def test_port_in_use_is_named(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            folder = self.folder.parent / "second"
            done = rmctl(folder, "dev", "up", "--port", port, code=6)
            self.assertIn(f"port {port} ", done.stderr)
            self.assertIn("--port 0", done.stderr)
        self.assertEqual(processes_of(folder), [])
        self.assertFalse((folder / "endpoint.json").exists())

    def test_all_ports_are_looked_at_before_anything_starts(self):
        folder = self.folder.parent / "ports"
        with socket.socket() as other:
            with contextlib.suppress(OSError):  # in use already: then it is in the way all the same
                other.bind(("127.0.0.2", 8042))
                other.listen()
            rmctl(folder, "dev", "up", code=6)
            self.assertEqual(processes_of(folder), [])
        self.assertIn("65535", rmctl(folder, "dev", "up", "--port", 99999, code=2).stderr)
        rmctl(folder, "dev", "up", "--port=-1", code=2)
        self.assertEqual(processes_of(folder), [])

    def test_a_failed_start_leaves_nothing(self):
        folder = self.folder.parent / "failed"
        (folder / "rm").mkdir(parents=True)
        (folder / "rm" / "state.db").write_text("this is no database" * 100)
        failed = subprocess.run(command(folder, "dev", "up", "--port", 0), text=True, capture_output=True,
                                timeout=60, env=environment(), check=False)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("ended again", failed.stderr)
        self.assertEqual(processes_of(folder), [])
        (folder / "rm" / "state.db").unlink()
        try:
            self.assertIn("1 node agent;", rmctl(folder, "dev", "up", "--port", 0, "--nodes", 1).stderr)
            # Dead daemons hold nothing: not even the port that they had.
            for daemon in json.loads((folder / "endpoint.json").read_text())["daemons"]:
                os.kill(daemon["pid"], signal.SIGKILL)
            port = int(json.loads((folder / "endpoint.json").read_text())["server"].rsplit(":", 1)[1])
            until(lambda: len(processes_of(folder)) == 0)
            with socket.socket() as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

                def bound():  # a stranger's connection may go out from it for a moment
                    with contextlib.suppress(OSError):
                        other.bind(("127.0.0.1", port))
                        return True
                    return False
                until(bound)
                other.listen()
                self.assertIn("1 node agent;", rmctl(folder, "dev", "up", "--port", 0).stderr)
        finally:
            rmctl(folder, "dev", "down")

    def test_lost_node_is_shown_and_comes_back_as_large_as_the_others(self):
        folder = self.folder.parent / "lost"

        def nodes():
            listed = json.loads(rmctl(folder, "node", "list", "-o", "json").stdout)["nodes"]["node"]
            return {node["id"]: node for node in listed}

        try:
            rmctl(folder, "dev", "up", "--port", 0, "--nodes", 2)
            size = nodes()["node-1"]["totalResource"]
            for daemon in json.loads((folder / "endpoint.json").read_text())["daemons"]:
                if daemon["name"] == "node-2":
                    os.kill(daemon["pid"], signal.SIGKILL)
            until(lambda: nodes()["node-2"]["state"] == "LOST")
            self.assertIn("LOST", rmctl(folder, "node", "list").stdout)
            self.assertNotIn("LOST", rmctl(folder, "node", "list", "--state", "RUNNING").stdout)
            self.assertIn("LOST", rmctl(folder, "node", "get", "node-2").stdout)
            self.assertIn("2 node agents", rmctl(folder, "dev", "up").stderr)
            self.assertIn("3 node agents", rmctl(folder, "dev", "up", "--nodes", 3).stderr)
            self.assertEqual([node["totalResource"] for node in nodes().values()], [size] * 3)
        finally:
            rmctl(folder, "dev", "down")

    def test_down_ends_containers_of_dead_agents_too(self):
        folder = self.folder.parent / "third"
        try:
            rmctl(folder, "dev", "up", "--port", 0, "--nodes", 1)
            app = rmctl(folder, "submit", "--name", "x", "--", "/bin/sleep", "1000").stdout.strip()
            deadline = time.monotonic() + 30
            while "RUNNING" not in rmctl(folder, "app", "get", app).stdout:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            daemons = json.loads((folder / "endpoint.json").read_text())["daemons"]
            self.assertGreaterEqual(len(processes_of(folder)), 4)  # daemons, shim, container
            for pid in processes_of(folder):  # a shim that does not end by itself
                if "container-shim" in pathlib.Path(f"/proc/{pid}/comm").read_text():
                    os.kill(pid, signal.SIGSTOP)
            for daemon in daemons:
                os.kill(daemon["pid"], signal.SIGKILL)
        finally:
            rmctl(folder, "dev", "down")
        self.assertEqual(processes_of(folder), [])
        self.assertFalse((folder / "endpoint.json").exists())
        rmctl(folder, "dev", "down")


class WithoutCluster(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="heddle-rmctl-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_rmctl(self, *arguments, code=0):
        return rmctl(self.folder, *arguments, code=code)

    def test_every_command_has_a_help_page_of_its_own(self):
        words = dict(re.findall(r'^ +\["rmctl ?([a-z -]*)"\]="([^"]*)"', self.run_rmctl("completion", "bash").stdout,
                                re.MULTILINE))
        self.assertIn("app update-priority", words)
        for name in words:
            with self.subTest(name):
                page = self.run_rmctl(*(["help"] if name == "help" else []), *name.split(), "--help").stdout
                for flag in ("--server", "--token-file", "--output", "--quiet"):
                    self.assertIn(flag, page)
                self.assertIn(f"rmctl {name}".strip(), page.split("Examples:\n")[1])
                if name != "help":
                    self.assertEqual(page, self.run_rmctl("help", *name.split()).stdout)
        self.assertIn("[--] PROGRAM [ARGS...]", self.run_rmctl("submit", "--help").stdout)
        self.assertIn("did you mean 'list'", self.run_rmctl("help", "app", "lst", code=2).stderr)

    def test_numbers_out_of_range(self):
        for words in (["app", "list", "--limit", "0"], ["submit", "--driver-cores", "0", "x"],
                      ["app", "logs", "x", "--tail=-1"], ["app", "update-priority", "x", "high"],
                      ["app", "explain", "x", "--ask=-1"], ["dev", "up", "--nodes", "many"]):
            with self.subTest(words):
                error = self.run_rmctl(*words, code=2).stderr
                self.assertIn("is no whole number", error)
                self.assertLess(len(error), 200)

    def test_words_are_completed(self):
        def completed(*words):
            script = (f'source <("{BIN}/rmctl" completion bash); COMP_WORDS=(rmctl "$@"); COMP_CWORD=$#; _rmctl; '
                      'printf "%s\\n" "${COMPREPLY[@]}"')
            return subprocess.run(["bash", "-c", script, "-", *words], text=True, stdout=subprocess.PIPE, check=True,
                                  timeout=60).stdout.split()
        self.assertEqual(completed("clu"), ["cluster"])
        self.assertEqual(completed("app", "ex"), ["explain"])
        self.assertEqual(completed("--dir", "/some/where", "queue", "g"), ["get"])
        self.assertEqual(completed("app", "explain", "last", "--as"), ["--ask"])
        self.assertEqual(completed("app", "explain", "last", "--out"), ["--output"])
        self.assertEqual(completed("config", "show", "--v"), ["--version"])
        self.assertEqual(completed("app", "list", "--v"), [])
        self.assertEqual(completed("nowhere"), [])

    def test_usage_errors_say_what_is_missing(self):
        for words, said in ((["app"], "rmctl app needs one of list, get, explain"), ([], "rmctl needs one of submit, app"),
                            (["cluster"], "needs one of info, metrics, appstatistics"),
                            (["submit", "--type"], "--type needs a value"), (["queue", "get"], "queue is required"),
                            (["-o", "yaml", "app", "list"], "'yaml' is none of table, wide, json, name"),
                            (["submit", "--master-blacklist-below", "3", "x"], "'3' is no number from 0 to 1")):
            with self.subTest(words):
                self.assertIn(said, self.run_rmctl(*words, code=2).stderr)

    def test_every_command_that_asks_says_that_nobody_answers(self):
        for words in (["cluster", "info"], ["cluster", "metrics"], ["cluster", "appstatistics"], ["queue", "get", "x"],
                      ["app", "waiting"], ["app", "explain", "x"], ["user", "whoami"], ["scheduler", "log", "1s"],
                      ["node", "update-resource", "x", "gpu=1"], ["preemption", "list"], ["container", "list", "x"]):
            with self.subTest(words):
                self.assertIn("does not answer", self.run_rmctl("--server", "127.0.0.1:1", *words, code=5).stderr)

    def test_version_says_that_the_server_is_silent(self):
        done = self.run_rmctl("version", "--server", "127.0.0.1:1", code=5)
        self.assertRegex(done.stdout, r"^rmctl \d")
        self.assertIn("does not answer", done.stderr)

    def test_a_submission_outlives_a_manager_that_ends_in_the_middle_of_it(self):
        bodies, offers = [], []

        class Restarting(http.server.BaseHTTPRequestHandler):
            """Takes the first of each request and dies before it answers; the one after it answers."""

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path.endswith("/new-application"):
                    offers.append(self.path)
                    if len(offers) == 1:
                        self.die()
                        return
                    answer = {"application-id": "application_1_0007",
                              "maximum-resource-capability": {"memory": 4096, "vCores": 4}}
                    self.reply(200, json.dumps(answer).encode())
                    return
                bodies.append(body)
                if len(bodies) == 1:
                    self.die()
                    return
                self.reply(202, b"")

            def die(self):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

            def reply(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Restarting) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                done = self.run_rmctl("--server", f"127.0.0.1:{server.server_port}", "submit", "--", "/bin/true")
            finally:
                server.shutdown()
                thread.join()
        self.assertEqual(done.stdout, "application_1_0007\n")
        self.assertEqual(len(bodies), 2)
        self.assertEqual(bodies[0], bodies[1])  # the same submission: it is carried out once

    def test_another_kind_of_server(self):
        class Pages(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(404 if "apps" in self.path else 200)
                self.end_headers()
                self.wfile.write(b"<!DOCTYPE html><p>hello</p>")

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Pages) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                for words in (["app", "list"], ["node", "list"]):
                    with self.subTest(words):
                        error = self.run_rmctl("--server", f"127.0.0.1:{server.server_port}", *words, code=5).stderr
                        self.assertIn("this is no Heddle resource manager", error)
                        self.assertNotIn("<", error)
            finally:
                server.shutdown()
                thread.join()


if __name__ == "__main__":
    unittest.main(verbosity=1)
