#!/bin/sh
# Records of YouTube-8M's shape made into batches of dequantized floats, as training wants them, against the readers of
# the published solutions under TensorFlow. Goal: 5 × as fast. Both print how many videos and frames they found and the
# sum of the videos' first numbers, which must be the same.
. "$(dirname "$0")/common.sh"

TFRECORD_TOOL=${TFRECORD_TOOL:-$top/.build/release/tfrecord-tool}
[ -x "$TFRECORD_TOOL" ] || (cd "$top" && swift build -c release --product tfrecord-tool >&2)
(cd "$top" && swift build -c release --static-swift-stdlib --product benchmark-batches >&2)

"$TFRECORD_TOOL" synth -q --level frame --videos 2000 -o "$work/frame"
"$TFRECORD_TOOL" synth -q --level video --videos 100000 -o "$work/video"

for level in frame video; do
  file=$work/$level-00000-of-00001.tfrecord
  size=$(wc -c <"$file")
  ours=$(for _ in 1 2 3 4 5; do "$top/.build/release/benchmark-batches" $level "$file"; done | sort -n | head -n 1)
  set -- $ours
  compute "$level batches            %6.0f MB/s of records   %8.0f videos/s   ($2 videos, $3 frames, sum $4)" \
    "$size/$1/1e6" "$2/$1"
  [ -n "$TF_PYTHON" ] || continue
  seconds=$1
  # shellcheck disable=SC2046 # the fields are arguments
  set -- $("$TF_PYTHON" "$here/tensorflow_batches.py" $level "$file" 2>/dev/null)
  compute "  the solutions' queues   %6.0f MB/s of records   ours is %.1f x as fast (goal 5)   ($2 videos, $3 frames, sum $4)" \
    "$size/$1/1e6" "$1/$seconds"
  compute "  tf.data, all cores      %6.0f MB/s of records   ours is %.1f x as fast   ($6 videos, $7 frames, sum $8)" \
    "$size/$5/1e6" "$5/$seconds"
done
