#!/bin/sh
# The main job on real files: two checkpoints that TensorFlow trained become one verified submission.
# Usage: examples/demo.sh [FOLDER]   (FOLDER is emptied; by default demo/ in the project)
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-$root/demo}
PATH=$root/.build/release:$PATH

step() { printf '\n# %s\n' "$1"; }
run() { printf '$ %s\n' "$*"; "$@"; }

rm -rf "$work"
mkdir -p "$work"
cd "$work"

step 'Two checkpoints of a training run, as TensorFlow 1.15 wrote them'
run ckpt-tool unpack "$root/Tests/Fixtures/boliu/run.tgz" -o run
run ckpt-tool verify run/model.ckpt-10 run/model.ckpt-20

step 'What is in the second (weights of the audio cluster only)'
run ckpt-tool ls run/model.ckpt-20 'tower/audio*/cluster_weights*'

step 'Their average, without the state of the optimizer'
run ckpt-tool avg --prefix run/model.ckpt- --checkpoints 10,20 --drop-slots -o inference_model
run ckpt-tool stats inference_model --check 'tower/*weights*'

step 'Half precision, and back to the float32 that the graph restores: a third of the archive for free'
run ckpt-tool cast inference_model --to f16 -o half
run ckpt-tool cast half --to f32 -o rounded
run ckpt-tool diff inference_model rounded --rtol 1e-3 --atol 1e-4

step 'The submission: the rounded weights under the name that the inference script wants'
run ckpt-tool convert rounded inference_model --force
run cp run/inference_model_20.meta inference_model.meta
run ckpt-tool pack -v inference_model --flags run/model_flags.json --limit 1GB -o submission.tgz

step 'What the judges will unpack'
run ckpt-tool inspect submission.tgz
run ckpt-tool unpack submission.tgz -o check
run ckpt-tool verify check/inference_model
run ckpt-tool checksum inference_model check/inference_model
printf '\n%s/submission.tgz is ready.\n' "$work"
