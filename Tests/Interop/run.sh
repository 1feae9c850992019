#!/bin/sh
# Lets TensorFlow and the Python packages of other formats judge the programs: they write and we read, we write and they
# read. Prints a line `ok …` or `FAIL …` for each check and `N passed, N failed` at the end; exits 1 if any failed.
# Without network or Python there is nothing to judge with: that is said loudly and is no failure.
#
#   TF2_PYTHON, TF1_PYTHON   interpreters that have TensorFlow 2.x and 1.15, instead of cached environments
#   INTEROP_LARGE=0          leave out the tensor of 3 GB and the models of published sizes
#   INTEROP_SEARCHES=full    compare searches for the weights of nine models too: an hour or more
#   CKPT_TOOL, TFRECORD_TOOL, FAKE_FILTER, MERGE_PREDS, QUANTIZE, TRAINER, OPTIMIZER_PROBE, GRAPH_PROBE, MODEL_PROBE
#                            the programs to judge, instead of those in .build/release
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/checkpoint-toolchain
export TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES= PYTHONDONTWRITEBYTECODE=1 TF_ENABLE_ONEDNN_OPTS=0

loud() {
  printf '\n****************************************************************************\n' >&2
  printf '*** %s\n' "$@" >&2
  printf '****************************************************************************\n\n' >&2
}

# environment NAME PYTHON MODULE PACKAGE… : prints the interpreter of a cached virtual environment holding the packages,
# which is complete when MODULE can be imported.
environment() {
  name=$1 python=$2 module=$3
  shift 3
  if [ ! -e "$cache/$name/complete" ]; then
    echo "installing $* into $cache/$name (once)" >&2
    rm -rf "${cache:?}/$name"
    mkdir -p "$cache"
    "$python" -m venv "$cache/$name" >&2 && "$cache/$name/bin/python" -m pip install --quiet "$@" >&2 &&
      "$cache/$name/bin/python" -c "import $module" >&2 && touch "$cache/$name/complete" || return 1
  fi
  echo "$cache/$name/bin/python"
}

# first_python VERSION… : the first interpreter of one of these versions, in PATH or under pyenv.
first_python() {
  for version; do
    for candidate in "python$version" "$HOME"/.pyenv/versions/"$version".*/bin/python; do
      found=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
      [ "$found" = "$version" ] && { command -v "$candidate"; return; }
    done
  done
  return 1
}

tf2=${TF2_PYTHON:-}
if [ -z "$tf2" ]; then
  python=$(first_python 3.11 3.12 3.10 3.13) &&
    tf2=$(environment tensorflow-2 "$python" tensorflow tensorflow-cpu safetensors) || tf2=
fi
tf1=${TF1_PYTHON:-}
if [ -z "$tf1" ]; then
  if python=$(first_python 3.7); then
    tf1=$(environment tensorflow-1 "$python" tensorflow tensorflow==1.15.5 'protobuf<3.21' 'numpy<1.19') || tf1=
  else
    echo "no Python 3.7: TensorFlow 1.15 is left out" >&2
  fi
fi
optimizers=
if python=$(first_python 3.11 3.12 3.10 3.13); then
  optimizers=$(environment optimizers "$python" bayes_opt,skopt bayesian-optimization scikit-optimize) || optimizers=
fi
if [ -z "$tf2" ]; then
  loud 'INTEROPERABILITY WAS NOT TESTED: TensorFlow 2 could not be installed.' \
    'Give TF2_PYTHON=/path/to/python with tensorflow, or a network and Python 3.10 to 3.13.'
  [ -n "$tf1" ] || { echo '0 passed, 0 failed'; exit 0; }
fi

CKPT_TOOL=${CKPT_TOOL:-$top/.build/release/ckpt-tool}
[ -x "$CKPT_TOOL" ] || (cd "$top" && swift build -c release --product ckpt-tool >&2)
[ -x "$CKPT_TOOL" ] || { echo "no program at $CKPT_TOOL" >&2; exit 1; }
TFRECORD_TOOL=${TFRECORD_TOOL:-$top/.build/release/tfrecord-tool}
[ -x "$TFRECORD_TOOL" ] || (cd "$top" && swift build -c release --product tfrecord-tool >&2)
[ -x "$TFRECORD_TOOL" ] || { echo "no program at $TFRECORD_TOOL" >&2; exit 1; }
FAKE_FILTER=${FAKE_FILTER:-$top/.build/release/fake-filter}
[ -x "$FAKE_FILTER" ] || (cd "$top" && swift build -c release --product fake-filter >&2)
[ -x "$FAKE_FILTER" ] || { echo "no program at $FAKE_FILTER" >&2; exit 1; }
MERGE_PREDS=${MERGE_PREDS:-$top/.build/release/merge-preds}
[ -x "$MERGE_PREDS" ] || (cd "$top" && swift build -c release --product merge-preds >&2)
[ -x "$MERGE_PREDS" ] || { echo "no program at $MERGE_PREDS" >&2; exit 1; }
QUANTIZE=${QUANTIZE:-$top/.build/release/quantize}
[ -x "$QUANTIZE" ] || (cd "$top" && swift build -c release --product quantize >&2)
[ -x "$QUANTIZE" ] || { echo "no program at $QUANTIZE" >&2; exit 1; }
TRAINER=${TRAINER:-$top/.build/release/trainer}
[ -x "$TRAINER" ] || (cd "$top" && swift build -c release --product trainer >&2)
[ -x "$TRAINER" ] || { echo "no program at $TRAINER" >&2; exit 1; }
OPTIMIZER_PROBE=${OPTIMIZER_PROBE:-$top/.build/release/optimizer-probe}
[ -x "$OPTIMIZER_PROBE" ] || (cd "$top" && swift build -c release --product optimizer-probe >&2)
[ -x "$OPTIMIZER_PROBE" ] || { echo "no program at $OPTIMIZER_PROBE" >&2; exit 1; }
# Edits graphs as the library does; no program that users get.
GRAPH_PROBE=${GRAPH_PROBE:-$top/.build/release/graph-probe}
[ -x "$GRAPH_PROBE" ] || (cd "$top" && swift build -c release --product graph-probe >&2)
[ -x "$GRAPH_PROBE" ] || { echo "no program at $GRAPH_PROBE" >&2; exit 1; }
# Exports models as the library does.
MODEL_PROBE=${MODEL_PROBE:-$top/.build/release/model-probe}
[ -x "$MODEL_PROBE" ] || (cd "$top" && swift build -c release --product model-probe >&2)
[ -x "$MODEL_PROBE" ] || { echo "no program at $MODEL_PROBE" >&2; exit 1; }
export CKPT_TOOL TFRECORD_TOOL FAKE_FILTER MERGE_PREDS QUANTIZE TRAINER OPTIMIZER_PROBE GRAPH_PROBE MODEL_PROBE

work=$(mktemp -d "${TMPDIR:-/tmp}/interop.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
log=$work/log

tensorflow='import tensorflow as tf; print("TensorFlow", tf.__version__)'
packages='import bayes_opt, skopt
print("bayesian-optimization", bayes_opt.__version__, "and scikit-optimize", skopt.__version__)'

# judge PYTHON SCRIPT VERSIONS : runs one script in a folder of its own, after a line with what the Python program
# VERSIONS prints; one that stops half-way is a failure too.
judge() {
  mkdir "$work/run" && cd "$work/run" || exit 1
  echo "== $(basename "$2") under $("$1" -c "$3")"
  "$1" -W ignore "$here/$2" 2>"$work/stderr" || { cat "$work/stderr" >&2; echo "FAIL $2 stopped"; }
  cd "$work" && rm -rf "$work/run"
}

{
  for python in $tf2 $tf1; do
    for script in written_by_tensorflow.py written_by_us.py averages.py moved_records.py made_records.py fakes.py \
      predictions.py merging.py graphs.py quantized.py ensembles.py inference.py models.py \
      training_steps.py trainings.py; do
      judge "$python" "$script" "$tensorflow"
    done
  done
  [ -n "$tf2" ] && judge "$tf2" other_formats.py "$tensorflow"
  for script in large.py full_models.py; do judge "${tf2:-$tf1}" "$script" "$tensorflow"; done
  [ -n "$optimizers" ] && for script in optimizers.py searches.py; do judge "$optimizers" "$script" "$packages"; done
} | tee "$log"

passed=$(grep -c '^ok ' "$log")
failed=$(grep -c '^FAIL ' "$log")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
