#!/bin/sh
# Filtering frame-level records, against the reference's loop under TensorFlow and against `cat` into files. Goals: 2.8 ×
# as fast as the loop, at most 1.5 × as long as cat.
. "$(dirname "$0")/common.sh"
FAKE_FILTER=${FAKE_FILTER:-$top/.build/release/fake-filter}
[ -x "$FAKE_FILTER" ] || (cd "$top" && swift build -c release --product fake-filter >&2)

# 8 shards of about 120 MB: the fixture's records over and over.
mkdir "$work/in"
for shard in 0 1 2 3 4 5 6 7; do
  for i in $(seq 900); do cat "$top"/Tests/Fixtures/fakes/records/*.tfrecord; done >"$work/in/test$shard.tfrecord"
done
sync
megabytes=$(du -cm "$work"/in/* | tail -1 | cut -f1)
csv=$top/Tests/Fixtures/fakes/vids_by_std.csv

cat >"$work/copy.sh" <<'EOF'
mkdir "$2" && for file in "$1"/*; do cat "$file" >"$2/${file##*/}"; done; $3; rm -r "$2"
EOF
cat >"$work/filter.sh" <<'EOF'
"$1" filter -q -s "$2" -d "$3" -c "$4" --missing drop; rm -r "$3"
EOF
set -- $(measure 5 sh "$work/copy.sh" "$work/in" "$work/out" :)
cat=$1
# What we write is on the disk when we are done.
set -- $(measure 5 sh "$work/copy.sh" "$work/in" "$work/out" "find $work/out -name test* -exec sync {} +")
durable=$1
set -- $(measure 5 sh "$work/filter.sh" "$FAKE_FILTER" "$work/in" "$work/out" "$csv")
seconds=$1
compute "fake-filter filter     %6.2f s   %5.0f MB/s   peak $3 MB" "$seconds" "$megabytes/$seconds"
compute "cat into files         %6.2f s   ours takes %.2f x as long (goal 1.5)" "$cat" "$seconds/$cat"
set -- $(measure 3 "$FAKE_FILTER" scan -q "$work/in/*.tfrecord")
compute "cat and sync           %6.2f s   ours takes %.2f x as long" "$durable" "$seconds/$durable"
compute "fake-filter scan       %6.2f s   %5.0f MB/s   peak $3 MB" "$1" "$megabytes/$1"
set -- $(measure 3 "$FAKE_FILTER" scan -q --duplicates "$work/in/*.tfrecord")
compute "  with --duplicates    %6.2f s   %5.0f MB/s   peak $3 MB" "$1" "$megabytes/$1"
if [ -n "$TF_PYTHON" ]; then
  set -- $(measure 1 "$TF_PYTHON" "$top/Tests/Interop/reference_filter.py" "$work/in" "$work/theirs" "$csv" 2>/dev/null)
  compute "reference loop         %6.2f s   peak $3 MB   ours is %.1f x as fast (goal 2.8)" "$1" "$1/$seconds"
fi
