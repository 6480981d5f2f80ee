#!/bin/sh
# Generates src/report/wire.gen.js and .d.ts from proto/. Usage: scripts/gen-wire.sh [DIRECTORY], default src/report.
set -eu
cd "$(dirname "$0")/.."
out=${1:-src/report}
bin=node_modules/.bin

"$bin/pbjs" --target static-module --wrap esm --root shadowtap --force-number \
	--no-create --no-convert --no-verify --no-delimited --no-typeurl --no-service \
	--out "$out/wire.gen.js" proto/shadowtap/v1alpha1/exchange.proto
# The import of Long is left over from --force-number, and Long is no dependency of ours.
"$bin/pbts" "$out/wire.gen.js" | grep -v '^import Long = ' >"$out/wire.gen.d.ts"
