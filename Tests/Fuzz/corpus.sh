#!/bin/sh
# corpus.sh FOLDER : the first inputs of the fuzzers, from the fixtures of the tests. A letter before each tells the
# target what it is: f a file, m a message, j a line of JSON; v predictions of videos, s of segments, n a number.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fixtures=$here/../Fixtures
TFRECORD_TOOL=${TFRECORD_TOOL:-$here/../../.build/release/tfrecord-tool}
mkdir -p "$1/records"
number=0
for file in "$fixtures"/records/*/*; do
  [ -f "$file" ] && [ "$(wc -c <"$file")" -lt 20000 ] || continue
  number=$((number + 1))
  { printf f; cat "$file"; } >"$1/records/file-$number"
  line=$("$TFRECORD_TOOL" head -n 1 "$file" 2>/dev/null) || continue
  printf 'j%s' "$line" >"$1/records/line-$number"
  # The first message: after the length and its checksum.
  case $file in
    *.gz | *.zlib) ;;
    *)
      length=$(od -An -tu8 -N8 "$file" | tr -d ' ')
      { printf m; tail -c +13 "$file" | head -c "$length"; } >"$1/records/message-$number"
      ;;
  esac
done

mkdir -p "$1/predictions"
number=0
for file in "$fixtures"/fakes/*.csv "$fixtures"/predictions/arrays/*.npz; do
  number=$((number + 1))
  { printf v; head -c 3000 "$file"; } >"$1/predictions/videos-$number"
done
printf 'v{"video_id": ["a\\u00e4"], "class_indexes": [[3, 17]], "predictions": [[0.267829, 1e-05]]}\n' \
  >"$1/predictions/lines"
{ printf s; cat "$fixtures/predictions/segments/tiny/sub.csv"; } >"$1/predictions/segments"
for text in 0.267829 1e-05 -12345678901234567890.5e-300 9007199254740993 2.2250738585072011e-308; do
  printf 'n%s' "$text" >"$1/predictions/number-$text"
done
