# Shared by the benchmarks: the program, a scratch folder, made-up checkpoints, and how to time.
#
#   CKPT_TOOL     the program to measure, instead of .build/release/ckpt-tool
#   TF_PYTHON     an interpreter with TensorFlow, instead of the one that `make interop` cached
#   TMPDIR        where the scratch folder goes: a few GB
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/checkpoint-toolchain
export TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES= PYTHONDONTWRITEBYTECODE=1

CKPT_TOOL=${CKPT_TOOL:-$top/.build/release/ckpt-tool}
[ -x "$CKPT_TOOL" ] || (cd "$top" && swift build -c release --product ckpt-tool >&2)

# build_missing PROGRAM… : builds those that are not where they are looked for.
build_missing() {
  for program; do
    [ -x "$program" ] ||
      (cd "$top" && swift build -c release --static-swift-stdlib --product "${program##*/}" >&2)
  done
}

TF_PYTHON=${TF_PYTHON:-}
for candidate in "$cache"/tensorflow-2/bin/python "$cache"/tensorflow-1/bin/python; do
  [ -n "$TF_PYTHON" ] || [ ! -x "$candidate" ] || TF_PYTHON=$candidate
done
[ -n "$TF_PYTHON" ] || echo 'no TensorFlow here: run `make interop` once, or give TF_PYTHON, to have the comparison' >&2

work=$(mktemp -d "${TMPDIR:-/tmp}/benchmark.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# safetensors FILE COUNT ELEMENTS : COUNT float32 tensors of ELEMENTS random, finite numbers.
safetensors() {
  header=$(awk -v count="$2" -v elements="$3" 'BEGIN {
    for (i = 0; i < count; i++)
      printf "%s\"tower/layer_%03d/weights\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[%.0f,%.0f]}",
        i ? "," : "{", i, elements, i * elements * 4, (i + 1) * elements * 4
    printf "}" }')
  length=${#header}
  {
    for shift in 1 256 65536 16777216; do printf "\\$(printf %03o $((length / shift % 256)))"; done
    printf '\0\0\0\0%s' "$header"
    # Without the bytes 7f and ff no exponent is all ones, so nothing is infinite or NaN.
    head -c "$(($2 * $3 * 4))" /dev/urandom | LC_ALL=C tr '\177\377' '\100\300'
  } >"$1"
}

# checkpoint PREFIX COUNT ELEMENTS : the same as a TensorFlow checkpoint.
checkpoint() {
  safetensors "$work/made.safetensors" "$2" "$3"
  "$CKPT_TOOL" convert -q "$work/made.safetensors" "$1"
  rm "$work/made.safetensors"
  # What is still to be written to disk would slow down whatever is measured next.
  sync
}

# measure REPEAT COMMAND… : "median-seconds best-seconds peak-megabytes" of running it REPEAT times.
measure() { python3 "$here/measure.py" "$@"; }

# compute FORMAT EXPRESSION… : awk's arithmetic, printed.
compute() {
  format=$1
  shift
  awk "BEGIN { printf \"$format\\n\", $(IFS=,; echo "$*") }"
}

# print_median NAME : the median of the ratios that lines of $work/ratios tell, if there are any.
print_median() {
  [ -s "$work/ratios" ] || return 0
  sed 's/.*ours is \([0-9.]*\) x.*/\1/' "$work/ratios" | sort -n |
    awk -v name="$1" '{ ratio[NR] = $1 }
      END { printf "%s: %.2f x, the median of %d pairs\n", name, ratio[int((NR + 1) / 2)], NR }'
}
