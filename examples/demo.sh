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

step 'Their average, without the optimizer, under the name the inference script wants'
run ckpt-tool avg --prefix run/model.ckpt- --checkpoints 10,20 --drop-slots -o inference_model
run ckpt-tool stats inference_model --check 'tower/*weights*'

step 'Half precision: what it would lose, and an archive that is smaller because of it'
run ckpt-tool cast inference_model --to f16 -o half
run ckpt-tool diff inference_model half --rtol 1e-3 --atol 1e-4 || true
run ckpt-tool cast half --to f32 -o rounded

step 'The submission: weights rounded to half, stored as the float32 that the graph restores'
for suffix in index data-00000-of-00001; do mv -f "rounded.$suffix" "inference_model.$suffix"; done
run cp run/inference_model_20.meta inference_model.meta
run ckpt-tool pack inference_model --flags run/model_flags.json --limit 1GB -o submission.tgz

step 'What the judges will unpack'
run ckpt-tool inspect submission.tgz
run ckpt-tool unpack submission.tgz -o check
run ckpt-tool verify check/inference_model
run ckpt-tool checksum inference_model check/inference_model
printf '\n%s/submission.tgz is ready.\n' "$work"
