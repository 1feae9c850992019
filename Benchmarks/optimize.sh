#!/bin/sh
# What Bayesian optimization itself takes for an iteration in 10 dimensions: fitting the Gaussian process and looking for
# the most promising point. Goal: at most 20 ms at 1000 observations. The yardstick is the Python package
# bayesian-optimization, at 100 observations because it takes seconds at 1000.
. "$(dirname "$0")/common.sh"
(cd "$top" && swift build -c release --static-swift-stdlib --product optimizer-probe >&2)

overhead() { "$top/.build/release/optimizer-probe" overhead --observations "$1" --measured "$2" | sed 's/ ms//'; }

for observations in 100 300 1000; do
  compute "%8.0f observations   %8.1f ms an iteration" "$observations" "$(overhead "$observations" 60)"
done
python=$cache/optimizers/bin/python
if [ -x "$python" ]; then
  theirs=$(OMP_NUM_THREADS=1 "$python" -W ignore "$here/bayesian_optimization.py" 100 5)
  compute "%8.0f observations   %8.1f ms an iteration of bayesian-optimization; ours is %.0f x as fast" \
    100 "$theirs" "$theirs/$(overhead 100 60)"
else
  echo 'no bayesian-optimization here: run `make interop` once to have the comparison' >&2
fi
