#!/usr/bin/env bash
# Makes the virtual environment of the peers in the folder given, or in a new temporary one, and
# prints the folder: the only line on standard output, so that a caller can read it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$(mktemp -d)}
{
  mkdir -p "$folder"
  folder=$(cd "$folder" && pwd)
  "${PYTHON:-python3}" -m venv "$folder"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
    --requirement "$here/requirements.txt"
} >&2
printf '%s\n' "$folder"
