#!/bin/sh
# Quantizes the small model in examples/ with GPTQ and the pictures beside it, verifies the result and says what it cost.
#   tools/demo.sh build/release/halftone
set -eu
cd "$(dirname "$0")/.."
halftone=$1
out=demo-output/mini-qwen2vl-gptq-w4g64

mkdir -p demo-output

say() { printf '\n$ halftone %s\n' "$*"; }

say inspect examples/mini-qwen2vl
"$halftone" inspect examples/mini-qwen2vl | head -n 1

set -- quantize examples/mini-qwen2vl -r gptq-w4g64 --data examples/calibration/sharegpt4v_mini_256.json \
  --images examples/calibration/images -o "$out" --overwrite
say "$@"
"$halftone" "$@"

set -- verify "$out" --against examples/mini-qwen2vl
say "$@"
"$halftone" "$@"

set -- compare examples/mini-qwen2vl "$out" --data examples/calibration/conversation_mini_256.json \
  --images examples/calibration/images
say "$@"
"$halftone" "$@" | grep -E '^(predictions|question)'

printf '\nThe quantized checkpoint is in %s/%s\n' "$PWD" "$out"
