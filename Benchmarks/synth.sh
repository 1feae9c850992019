#!/bin/sh
# Making up data of each level, on all cores, the writing included; and what reading all of it takes: pooling frames into
# means, statistics, arrays. Goal of synth: 200 MB/s. The scratch folder should be in memory (TMPDIR=/dev/shm) where the
# disk is slower than that: what is written is synced.
. "$(dirname "$0")/common.sh"
TFRECORD_TOOL=${TFRECORD_TOOL:-$top/.build/release/tfrecord-tool}
[ -x "$TFRECORD_TOOL" ] || (cd "$top" && swift build -c release --product tfrecord-tool >&2)

for level in video frame segment; do
  videos=3000
  [ $level = video ] && videos=100000
  set -- $(measure 3 "$TFRECORD_TOOL" synth -f --level $level --videos $videos --fakes 0.1 -o "$work/$level")
  bytes=$(wc -c <"$work/$level-00000-of-00001.tfrecord")
  compute "synth %-8s %6.0f MB/s (goal 200)  %7.0f videos/s   peak $3 MB" "\"$level\"" "$bytes/$1/1e6" "$videos/$1"
done

file=$work/frame-00000-of-00001.tfrecord
bytes=$(wc -c <"$file")
rm "$work"/video-* "$work"/segment-*
for command in "pool -f -o $work/pooled" stats "convert -f -o $work/frame.npz"; do
  # shellcheck disable=SC2086 # the command has options
  set -- $(measure 3 "$TFRECORD_TOOL" $command "$file")
  compute "%-14s %6.0f MB/s   peak $3 MB" "\"${command%% *}\"" "$bytes/$1/1e6"
done
