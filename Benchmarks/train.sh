#!/bin/sh
# Steps of training by `trainer train`, against TensorFlow running the very same graph (model-probe writes it) on batches
# that are in memory. Goal: 2 × as fast for the 2018 winner's NetVLAD, 1.2 × for the others. Rates are medians of the
# steps after the first, in videos a second; ours reads its records meanwhile.
#
#   MODELS   which of netvlad, gateddbof, lstm and moe (all of them)
#   STEPS    how many steps (6)
#   PAIRS    how often both are run in turn (3); the median of the ratios is printed at the end
#   TRAINER, TFRECORD_TOOL, MODEL_PROBE   the programs, instead of those in .build/release
. "$(dirname "$0")/common.sh"

STEPS=${STEPS:-6}
TRAINER=${TRAINER:-$top/.build/release/trainer}
TFRECORD_TOOL=${TFRECORD_TOOL:-$top/.build/release/tfrecord-tool}
MODEL_PROBE=${MODEL_PROBE:-$top/.build/release/model-probe}
build_missing "$TRAINER" "$TFRECORD_TOOL" "$MODEL_PROBE"

# compare FLAG=VALUE… : both programs' videos a second and memory, of the model that `in_turn` says.
compare() {
  flags=
  for flag; do flags="$flags --$flag"; done
  # shellcheck disable=SC2086 # names and flags are words
  measure 1 "$TRAINER" train --train_data_pattern "$work/$name*" $names \
    --feature_sizes 1024,128 --model "$model" $flags --batch_size "$batch" --num_epochs 1 --max_steps "$STEPS" \
    --train_dir "$work/run" >"$work/measured" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
  rm -r "$work/run"
  ours=$(sed -n 's|.*Examples/sec: \([0-9.]*\).*|\1|p' "$work/log" | tail -n +2 | sort -n |
    awk '{ rate[NR] = $1 } END { print rate[int((NR + 1) / 2)] }')
  echo "$name, batches of $batch: trainer train $ours videos/s   $(awk '{ print $3 }' "$work/measured") MB peak"
  [ -n "$TF_PYTHON" ] || return 0
  "$MODEL_PROBE" train "$model" "$work/graph.meta" features=1024,128 frames=$frames classes=3862 batch="$batch" "$@" \
    >"$work/ends"
  # shellcheck disable=SC2046
  set -- $("$TF_PYTHON" "$here/tensorflow_train.py" "$work/graph.meta" "$work/ends" "$batch" "$frames" "$STEPS" 2>/dev/null)
  compute "$name, batches of $batch: TensorFlow    %.2f videos/s   $2 MB peak   ours is %.2f x as fast (goal $goal)" \
    "$1" "$ours/$1" | tee -a "$work/ratios"
}

# in_turn NAME GOAL BATCH MODEL FLAG=VALUE… : compares several times, since either's speed may be another in the next
# minute.
in_turn() {
  name=$1 goal=$2 batch=$3 model=$4
  shift 4
  level=frame names='--frame_features --feature_names rgb,audio' frames=300
  if [ "$name" = moe ]; then level=video names='--feature_names mean_rgb,mean_audio' frames=0; fi
  "$TFRECORD_TOOL" synth -q --level "$level" --videos "$((batch * STEPS))" -o "$work/$name"
  : >"$work/ratios"
  for _ in $(seq "${PAIRS:-3}"); do compare "$@"; done
  print_median "$name"
}

for name in ${MODELS:-netvlad gateddbof lstm moe}; do
  case $name in
    netvlad)
      in_turn netvlad 2 16 NetVLADModelLF netvlad_cluster_size=256 netvlad_hidden_size=1024 netvlad_relu=False \
        gating=True moe_prob_gating=True iterations=300 moe_l2=1e-6 ;;
    gateddbof)
      in_turn gateddbof 1.2 80 GatedDbofModelLF dbof_cluster_size=4096 dbof_hidden_size=1024 dbof_relu=False \
        iterations=300 moe_l2=1e-6 ;;
    lstm) in_turn lstm 1.2 128 Lstmbidirect lstm_cells=1024 video_level_classifier_model=LogisticModel ;;
    moe) in_turn moe 1.2 1024 MoeModel ;;
    *) echo "there is no model $name here" >&2; exit 64 ;;
  esac
done
