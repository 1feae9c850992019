#!/bin/sh
# Records of YouTube-8M's shape, half a GB of frames and half a GB of means, in the page cache: `tfrecord-tool verify`
# against `cat FILE >/dev/null` and TensorFlow's C++ record reader; `filter` against `cat FILE >copy` and the reference
# solutions' loop. Goals: verify 0.6 × cat, 2.3 × (frames) and 3.3 × (means) TensorFlow; filter 1.5 × the time of cat,
# 2.8 × the loop. Times are the best of several runs.
. "$(dirname "$0")/common.sh"

TFRECORD_TOOL=${TFRECORD_TOOL:-$top/.build/release/tfrecord-tool}
[ -x "$TFRECORD_TOOL" ] || (cd "$top" && swift build -c release --product tfrecord-tool >&2)

"$TFRECORD_TOOL" synth -q --level frame --videos 2000 -o "$work/frames"
"$TFRECORD_TOOL" synth -q --level video --videos 100000 -o "$work/means"
sync

# passes NAME FILE GOAL : verify against cat and TensorFlow.
passes() {
  name=$1 file=$2 goal=$3
  set -- $(measure 7 cat "$file")
  cat=$2
  set -- $(measure 7 "$TFRECORD_TOOL" verify -q "$file")
  ours=$2
  size=$(wc -c <"$file")
  compute "$name: cat FILE >/dev/null   %6.2f GB/s" "$size/$cat/1e9"
  compute "$name: tfrecord-tool verify  %6.2f GB/s   %.2f x cat (goal 0.6)   peak $3 MB" \
    "$size/$ours/1e9" "$cat/$ours"
  if [ -n "$TF_PYTHON" ]; then
    theirs=$("$TF_PYTHON" "$here/tensorflow_records.py" count "$file" 2>/dev/null)
    compute "$name: TensorFlow's reader   %6.2f GB/s   verify is %.2f x as fast (goal $goal)" \
      "$size/$theirs/1e9" "$theirs/$ours"
  fi
}

frames=$work/frames-00000-of-00001.tfrecord
means=$work/means-00000-of-00001.tfrecord
passes frames "$frames" 2.3
passes means "$means" 3.3

# Standard output is not synced, as cat's is not; a file named with -o is on the disk when the program ends.
for file in "$frames" "$means"; do
  set -- $(measure 5 sh -c "cat '$file' >'$work/copy'; rm '$work/copy'")
  cat=$2
  set -- $(measure 5 sh -c "cat '$file' >'$work/copy'; sync '$work/copy'; rm '$work/copy'")
  synced=$2
  keep="'$TFRECORD_TOOL' filter -q '$file' --where 'label_count >= 0'"
  set -- $(measure 5 sh -c "$keep >'$work/copy'; rm '$work/copy'")
  compute "filter >copy that keeps all: %.3f s   %.2f x the time of cat FILE >copy (goal 1.5)   peak $3 MB" "$2" "$2/$cat"
  set -- $(measure 5 sh -c "$keep -o '$work/copy'; rm '$work/copy'")
  compute "filter -o copy:              %.3f s   %.2f x the time of cat and sync" "$2" "$2/$synced"
done

"$TFRECORD_TOOL" ids "$frames" | sort | awk 'NR % 2' >"$work/ids"
set -- $(measure 5 sh -c "'$TFRECORD_TOOL' filter -q '$frames' --ids '$work/ids' >'$work/copy'; rm '$work/copy'")
compute 'filter that keeps half of the ids: %.3f s' "$2"
if [ -n "$TF_PYTHON" ]; then
  theirs=$("$TF_PYTHON" "$here/tensorflow_records.py" filter "$frames" "$work/copy" 2>/dev/null)
  compute 'the reference loop: %.3f s   filter is %.1f x as fast (goal 2.8)' "$theirs" "$theirs/$2"
fi
