#!/bin/sh
# Listing a checkpoint of 1 GB: median of 20 runs, the process and all. Goal: 20 ms.
. "$(dirname "$0")/common.sh"
checkpoint "$work/model" 100 2500000
set -- $(measure 20 "$CKPT_TOOL" ls "$work/model")
compute "ckpt-tool ls of 1 GB   %.1f ms (goal 20)   peak $3 MB" "$1*1000"
