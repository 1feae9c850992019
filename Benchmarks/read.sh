#!/bin/sh
# Reading with full verification: `ckpt-tool verify` of a checkpoint of 1 GB in the page cache, against
# `cat FILE >/dev/null` and against TensorFlow's own reader. Goals: 0.6 × cat, 3 × TensorFlow.
. "$(dirname "$0")/common.sh"
checkpoint "$work/model" 100 2500000
data=$work/model.data-00000-of-00001
set -- $(measure 5 cat "$data")
cat=$2
set -- $(measure 5 "$CKPT_TOOL" verify -q "$work/model")
ours=$2
compute 'cat FILE >/dev/null  %6.2f GB/s' "1/$cat"
compute 'ckpt-tool verify     %6.2f GB/s   %.2f x cat (goal 0.6)   peak '"$3"' MB' "1/$ours" "$cat/$ours"
if [ -n "$TF_PYTHON" ]; then
  theirs=$("$TF_PYTHON" "$here/tensorflow_read.py" "$work/model" 2>/dev/null)
  compute 'TensorFlow reader    %6.2f GB/s   ckpt-tool is %.2f x as fast (goal 3)' "1/$theirs" "$theirs/$ours"
fi
