#!/usr/bin/env bash
# Java 17 or later for the tests on a Spark cluster: Debian's, installed when root and missing.
set -euo pipefail
if command -v java >/dev/null; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing default-jre-headless …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends default-jre-headless >/dev/null
else
    echo "The tests on a Spark cluster need Java 17 or later (default-jre-headless); without it they are skipped." >&2
fi
