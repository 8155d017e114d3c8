#!/bin/sh
# The broker's password comes as a file (a Docker secret), never in the environment of the compose file.
set -eu
if [ -n "${BROKER_PASSWORD_FILE:-}" ]; then
    FRANCHISE_SYNC_BROKER_URL="redis://:$(cat "$BROKER_PASSWORD_FILE")@${BROKER_HOST:-broker}:6379/0"
    export FRANCHISE_SYNC_BROKER_URL
fi
exec franchise-sync "$@"
