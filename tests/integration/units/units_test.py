#!/usr/bin/env python3
"""The systemd units start daemons that find each other: the programs of this build run with what the
units give them (directories, the token as a credential, the notification socket) and nothing else."""

import configparser
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/support"))

from cluster import BIN, wait_for  # noqa: E402  (the path is set above)

UNITS = ROOT / "deploy/systemd"


def unit(name):
    """The [Service] settings of a unit; of a repeated one the last."""
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",))
    parser.optionxform = str
    parser.read(UNITS / f"{name}.service")
    return parser["Service"]


class UnitsTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="heddle-units-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "etc").mkdir()
        self.token_file = self.folder / "etc/token"

    def make_token(self):
        """Runs what the token unit runs, with another /etc/heddle."""
        command = unit("heddle-token")["ExecStart"].replace("/etc/heddle", str(self.folder / "etc"))
        # systemd undoes its own escapes before the shell sees the text.
        words = [word.replace("\\\\", "\\") for word in shlex.split(command)]
        subprocess.run(words, check=True, umask=0o077)

    def start(self, name, *arguments):
        """A daemon as its unit starts it; .ready is its notification socket."""
        service = unit(name)
        state = self.folder / service["StateDirectory"]
        state.mkdir(parents=True, mode=0o700)
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "STATE_DIRECTORY": str(state)}
        if "RuntimeDirectory" in service:
            runtime = self.folder / "run"
            runtime.mkdir()
            environment["RUNTIME_DIRECTORY"] = str(runtime)
        credential, source = service["LoadCredential"].split(":")
        credentials = self.folder / f"credentials-{name}"
        credentials.mkdir(mode=0o500)
        given = pathlib.Path(source.replace("/etc/heddle", str(self.folder / "etc")))
        if given.exists():
            shutil.copyfile(given, credentials / credential)
            (credentials / credential).chmod(0o440)  # as an access list for one user shows
        environment["CREDENTIALS_DIRECTORY"] = str(credentials)
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(notify.close)
        notify.bind(str(self.folder / f"notify-{name}"))
        notify.settimeout(20)
        environment["NOTIFY_SOCKET"] = str(self.folder / f"notify-{name}")
        program = BIN / pathlib.Path(service["ExecStart"]).name
        log = self.folder / f"{name}.log"
        with open(log, "wb") as stderr:
            process = subprocess.Popen([str(program), *map(str, arguments)], env=environment,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=stderr)
        process.stderr_path = log
        process.ready = notify
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(20)

    def test_daemons_share_the_token_and_find_each_other(self):
        self.make_token()
        self.assertEqual(stat.S_IMODE(self.token_file.stat().st_mode), 0o600)
        token = self.token_file.read_text()
        self.assertRegex(token, r"^[0-9a-f]{64}$")
        manager = self.start("heddle-resourcemanager", "--port", 0, "--node-port", 0)
        self.assertIn(b"READY=1", manager.ready.recv(4096))
        endpoint = json.loads((self.folder / "heddle/rm/endpoint.json").read_text())
        self.assertTrue((self.folder / "run/resourcemanager.sock").is_socket())
        self.assertFalse((self.folder / "heddle/rm/token").exists(), "the manager made a token of its own")
        agent = self.start("heddle-nodeagent", "--port", 0, "--name", "n1",
                           "--manager", endpoint["node_address"], "--manager-rest", endpoint["server"])
        self.assertIn(b"READY=1", agent.ready.recv(4096), agent.stderr_path.read_text())

        def nodes():
            request = urllib.request.Request(endpoint["server"] + "/ws/v1/cluster/nodes",
                                             headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)["nodes"].get("node", [])

        wait_for("the node to be up", lambda: [node["state"] for node in nodes()] == ["RUNNING"])

    def test_what_does_not_become_right_by_itself_is_not_tried_again(self):
        (self.folder / "etc/token").write_text("short")
        (self.folder / "etc/token").chmod(0o600)
        for name, arguments in [("heddle-nodeagent", []), ("heddle-resourcemanager", ["--port", 0])]:
            with self.subTest(name):
                process = self.start(name, *arguments)
                code = process.wait(20)
                self.assertIn(str(code), unit(name)["RestartPreventExitStatus"].split(),
                              process.stderr_path.read_text())
                self.assertIn("holds no token", process.stderr_path.read_text())


if __name__ == "__main__":
    os.umask(0o077)
    unittest.main(verbosity=1)
