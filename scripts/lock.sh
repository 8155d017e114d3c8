#!/bin/sh
# Write requirements/*.lock anew from requirements/*.in and worker/pyproject.toml: newest versions, with hashes.
# Needs uv. No index address gets into the files.
set -eu
cd "$(dirname -- "$0")/../requirements"
lock() {
    out=$1
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --upgrade \
        --no-emit-index-url --no-emit-find-links --custom-compile-command scripts/lock.sh "$@" --output-file "$out"
}
lock odoo.lock odoo.in
lock report.lock report.in --constraint odoo.lock
if [ -f ../worker/pyproject.toml ]; then
    lock worker.lock ../worker/pyproject.toml --extra rabbitmq --extra rest --extra sftp --extra email --extra otel --constraint odoo.lock
    lock dev.lock dev.in --constraint odoo.lock --constraint worker.lock
else
    lock dev.lock dev.in --constraint odoo.lock
fi
lock uv.lock uv.in --constraint dev.lock
lock build.lock build.in --constraint dev.lock
