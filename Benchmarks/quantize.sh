#!/bin/sh
# Quantizing weights. Goals: k-means of 1 and 10 million weights at most 3 × as long as numpy's sort and prefix-sum Lloyd
# steps, which neither read nor write; squared error at most 1.0001 × the optimum; uniform and float16 at least half as
# fast as copying the file; 321 million parameters, the size of the 2018 winner's NetVLAD, in bounded memory. The scratch
# folder should be in memory (TMPDIR=/dev/shm): a disk would be what is measured.
. "$(dirname "$0")/common.sh"
QUANTIZE=${QUANTIZE:-$top/.build/release/quantize}
[ -x "$QUANTIZE" ] || (cd "$top" && swift build -c release --static-swift-stdlib --product quantize >&2)
[ -n "$TF_PYTHON" ] || exit 0

# quantized TYPE OPTION… : "median best peak" of quantizing $work/model, which leaves a report in $work/report.
quantized() {
  type=$1
  shift
  measure 5 "$QUANTIZE" -f -q --transform-type "$type" --model "$work/model" --savefile "$work/made" "$@"
}

for millions in 1 10; do
  "$TF_PYTHON" "$here/quantize_model.py" "$work/model" 1000 ${millions}000 2>/dev/null
  set -- $(OMP_NUM_THREADS=1 "$TF_PYTHON" "$here/kmeans_numpy.py" "$work/model.data-00000-of-00001")
  numpy=$1 error=$2
  set -- $(quantized quant_kmeans)
  seconds=$1
  compute "k-means of %2d million   %7.3f s, %.2f x numpy's %.3f s (goal 3)   peak $3 MB" \
    "$millions" "$seconds" "$seconds/$numpy" "$numpy"
  ours=$("$QUANTIZE" report --json "$work/made" "$work/model" | sed -n 's/.*"mse": \([^,]*\),.*/\1/p')
  set -- $(quantized quant_kmeans --exact)
  best=$("$QUANTIZE" report --json "$work/made" "$work/model" | sed -n 's/.*"mse": \([^,]*\),.*/\1/p')
  compute "  squared error %.8f x the optimum (goal 1.0001), numpy %.4f x; --exact %.2f s, peak $3 MB" \
    "$ours/$best" "$error/$best" "$1"
done

# 321 million parameters.
"$TF_PYTHON" "$here/quantize_model.py" "$work/model" 278528 1153 2>/dev/null
megabytes=$(du -m "$work/model.data-00000-of-00001" | cut -f1)
set -- $(measure 5 cp "$work/model.data-00000-of-00001" "$work/copy")
rm "$work/copy"
copy=$1
compute "copy of %.0f MB         %7.2f s   %5.0f MB/s" "$megabytes" "$copy" "$megabytes/$copy"
for type in float16 quant_uniform quant_kmeans quant_quantile; do
  set -- $(quantized $type)
  compute "%-14s          %7.2f s   %5.0f MB/s, %.2f x the speed of copying   peak $3 MB" \
    "\"$type\"" "$1" "$megabytes/$1" "$copy/$1"
done
