#!/bin/sh
# Walking records of YouTube-8M's shape on one core: features looked at by `info`, ids found by `ids`, and the checksums
# alone by `verify`. Goals: 400000 examples a second, 3 GB/s of sequences.
. "$(dirname "$0")/common.sh"
TFRECORD_TOOL=${TFRECORD_TOOL:-$top/.build/release/tfrecord-tool}
[ -x "$TFRECORD_TOOL" ] || (cd "$top" && swift build -c release --product tfrecord-tool >&2)

# videos COUNT : video-level records as JSON. sequences COUNT : frame-level ones, with frames of all lengths.
videos() {
  awk -v count="$1" 'BEGIN {
    for (i = 0; i < count; i++) {
      printf "{\"features\": {\"id\": {\"bytes\": [\"v%03d\"]}, \"labels\": {\"int64\": [%d, %d, 3000]}", i, i, i + 200
      for (f = 0; f < 2; f++) {
        printf ", \"mean_%s\": {\"float\": [0", f ? "audio" : "rgb"
        for (k = 1; k < (f ? 128 : 1024); k++) printf ", %g", (i * 37 + k * 11) % 400 / 100 - 2
        printf "]}"
      }
      print "}}"
    } }'
}
sequences() {
  awk -v count="$1" 'BEGIN {
    # 1024 and 128 bytes.
    rgb = sprintf("%1365s", ""); gsub(" ", "r", rgb); rgb = rgb "A=="
    audio = sprintf("%170s", ""); gsub(" ", "a", audio); audio = audio "A="
    for (i = 0; i < count; i++) {
      printf "{\"context\": {\"id\": {\"bytes\": [\"v%03d\"]}, \"labels\": {\"int64\": [%d, 3000]}}", i, i
      printf ", \"feature_lists\": {\"audio\": ["
      frames = 120 + i * 53 % 181
      for (k = 0; k < frames; k++) printf "%s{\"bytes\": [{\"base64\": \"%s\"}]}", k ? ", " : "", audio
      printf "], \"rgb\": ["
      for (k = 0; k < frames; k++) printf "%s{\"bytes\": [{\"base64\": \"%s\"}]}", k ? ", " : "", rgb
      print "]}}"
    } }'
}

# repeated NAME TIMES : the records of NAME that many times over, in one file: records simply follow each other.
repeated() {
  number=0
  while [ "$number" -lt "$2" ]; do
    cat "$work/$1"
    number=$((number + 1))
  done >"$work/$1.tfrecord"
}

videos 1000 | "$TFRECORD_TOOL" from-json -o "$work/videos"
repeated videos 200
sequences 50 | "$TFRECORD_TOOL" from-json -o "$work/sequences"
repeated sequences 80
sync

for kind in videos sequences; do
  file=$work/$kind.tfrecord
  bytes=$(wc -c <"$file")
  records=$("$TFRECORD_TOOL" info --quick --json "$file" | awk -F'[ ,]+' '/"records"/ { print $3; exit }')
  for command in info ids 'verify -q'; do
    # shellcheck disable=SC2086 # the command may have an option
    set -- $(measure 5 "$TFRECORD_TOOL" $command --threads 1 "$file")
    compute "%-10s %-10s %9.0f records/s  %5.2f GB/s   peak $3 MB" "\"$kind\"" "\"${command%% *}\"" \
      "$records/$1" "$bytes/$1/1e9"
  done
done
