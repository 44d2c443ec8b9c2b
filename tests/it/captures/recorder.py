"""A proxy between a client and a server that keeps each request as it came over the wire."""

import base64
import http.client
import http.server
import threading


class Tee:
    """What is read of a connection, and a copy of it."""

    def __init__(self, source):
        self.source = source
        self.copy = bytearray()

    def readline(self, limit=-1):
        return self.keep(self.source.readline(limit))

    def read(self, size=-1):
        return self.keep(self.source.read(size))

    def close(self):
        self.source.close()

    def keep(self, data):
        self.copy += data
        return data


class Handler(http.server.BaseHTTPRequestHandler):
    """Passes requests on one by one; connections stay open, as with the server itself."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.rfile = Tee(self.rfile)

    def handle_one_request(self):
        self.rfile.copy.clear()
        super().handle_one_request()

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        recorder = self.server.recorder
        recorder.keep(bytes(self.rfile.copy))
        upstream = http.client.HTTPConnection("localhost", recorder.to)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            # The server answers to its own address only.
            upstream.putheader(name, recorder.own(value) if name.lower() == "host" else value)
        upstream.endheaders(body)
        answer = upstream.getresponse()
        told = answer.read()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)
        upstream.close()

    do_GET = do_POST = do_DELETE = pass_on

    def log_message(self, *said):
        """The clients tell what went wrong."""


class Recorder:
    """Listens on `port` for a server on `to`, both of this machine."""

    def __init__(self, port, to, folder, secrets):
        self.to = to
        self.host = f"localhost:{port}"
        self.folder = folder
        self.secrets = secrets
        self.name = None
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.recorder = self
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def own(self, host):
        return host.replace(self.host, f"localhost:{self.to}")

    def keep(self, request):
        """Writes a request to the file of the present name, with words for what is secret or
        differs from server to server; the second request of a name is NAME-2, and so on."""
        for word, secret in [("host", self.host), *self.secrets.items()]:
            request = request.replace(secret.encode(), f"{{{{{word}}}}}".encode())
        self.count += 1
        number = "" if self.count == 1 else f"-{self.count}"
        (self.folder / f"{self.name}{number}.http").write_bytes(request)

    def record(self, name, ask):
        """Keeps under this name what `ask` sends; prints what came of it, and returns it."""
        self.name, self.count = name, 0
        try:
            found = ask()
            print(f"{name}: {found}", flush=True)
            return found
        except Exception as error:  # Whatever a client makes of a refusal.
            print(f"{name}: {type(error).__name__}: {error}", flush=True)


def basic(user, password):
    """The credential that a client makes of these two."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()
