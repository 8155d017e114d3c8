#!/bin/sh
# Fetch everything that is missing and make the stock database; start nothing. `setup.sh browser`: a browser too.
set -eu
. "$(dirname -- "$0")/_house.sh"
house setup "$@"
