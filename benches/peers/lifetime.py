"""When a server is ready, and that it never outlives whoever started it."""

import ctypes
import os
import signal
import socket
import stat
import sys
import threading
import time
import urllib.error
import urllib.request


def demand_free(port):
    """Somebody else on the port would answer in our name, and be measured."""
    with socket.socket() as probe:
        # As a server does: a port whose last connections are only just closed is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            sys.exit(f"port {port} of 127.0.0.1 cannot be had: {error.strerror}")


def answers(url):
    # Without a proxy: the environment may name one, which knows nothing of this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def say_ready(url):
    """Prints the line that callers wait for, as soon as `url` answers."""

    def wait():
        while not answers(url):
            time.sleep(0.02)
        print("ready", flush=True)

    threading.Thread(target=wait, daemon=True).start()


def stop_with_parent():
    """Sends this process SIGTERM when its standard input closes.

    The other end of a pipe closes however its owner died. Only of a pipe or a socket does the end
    mean that: /dev/null is at its end from the start, and a terminal has Ctrl-C.
    """
    kind = os.fstat(0).st_mode
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)):
        return

    def watch():
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def die_with_parent():
    """Has the kernel send SIGTERM when the parent dies, SIGKILL included. Linux alone can."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
