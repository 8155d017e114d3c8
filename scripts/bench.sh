#!/bin/sh
# Measure: bench.sh NAME (claims, contracts or settlement) [--size N] [--runs N]. What is measured and how to read it: docs/benchmarks.md.
# The last line of stdout is JSON.
set -eu
. "$(dirname -- "$0")/_house.sh"
house bench "$@"
