#!/bin/sh
# Predictions of the 2018 winner's NetVLAD (256 clusters, 1024 hidden units, 321 million parameters) by `trainer infer`,
# and of two such models in 8 bits put together, against TensorFlow running the same graphs on the same records. Goal:
# 2 × as fast. Neither counts the start, the loading of the weights and what a first batch takes: TensorFlow is timed
# after one, ours is what the program takes for all videos less what it takes for the first of them. The whole program's
# rate, from its start to the written file, is printed too.
#
#   VIDEOS   how many videos (1024), of which FIRST (256) are run alone too; BATCH how many at a time (128)
#   PAIRS    how often both are run in turn (3); the median of the ratios is printed at the end
#   REPEAT   how often ours is run each time, for the median (1)
#   MODEL    the prefix of another exported model to run; the NetVLAD is exported anew each time otherwise
#   ENSEMBLE the same for the two models; `none` leaves them out
#   TRAINER  the program to measure, instead of .build/release/trainer
. "$(dirname "$0")/common.sh"

VIDEOS=${VIDEOS:-1024}
FIRST=${FIRST:-256}
BATCH=${BATCH:-128}
TRAINER=${TRAINER:-$top/.build/release/trainer}
TFRECORD_TOOL=${TFRECORD_TOOL:-$top/.build/release/tfrecord-tool}
QUANTIZE=${QUANTIZE:-$top/.build/release/quantize}
build_missing "$TRAINER" "$TFRECORD_TOOL" "$QUANTIZE"

# netvlad FOLDER [SEED] : exports the model, if there is TensorFlow.
netvlad() {
  [ -n "$TF_PYTHON" ] || { echo 'without TensorFlow there is no model to run; give MODEL=PREFIX' >&2; exit 0; }
  "$TF_PYTHON" "$here/netvlad_model.py" "$1" 256 1024 3862 "${2:-0}" 2>/dev/null
}

# ours MODEL RECORDS : the seconds and the peak memory of our program.
ours() {
  measure "${REPEAT:-1}" "$TRAINER" infer -q -f --model "$1" "$2" --batch-size "$BATCH" -o "$work/ours.csv"
}

# compare NAME MODEL : both programs' videos a second and memory.
compare() {
  ours "$2" "$work/first*" >/dev/null # so that the weights are in memory, as they are for TensorFlow
  # shellcheck disable=SC2046 # the fields are arguments
  set -- "$1" "$2" $(ours "$2" "$work/first*")
  # shellcheck disable=SC2046
  set -- "$1" "$2" "$3" $(ours "$2" "$work/first*,$work/more*")
  compute "$1: trainer infer %8.2f videos/s (%.2f from start to end)   $6 MB peak" \
    "($VIDEOS-$FIRST)/($4-$3)" "$VIDEOS/$4"
  [ -n "$TF_PYTHON" ] || return 0
  # shellcheck disable=SC2046
  set -- "$1" "$3" "$4" $("$TF_PYTHON" "$here/tensorflow_infer.py" "$2" "$BATCH" "$work"/first* "$work"/more* 2>/dev/null)
  compute "$1: TensorFlow    %8.2f videos/s   $6 MB peak   ours is %.2f x as fast (goal 2)" \
    "$5/$4" "($4/$5)/(($3-$2)/($VIDEOS-$FIRST))" | tee -a "$work/ratios"
}

# in_turn NAME MODEL : compares several times, since either's speed may be another in the next minute.
in_turn() {
  : >"$work/ratios"
  for _ in $(seq "${PAIRS:-3}"); do compare "$1" "$2"; done
  print_median "$1"
}

"$TFRECORD_TOOL" synth -q --level frame --videos "$FIRST" -o "$work/first"
"$TFRECORD_TOOL" synth -q --level frame --videos "$((VIDEOS - FIRST))" --first "$FIRST" -o "$work/more"
if [ -z "${MODEL:-}" ]; then
  netvlad "$work/model"
  MODEL=$work/model/inference_model
fi
in_turn 'NetVLAD' "$MODEL"

if [ -z "${ENSEMBLE:-}" ]; then
  netvlad "$work/second" 100
  for model in "$MODEL" "$work/second/inference_model"; do
    number=$((${number:-0} + 1))
    "$QUANTIZE" apply -q --transform-type quant_uniform --model "$model" \
      --savefile "$work/quantized$number/inference_model" >/dev/null
  done
  rm -r "$work/second"
  "$CKPT_TOOL" ensemble -q --models "$work/quantized1/inference_model" --models "$work/quantized2/inference_model" \
    -o "$work/ensemble"
  ENSEMBLE=$work/ensemble/inference_model
fi
[ "$ENSEMBLE" = none ] || in_turn 'two NetVLADs of 8 bits' "$ENSEMBLE"
