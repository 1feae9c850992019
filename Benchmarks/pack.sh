#!/bin/sh
# Packing a submission against `tar | gzip -6`: 1 GB of float32 weights (or as many MB as the argument says), a quarter
# of that as float16 and as uint8. Goals: 10 x as fast, at a size within 1 %, the same bytes on every run.
. "$(dirname "$0")/common.sh"
megabytes=${1:-1000}
echo '{"feature_names": "rgb,audio"}' >"$work/model_flags.json"
cd "$work"
for kind in f32 f16 u8; do
  size=$megabytes
  [ $kind = f32 ] || size=$((megabytes / 4))
  python3 "$here/weights.py" $kind "$size" >made.safetensors
  "$CKPT_TOOL" convert -q -f made.safetensors inference_model
  rm made.safetensors
  members='inference_model.data-00000-of-00001 inference_model.index model_flags.json'
  cat $members >/dev/null

  set -- $(measure 1 sh -c "tar -c $members | gzip -6 >theirs.tgz")
  theirs=$1
  set -- $(measure 3 "$CKPT_TOOL" pack -q -f --allow-missing inference_model -o ours.tgz)
  ours=$1
  "$CKPT_TOOL" pack -q --allow-missing --threads 1 inference_model -o again.tgz
  compute "$kind  tar | gzip -6   %7.2f s  %6.0f MB/s  $(stat -c %s theirs.tgz) bytes" "$theirs" "$size/$theirs"
  compute "$kind  ckpt-tool pack  %7.2f s  %6.0f MB/s  $(stat -c %s ours.tgz) bytes  peak $3 MB" "$ours" "$size/$ours"
  compute "$kind  %.1f x as fast (goal 10), size %+.2f %% (goal 1)" \
    "$theirs/$ours" "100*$(stat -c %s ours.tgz)/$(stat -c %s theirs.tgz)-100"
  sha256sum ours.tgz again.tgz
  mkdir unpacked
  tar -C unpacked -xzf ours.tgz
  for member in $members; do cmp "$member" "unpacked/$member"; done
  rm -r unpacked *.tgz
done
