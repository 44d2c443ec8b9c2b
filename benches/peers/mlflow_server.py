"""Serves a model with MLflow's own scoring server, as `mlflow models serve` starts it.

    python mlflow_server.py --model FOLDER --port P

FOLDER is what train.py made, or the mlflow_model in it. Prints `ready` when it answers; ends with
SIGTERM, and when a pipe that is its standard input closes. POST /invocations predicts.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from lifetime import answers, demand_free, die_with_parent, stop_with_parent

# So long may the server take to end by itself.
PATIENCE_S = 5


def group_is_alive(group):
    try:
        os.killpg(group, 0)
        return True
    except ProcessLookupError:
        return False


def stop(server):
    """Ends the whole group: the command has a server under it, and that may have workers."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, sent)
        except ProcessLookupError:
            break
        until = time.monotonic() + PATIENCE_S
        # Polling also collects the ended child, which would count as alive otherwise.
        while time.monotonic() < until:
            server.poll()
            if not group_is_alive(server.pid):
                return
            time.sleep(0.02)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", type=Path, required=True)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--workers", type=int, help="MLflow's own default unless given")
    given = options.parse_args()
    model = given.model / "mlflow_model"
    model = model if model.is_dir() else given.model
    demand_free(given.port)

    environment = os.environ | {
        # MLflow starts `uvicorn` by name: the one beside this Python.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        # MLflow reports to its makers unless told not to. Here nothing leaves the machine.
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
    }
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(model)]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(given.port)]
    command += ["--workers", str(given.workers)] if given.workers else []
    # A signal ends this process by way of `finally`, at whatever moment it comes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    server = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        # Its log: standard output says `ready`, and nothing else.
        stdout=sys.stderr,
        start_new_session=True,
        # If this process is killed outright, no `finally` runs; MLflow does the same for its own.
        preexec_fn=die_with_parent,
    )
    try:
        stop_with_parent()
        while server.poll() is None and not answers(f"http://127.0.0.1:{given.port}/ping"):
            time.sleep(0.02)
        if server.poll() is None:
            print("ready", flush=True)
        # Woken by a signal, or by the end of the server.
        server.wait()
        sys.exit(f"MLflow's server ended by itself, with {server.returncode}")
    finally:
        stop(server)


if __name__ == "__main__":
    main()
