#!/bin/sh
# Run all tests, or some: test.sh [lint|house|unit|addon|bridge|e2e …] [pytest arguments].
set -eu
. "$(dirname -- "$0")/_house.sh"
house test "$@"
