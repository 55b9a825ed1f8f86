"""Who gets in: every route with every method without and with a wrong token, foreign hosts and origins, bodies
that are malformed, oversized or too deep, and requests that smuggle."""

import subprocess

from manager import TESTS, Failure, ask, expect, manager, raw

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"]
JSON = "Content-Type: application/json\r\n"
PARAMETERS = {"{id}": "application_1_0001", "{attempt}": "appattempt_1_0001_000001",
              "{container}": "container_1_0001_01_000001", "{sha256}": "0" * 64, "{file}": "stdout",
              "{queue}": "default", "{command}": "KILL", "{*}": "jobs"}


def routes():
    table = subprocess.run([TESTS / "rm_routes"], check=True, capture_output=True, text=True).stdout
    found = []
    for line in table.splitlines():
        method, pattern, permission = line.split()
        for name, value in PARAMETERS.items():
            pattern = pattern.replace(name, value)
        found.append((method, pattern, permission))
    if len(found) < 60:
        raise Failure(f"only {len(found)} routes are listed")
    return found


def walk(cluster):
    table = routes()
    public = {path for _, path, permission in table if permission == "public"}
    refused = 0
    for path in sorted({path for _, path, _ in table}):
        for method in METHODS:
            for token in ("", "wrong-token-0123456789abcdef"):
                status, _, _ = ask(cluster, method, path, token)
                if path in public and method in ("GET", "HEAD"):
                    expect(f"{method} {path}", status, 200, 404, 303)
                else:
                    expect(f"{method} {path} with token '{token}'", status, 400, 401, 403)
                    refused += status in (401, 403)
    token = cluster.token_file.read_text().strip()
    for path in sorted({path for _, path, _ in table}):
        allowed = {method for method, other, _ in table if other == path}
        if path.endswith("/new-application"):
            allowed.add("GET")  # taken as the name of an application
        allowed |= {"HEAD"} if "GET" in allowed else set()
        for method in set(METHODS) - allowed - {"CONNECT"}:
            status, head, _ = ask(cluster, method, path, token)
            expect(f"{method} {path} with the token", status, 405)
            if "Allow: " not in head:
                raise Failure(f"{method} {path}: no Allow in\n{head}")
    print(f"{len(table)} routes, {len(METHODS)} methods: {refused} refusals")


def hosts_and_origins(cluster):
    token = cluster.token_file.read_text().strip()
    for path in sorted({path for _, path, _ in routes()}):
        status, _, _ = ask(cluster, "GET", path, token, host="evil.test")
        expect(f"Host evil.test on {path}", status, 421)
    info = "/ws/v1/cluster/info"
    for host in ("localhost:1", "127.0.0.1", "[::1]:8088", "LOCALHOST"):
        expect(f"Host {host}", ask(cluster, "GET", info, token, host=host)[0], 200)
    new = "/ws/v1/cluster/apps/new-application"
    for origin in ("http://evil.test", "null", f"http://127.0.0.1:{cluster.port + 1}"):
        expect(f"Origin {origin}", ask(cluster, "POST", new, token, f"Origin: {origin}\r\n")[0], 403)
    expect("own Origin", ask(cluster, "POST", new, token, f"Origin: http://127.0.0.1:{cluster.port}\r\n")[0], 200)


def session(cluster):
    token = cluster.token_file.read_text().strip()
    status, answer = cluster.request("POST", "/heddle/v1/codes", {})
    expect("a new code", status, 200)
    status, head, _ = ask(cluster, "GET", f"/?code={answer['code']}")
    expect("the exchange", status, 303)
    cookie = next(line for line in head.split("\r\n") if line.lower().startswith("set-cookie:")).split(": ", 1)[1]
    for part in ("HttpOnly", "SameSite=Strict"):
        if part not in cookie:
            raise Failure(f"no {part} in {cookie}")
    if token in head:
        raise Failure("the token itself is in an answer")
    second = ask(cluster, "GET", f"/?code={answer['code']}")[1]
    if "set-cookie" in second.lower():
        raise Failure("a code was taken twice")
    cookie = f"Cookie: {cookie.split(';')[0]}\r\n"
    expect("reading by cookie", ask(cluster, "GET", "/ws/v1/cluster", headers=cookie)[0], 200)
    new = "/ws/v1/cluster/apps/new-application"
    expect("writing by cookie without Origin", ask(cluster, "POST", new, headers=cookie)[0], 403)
    own = f"Origin: http://127.0.0.1:{cluster.port}\r\n"
    expect("writing by cookie with own Origin", ask(cluster, "POST", new, headers=cookie + own)[0], 200)
    form = "Content-Type: application/x-www-form-urlencoded\r\n"
    status = ask(cluster, "POST", "/ws/v1/cluster/apps", headers=cookie + own + form, body=b"{}")[0]
    expect("a form as a submission", status, 415)


def bodies(cluster):
    token = cluster.token_file.read_text().strip()
    apps = "/ws/v1/cluster/apps"
    deep = b"[" * 100_000 + b"]" * 100_000
    for name, body, wanted in [
            ("no JSON", b"{", 400), ("an array", b"[]", 400), ("empty", b"", 400), ("invalid UTF-8", b'"\xff"', 400),
            ("65 deep", b'{"a":' + b"[" * 64 + b"]" * 64 + b"}", 413), ("100000 deep", deep, 413),
            ("a huge number", b'{"priority":1e999999}', 400), ("a doubled key", b'{"a":1,"a":2}', 400),
            ("a million brackets", b"[" * 250_000, 413), ("oversized", b" " * (300 << 10), 413)]:
        expect(f"a submission that is {name}", ask(cluster, "POST", apps, token, JSON, body)[0], wanted)
    expect("still alive", ask(cluster, "GET", "/healthz")[0], 200)


def smuggling(cluster):
    token = cluster.token_file.read_text().strip()
    host = f"Host: 127.0.0.1:{cluster.port}\r\nAuthorization: Bearer {token}\r\n"
    for name, text in {
            "two lengths": f"POST /heddle/v1/codes HTTP/1.1\r\n{host}Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
            "length and chunked":
                f"POST /heddle/v1/codes HTTP/1.1\r\n{host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "an odd coding": f"POST /heddle/v1/codes HTTP/1.1\r\n{host}Transfer-Encoding: xchunked\r\n\r\n",
            "no host": f"GET /healthz HTTP/1.1\r\n\r\n",
            "two hosts": f"GET /healthz HTTP/1.1\r\n{host}Host: evil.test\r\n\r\n",
            "an absolute target": f"GET http://evil.test/healthz HTTP/1.1\r\n{host}\r\n",
            "dots": f"GET /heddle/v1/../../etc/passwd HTTP/1.1\r\n{host}\r\n",
            "encoded dots": f"GET /%2e%2e/etc/passwd HTTP/1.1\r\n{host}\r\n",
            "an encoded slash": f"GET /assets%2fx HTTP/1.1\r\n{host}\r\n"}.items():
        expect(name, raw(cluster.port, text)[0], 400)
    status, _, _ = raw(cluster.port, f"GET / HTTP/1.1\r\n{host}X: {'y' * 9000}\r\n\r\n")
    expect("a head of 9 KB", status, 431)


def nodes_port(cluster):
    text = f"GET /heddle/v1/nodes HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    expect("the node port without a token", raw(cluster.node_port, text + "\r\n")[0], 401)
    token = cluster.token_file.read_text().strip()
    good = f"Authorization: Bearer {token}\r\n"
    expect("no WebSocket", raw(cluster.node_port, text + good + "\r\n")[0], 400)
    expect("another path", raw(cluster.node_port, text.replace("/nodes", "/x") + good + "\r\n")[0], 404)


def main():
    with manager() as cluster:
        for part in (walk, hosts_and_origins, session, bodies, smuggling, nodes_port):
            part(cluster)
        log = (cluster.root / "log" / "resourcemanager.log").read_text()
        if cluster.token_file.read_text().strip() in log:
            raise Failure("the token is in the log")
    print("passed")


if __name__ == "__main__":
    main()
