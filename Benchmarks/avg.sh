#!/bin/sh
# Averaging 3 and 10 checkpoints of 214 MB, against the reference script under TensorFlow. Goals: 6 × as fast, linear
# in the number, peak memory at most twice the largest tensor (21 MB here) plus 64 MB.
. "$(dirname "$0")/common.sh"
checkpoints=
for i in 0 1 2 3 4 5 6 7 8 9; do
  checkpoint "$work/model.ckpt-$i" 20 2675000
  checkpoints="$checkpoints $work/model.ckpt-$i"
done
for count in 3 10; do
  chosen=$(echo $checkpoints | cut -d' ' -f1-$count)
  set -- $(measure 5 "$CKPT_TOOL" avg -q --force $chosen -o "$work/ours")
  seconds=$1
  compute "ckpt-tool avg of %2d    %6.2f s   %5.0f MB/s   peak $3 MB (goal 86)" "$count" "$seconds" "214*$count/$seconds"
  [ "$count" = 3 ] && three=$seconds
  if [ -n "$TF_PYTHON" ]; then
    set -- $(measure 3 "$TF_PYTHON" "$top/Tests/Interop/reference_avg.py" "$work/theirs" $chosen 2>/dev/null)
    compute "reference script       %6.2f s   peak $3 MB   ckpt-tool is %.1f x as fast (goal 6)" "$1" "$1/$seconds"
  fi
done
compute 'ten take %.2f x as long as three (linear: %.2f)' "$seconds/$three" 10/3
