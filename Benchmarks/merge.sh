#!/bin/sh
# Merging predictions, against a plain C++ program, DuckDB and the published programs' Python. Goals: 10 × as fast as C++
# and DuckDB in at most 100 MB (2 files × 200,000 videos), 20 × as fast as file_averaging.py in less than 1 GB (9 files
# × 1,100,000 videos), 15 × as fast as the notebook's merge by rank (9 files × 1000 classes × 100,000 segments).
#
#   FULL=1        the two large cases at their full size: 12 GB in $TMPDIR, and an hour of Python
#   DUCKDB        an interpreter with the duckdb package
. "$(dirname "$0")/common.sh"
MERGE_PREDS=${MERGE_PREDS:-$top/.build/release/merge-preds}
[ -x "$MERGE_PREDS" ] || (cd "$top" && swift build -c release --static-swift-stdlib --product merge-preds >&2)
if [ "${FULL:-0}" = 1 ]; then
  videos=1100000 classes=1000 segments=100000 times=1
else
  videos=50000 classes=10 segments=100000 times=3
fi

# files KIND COUNT SIZE WIDTH : names of COUNT made-up files.
files() {
  for number in $(seq 0 $(($2 - 1))); do
    python3 "$here/merge_data.py" "$1" "$work/$1-$3-$number.csv" "$number" "$3" "$4" >&2
    echo "$work/$1-$3-$number.csv"
  done
}

two=$(files videos 2 200000 20)
megabytes=$(du -cm $two | tail -1 | cut -f1)
set -- $(measure 7 "$MERGE_PREDS" merge -q $two)
ours=$1
compute "merge-preds, 2 x 200000 videos     %7.2f s  %5.0f MB/s   peak $3 MB (goal 100)" "$ours" "$megabytes/$ours"
set -- $(measure 7 "$MERGE_PREDS" merge -q --threads 1 $two)
compute "  one thread                       %7.2f s  %5.0f MB/s   peak $3 MB" "$1" "$megabytes/$1"
${CXX:-g++} -O2 -o "$work/yardstick" "$here/merge_yardstick.cpp"
set -- $(measure 3 "$work/yardstick" $two)
compute "C++ with unordered_map and strtof  %7.2f s  peak $3 MB   ours is %.1f x as fast (goal 10)" "$1" "$1/$ours"
if [ -n "${DUCKDB:-}" ]; then
  set -- $(measure 3 "$DUCKDB" "$here/merge_duckdb.py" $two)
  compute "DuckDB                             %7.2f s  peak $3 MB   ours is %.1f x as fast (goal 10)" "$1" "$1/$ours"
else
  echo 'no DuckDB here: give an interpreter that has it as DUCKDB to have the comparison' >&2
fi

nine=$(files videos 9 "$videos" 20)
megabytes=$(du -cm $nine | tail -1 | cut -f1)
set -- $(measure $times "$MERGE_PREDS" merge -q --preset file_averaging $nine)
ours=$1
compute "merge-preds, 9 x $videos videos %9.2f s  %5.0f MB/s   peak $3 MB (goal 1000)" "$ours" "$megabytes/$ours"
set -- $(measure 1 python3 "$here/merge_python.py" scores $nine)
compute "file_averaging.py's loop           %7.2f s  peak $3 MB   ours is %.1f x as fast (goal 20)" "$1" "$1/$ours"
first=$(echo $nine | cut -d' ' -f1)
set -- $(measure 1 "$MERGE_PREDS" optimize -q -l "$first.truth" -i 10 $nine)
ten=$1
set -- $(measure 1 "$MERGE_PREDS" optimize -q --method random -l "$first.truth" -i 60 $nine)
compute "  one GAP@20 of their weighted mean %6.3f s   peak $3 MB (goal 0.3 for 200000 videos)" "($1-$ten)/50"

nine=$(files segments 9 "$classes" "$segments")
megabytes=$(du -cm $nine | tail -1 | cut -f1)
set -- $(measure $times "$MERGE_PREDS" merge -q --preset notebook-2019 --w0 6 $nine)
ours=$1
compute "merge-preds, 9 x $classes classes    %9.2f s  %5.0f MB/s   peak $3 MB" "$ours" "$megabytes/$ours"
set -- $(measure 1 python3 "$here/merge_python.py" ranks 6 $nine)
compute "the notebook's loop                %7.2f s  peak $3 MB   ours is %.1f x as fast (goal 15)" "$1" "$1/$ours"
