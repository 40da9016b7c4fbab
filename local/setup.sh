#!/usr/bin/env bash
# Makes .venv from requirements.lock, and does nothing when it already matches. Called by every make target.
#   local/setup.sh        install what the lock file says
#   local/setup.sh lock   resolve setup.cfg again and rewrite the lock file
set -euo pipefail
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1

say() { printf '%s\n' "$*" >&2; }
die() { say "Cannot set up: $*"; exit 1; }

find_python() {
  local candidate
  for candidate in python3.11 python3 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  die "Python 3.11 is not on PATH. Install it (for example 'apt-get install python3.11' or 'pyenv install 3.11') and try again."
}

# A uv on PATH is used as it is; otherwise one is kept under .local/uv, outside the environment it builds.
find_uv() {
  if command -v uv >/dev/null 2>&1; then
    command -v uv
    return
  fi
  if [ ! -x .local/uv/bin/uv ]; then
    say "Installing uv (once) ..."
    "$1" -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action ignore --target .local/uv.new uv >&2 \
      || die "'$1 -m pip install uv' failed; its message is above. Check the network, or install uv yourself and try again."
    rm -rf .local/uv && mv .local/uv.new .local/uv
  fi
  printf '%s\n' .local/uv/bin/uv
}

wanted_stamp() { sha256sum requirements.lock 2>/dev/null || shasum -a 256 requirements.lock; }

lock() {
  local python uv
  python=$(find_python)
  uv=$(find_uv "$python")
  "$uv" pip compile setup.cfg --all-extras --generate-hashes --universal --python-version 3.11 --no-emit-index-url \
    --custom-compile-command "make lock" --quiet --output-file requirements.lock "$@"
}

install() {
  if [ -x .venv/bin/python ] && [ "$(cat .venv/.lock 2>/dev/null)" = "$(wanted_stamp)" ]; then
    return
  fi
  local python uv
  python=$(find_python)
  uv=$(find_uv "$python")
  say "Installing what requirements.lock lists into .venv (about 2 GB; once) ..."
  [ -x .venv/bin/python ] || "$uv" venv --quiet --python "$python" .venv
  "$uv" pip sync --quiet --python .venv/bin/python --require-hashes requirements.lock \
    || die "installing from requirements.lock failed; the message is above. Nothing needs cleaning up: run the same command again."
  wanted_stamp > .venv/.lock
}

mkdir -p .local
case "${1:-install}" in
  lock) shift; lock "$@" ;;
  install) install ;;
  *) die "unknown word '$1'; use 'install' or 'lock'." ;;
esac
