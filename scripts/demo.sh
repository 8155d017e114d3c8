#!/bin/sh
# Run the whole product on its demo story. `--once`: end after the job; the last line of stdout is JSON.
set -eu
. "$(dirname -- "$0")/_house.sh"
house demo "$@"
