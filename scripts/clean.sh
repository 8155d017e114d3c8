#!/bin/sh
# Stop what this checkout's scripts left running, and remove the folder they keep everything in.
set -eu
. "$(dirname -- "$0")/_house.sh"
house clean "$@"
