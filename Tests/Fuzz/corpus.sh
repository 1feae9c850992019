#!/bin/sh
# corpus.sh FOLDER : the first inputs of the fuzzers, from the fixtures of the tests. A letter before each tells the
# target what it is: f a file, m a message, j a line of JSON; v predictions of videos, s of segments, m and g two files
# of them to be merged, t ground truth, w weights or a log of a search, n a number.
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
rows='VideoId,LabelConfidencePairs\na,3 0.5 1 0.25\nb,3 0.5\n'
for rule in 0 1 2 3 4 5 6 7 H P X; do
  printf "m$rule$rows\n=\n${rows}d,1 1e-05 3 0.9\n" >"$1/predictions/merge-$rule"
done
printf 'g3,a:0 b:0 a:5\n4,b:5\n=\nClass,Segments\n4,a:0 b:5\n3,c:0 a:5\n' >"$1/predictions/ranks"
printf 'tVideoId,Labels\na,3 1\nb,3\n' >"$1/predictions/labels"
printf 'ta:0,3,1\nb:0,3,0\nb:5,4,1.0\n' >"$1/predictions/ratings"
printf 'w{"metric": "gap@20", "weights": {"a.csv": 0.7, "b.csv": 3e-1}, "params": {"w0": 6.1}}' >"$1/predictions/weights"
printf 'w{"target": 0.5, "params": {"a": 1, "b": 0}, "datetime": {"elapsed": 1.5}}\n{"target": 1, "params": {"b": 1, "a": 2}}\n' \
  >"$1/predictions/log"
for text in 0.267829 1e-05 -12345678901234567890.5e-300 9007199254740993 2.2250738585072011e-308; do
  printf 'n%s' "$text" >"$1/predictions/number-$text"
done
