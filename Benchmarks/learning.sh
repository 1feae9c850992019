#!/bin/sh
# What models learn: all of the zoo, small, a fixed number of steps on made-up videos with several seeds, beside the same
# graphs trained by TensorFlow from the same first weights on the same batches; then what moving averages and distillation
# gain. Prints tables of GAP on other videos (mean and spread), as they are in docs/models.md. It takes some 20
# minutes of CPU.
#
#   MODELS      which models, and averages, distillation (all)
#   SEEDS       seeds of ours (5)
#   TF_SEEDS    of these, how many TensorFlow repeats (1)
#   STEPS       how many steps, instead of each model's own number
#   VIDEOS      videos to learn from (12000)
#   JOBS        trainings at a time, each with one thread (one for each core)
#   TRAINER, TFRECORD_TOOL, MODEL_PROBE   the programs, instead of those in .build/release
. "$(dirname "$0")/common.sh"

TRAINER=${TRAINER:-$top/.build/release/trainer}
TFRECORD_TOOL=${TFRECORD_TOOL:-$top/.build/release/tfrecord-tool}
MODEL_PROBE=${MODEL_PROBE:-$top/.build/release/model-probe}
build_missing "$TRAINER" "$TFRECORD_TOOL" "$MODEL_PROBE"
export TRAINER TFRECORD_TOOL MODEL_PROBE TF_PYTHON
python3 "$here/learning.py" "$work"
