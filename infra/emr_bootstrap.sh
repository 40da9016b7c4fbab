#!/bin/bash
# Runs once on every node of the cluster: the Python packages of the jobs that the EMR release does not bring, as locked.
#   emr_bootstrap.sh s3://bucket/path/jobs-requirements.txt
set -euo pipefail
aws s3 cp "$1" /tmp/jobs-requirements.txt
sudo python3.11 -m pip install --quiet --require-hashes --only-binary :all: -r /tmp/jobs-requirements.txt
