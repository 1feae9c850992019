#!/bin/sh
# Predictions of the 2018 winner's NetVLAD (256 clusters, 1024 hidden units, 321 million parameters) by `trainer infer`,
# against TensorFlow running the same graph on the same records. Goal: 2 × as fast. Ours is the whole program, from its
# start to the written file; TensorFlow's is without its start, the loading of the weights and a first batch.
#
#   VIDEOS   how many videos (512); BATCH how many at a time (128)
#   MODEL    the prefix of another exported model to run; the NetVLAD is exported anew each time otherwise
#   TRAINER  the program to measure, instead of .build/release/trainer
. "$(dirname "$0")/common.sh"

VIDEOS=${VIDEOS:-512}
BATCH=${BATCH:-128}
TRAINER=${TRAINER:-$top/.build/release/trainer}
TFRECORD_TOOL=${TFRECORD_TOOL:-$top/.build/release/tfrecord-tool}
for program in trainer tfrecord-tool; do
  case $program in trainer) path=$TRAINER ;; *) path=$TFRECORD_TOOL ;; esac
  [ -x "$path" ] || (cd "$top" && swift build -c release --static-swift-stdlib --product $program >&2)
done

"$TFRECORD_TOOL" synth -q --level frame --videos "$VIDEOS" -o "$work/records"
if [ -z "${MODEL:-}" ]; then
  [ -n "$TF_PYTHON" ] || { echo 'without TensorFlow there is no model to run; give MODEL=PREFIX' >&2; exit 0; }
  "$TF_PYTHON" "$here/netvlad_model.py" "$work/model" 2>/dev/null
  MODEL=$work/model/inference_model
fi

# shellcheck disable=SC2046 # the fields are arguments
set -- $(measure 1 "$TRAINER" infer -q -f --model "$MODEL" "$work/records*" --batch-size "$BATCH" -o "$work/ours.csv")
seconds=$1
compute "trainer infer   %8.2f videos/s   $3 MB peak" "$VIDEOS/$1"
[ -n "$TF_PYTHON" ] || exit 0
# shellcheck disable=SC2046
set -- $("$TF_PYTHON" "$here/tensorflow_infer.py" "$MODEL" "$BATCH" "$work"/records* 2>/dev/null)
compute "TensorFlow      %8.2f videos/s   $3 MB peak   ours is %.2f x as fast (goal 2)" \
  "$2/$1" "($1/$2)/($seconds/$VIDEOS)"
