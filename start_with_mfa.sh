#!/usr/bin/env bash
# Asks for an MFA code and starts Airflow with a session of its own: ./start_with_mfa.sh [hours, 12 by default]
# AWS_MFA_SERIAL names the MFA device if you have several. Nothing of the session is written to disk.
set -euo pipefail
cd "$(dirname "$0")"
[ -x .venv/bin/python ] || local/setup.sh
exec .venv/bin/python -m infra.mfa "$@"
