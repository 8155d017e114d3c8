#!/bin/sh
# The broker's password comes as a file (a Docker secret), never in the environment of the compose file.
set -eu
if [ -n "${BROKER_PASSWORD_FILE:-}" ]; then
    password=$(cat "$BROKER_PASSWORD_FILE")
    case "${BROKER_KIND:-valkey}" in
        *rabbitmq*) FRANCHISE_SYNC_BROKER_URL="amqp://franchise:$password@${BROKER_HOST:-broker}:5672/" ;;
        *) FRANCHISE_SYNC_BROKER_URL="redis://:$password@${BROKER_HOST:-broker}:6379/0" ;;
    esac
    export FRANCHISE_SYNC_BROKER_URL
fi
exec franchise-sync "$@"
