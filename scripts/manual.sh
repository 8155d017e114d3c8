#!/bin/sh
# Write docs/steps.md, the manual's page of steps, from the models' tables of transitions.
set -eu
. "$(dirname -- "$0")/_house.sh"
house manual "$@"
