#!/bin/sh
# What training does most: an update of 100 million weights by Adam, without and with clipping by the norm, against
# numpy, TensorFlow, and a copy of as many bytes; batch normalization of 48000 rows of 1152 with its gradient, and an LSTM
# of 512 units over 50 steps of 128 videos with its gradient, against TensorFlow; the product of 24000 rows of 1024 with
# 4096 columns, and the gradient of its weights, against TensorFlow and cblas_sgemm (numpy's). Times are the fastest of
# RUNS (5). Goal: 60 % of the rate of cblas_sgemm.
#
#   MILLIONS  how many million weights (100: 2.5 GB for each of the programs); RUNS how often each is run
#   STEPS     the program to measure, instead of .build/release/benchmark-steps
. "$(dirname "$0")/common.sh"
[ -n "$TF_PYTHON" ] || exit 0

STEPS=${STEPS:-$top/.build/release/benchmark-steps}
[ -x "$STEPS" ] || (cd "$top" && swift build -c release --static-swift-stdlib --product benchmark-steps >&2)
targets='adam clip_adam batch_norm batch_norm_gradient product product_gradient lstm lstm_gradient'

# shellcheck disable=SC2086 # the targets are words
"$TF_PYTHON" "$here/training_graphs.py" "$work" "${MILLIONS:-100}" "${RUNS:-5}" $targets 2>/dev/null >"$work/others"
# shellcheck disable=SC2086
"$STEPS" "$work/steps.meta" "${RUNS:-5}" $targets >"$work/ours"
awk 'NR == FNR { other[$1] = $2; next }
  { printf "%-20s %8.4f s   TensorFlow %8.4f s   %.2f ×", $1, $2, other[$1], other[$1] / $2
    if ($1 == "adam") printf "   numpy %.4f s   %.2f ×   a copy %.4f s   %.2f ×", other["numpy"], other["numpy"] / $2,
      other["copy"], other["copy"] / $2
    if ($1 ~ /^product/) {
      sgemm = other[$1 == "product" ? "sgemm" : "sgemm_gradient"]
      printf "   cblas_sgemm %.4f s   %.2f ×", sgemm, sgemm / $2
    }
    printf "\n" }' "$work/others" "$work/ours"
