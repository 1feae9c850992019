#!/bin/sh
# The 2019 9th place's search for the weights of nine models and w0: 3 + 1000 evaluations of the segment MAP, here of
# made-up rankings of 300 classes with as many rated segments as they held out. Goals: at most 20 ms an iteration, and no
# more than 1e-4 below the best that the notebook's package, bayesian-optimization, finds with as many evaluations.
#
#   EVALUATIONS=1003   how many that gets (303): it takes seconds for each of the last ones, more than an hour in all
. "$(dirname "$0")/common.sh"
MERGE_PREDS=${MERGE_PREDS:-$top/.build/release/merge-preds}
[ -x "$MERGE_PREDS" ] || (cd "$top" && swift build -c release --static-swift-stdlib --product merge-preds >&2)
evaluations=${EVALUATIONS:-303}
python=$cache/optimizers/bin/python
if [ ! -x "$python" ]; then
  echo 'no bayesian-optimization here: run `make interop` once to have the comparison' >&2
  exit 0
fi
cd "$work"
"$python" "$here/notebook_search.py" make

# best COUNT : the MAP that COUNT evaluations lead to.
best() {
  "$MERGE_PREDS" optimize -q --preset notebook-2019 --labels cache.csv s?.csv -i "$1" |
    sed -n 's/.*"score": \([0-9.]*\).*/\1/p'
}

ours=$(best 1003)
set -- $(measure 3 "$MERGE_PREDS" optimize -q --preset notebook-2019 --labels cache.csv s?.csv)
seconds=$1
compute "merge-preds, 1003 evaluations            MAP %.6f   %6.1f s, %.1f ms an evaluation (goal 20)" \
  "$ours" "$seconds" "1000*$seconds/1003"
equal=$(best "$evaluations")
compute "merge-preds, $evaluations evaluations             MAP %.6f" "$equal"
set -- $(OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$python" -W ignore "$here/notebook_search.py" search "$evaluations")
compute "bayesian-optimization, $evaluations evaluations   MAP %.6f   %6.1f s" "$1" "$2"
compute "ours is %.6f above with as many evaluations (goal -0.0001)" "$equal-$1"
