#!/bin/sh
# Reading and scoring files of predictions: parsing against `cat` and against a loop of strtof, scoring against the
# starter code's calculators in Python.
. "$(dirname "$0")/common.sh"
MERGE_PREDS=${MERGE_PREDS:-$top/.build/release/merge-preds}
[ -x "$MERGE_PREDS" ] || (cd "$top" && swift build -c release --product merge-preds >&2)

rows=${ROWS:-200000}
python3 "$here/predictions_made.py" "$rows" "$work/p.csv" "$work/truth.csv"
megabytes=$(du -cm "$work/p.csv" | tail -1 | cut -f1)

set -- $(measure 5 "$MERGE_PREDS" check -q "$work/p.csv")
check=$1
compute "check, one core            %6.2f s   %5.0f MB/s   peak $3 MB" "$1" "$megabytes/$1"
cat >"$work/convert.sh" <<'END'
"$1" convert -q $3 "$2" >/dev/null
END
set -- $(measure 5 sh "$work/convert.sh" "$MERGE_PREDS" "$work/p.csv" "--threads 1")
compute "read and write, one core   %6.2f s   %5.0f MB/s   peak $3 MB" "$1" "$megabytes/$1"
set -- $(measure 5 sh "$work/convert.sh" "$MERGE_PREDS" "$work/p.csv" "")
compute "read and write             %6.2f s   %5.0f MB/s   peak $3 MB" "$1" "$megabytes/$1"
"$MERGE_PREDS" convert "$work/p.csv" | cmp - "$work/p.csv"
cat >"$work/strtof.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int n, char **a) {
  FILE *f = fopen(a[1], "r");
  char *line = 0;
  size_t room = 0;
  double sum = 0;
  while (getline(&line, &room, f) > 0) {
    char *p = strchr(line, ',');
    if (!p) continue;
    for (p++; *p && *p != '\n';) {
      char *end;
      sum += strtol(p, &end, 10);
      sum += strtof(end, &p);
      if (p == end) break;
    }
  }
  printf("%g\n", sum);
}
END
if ${CC:-cc} -O3 -o "$work/strtof" "$work/strtof.c" 2>/dev/null; then
  set -- $(measure 5 "$work/strtof" "$work/p.csv")
  compute "getline and strtof         %6.2f s   %5.0f MB/s   check is %.1f x as fast" "$1" \
    "$megabytes/$1" "$1/$check"
fi
set -- $(measure 5 sh -c "cat $work/p.csv >/dev/null")
compute "cat                        %6.2f s   %5.0f MB/s" "$1" "$megabytes/$1"

set -- $(measure 3 "$MERGE_PREDS" score -q -l "$work/truth.csv" "$work/p.csv")
score=$1
compute "score                      %6.2f s   peak $3 MB" "$1"
set -- $(measure 1 python3 "$here/predictions_scored.py" "$work/p.csv" "$work/truth.csv")
compute "the calculators in Python  %6.2f s   peak $3 MB   ours is %.0f x as fast" "$1" "$1/$score"
