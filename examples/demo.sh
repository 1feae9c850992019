#!/bin/sh
# The main jobs: two checkpoints that TensorFlow trained become one verified submission; models are quantized, put together,
# packed and run from the archive; a made-up test set loses its artificial videos, and the predictions of three models
# for it become one file. At last all of a competition, from records to what is submitted, by one Makefile.
# Usage: examples/demo.sh [FOLDER]   (FOLDER is emptied; by default demo/ in the project)
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-$root/demo}
PATH=$root/.build/release:$PATH

step() { printf '\n# %s\n' "$1"; }
run() { printf '$ %s\n' "$*"; "$@"; }
# into FILE COMMAND… : the same with standard output in a file.
into() { file=$1; shift; printf '$ %s >%s\n' "$*" "$file"; "$@" >"$file"; }

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

step 'The model with its large weights in codes of 6 bits, graph included, and what that cost'
run quantize --transform-type quant_kmeans --bits 6 --prune --unused drop --min-elements 3000 \
  --model inference_model --savefile small/inference_model
run ckpt-tool pack small/inference_model --flags run/model_flags.json -o small.tgz

step 'Records of the videos that the judges would predict, and what the archive makes of them'
run tfrecord-tool synth -q --videos 40 --classes 30 --frames 5-20 -o judged
run trainer infer --input_model_tgz submission.tgz --input_data_pattern 'judged-*' --seed 1 -o judged.csv
run head -n 3 judged.csv
run trainer eval --input_model_tgz submission.tgz --eval_data_pattern 'judged-*' --seed 1
run trainer eval --input_model_tgz small.tgz --eval_data_pattern 'judged-*' --seed 1

step 'Two models that the 2018 1st place exported: one in codes, their weighted mean as one model, packed'
models=$root/Tests/Fixtures/models/graphs
records=$root/Tests/Fixtures/records/tm/test00.tfrecord
run quantize --transform-type quant_kmeans --bits 5 --min-elements 500 \
  --model "$models/netvlad_light/inference_model" --savefile coded/inference_model
run ckpt-tool ensemble --models coded/inference_model "$models/dbof/inference_model" --weights 0.3 0.7 --save-folder both
run ckpt-tool pack both/inference_model -o both.tgz

step 'Its predictions, from the archive, and what they are worth beside those of its parts'
run trainer infer --input_model_tgz both.tgz --input_data_pattern "$records" -o both.csv.gz
run trainer infer --model coded/inference_model "$records" -o coded.csv
run trainer infer --model "$models/dbof/inference_model" "$records" -o dbof.csv
into labels.csv tfrecord-tool labels "$records"
run merge-preds score --labels labels.csv coded.csv dbof.csv both.csv.gz

step 'A test set in the shape of YouTube-8M, two fifths of it artificial videos; 4 shards'
mkdir test
run tfrecord-tool synth --videos 400 --shards 4 --classes 200 --frames 20-40 --fakes 0.4 -o test/test
run tfrecord-tool verify 'test/*.tfrecord'
run tfrecord-tool info test/test-00000-of-00004.tfrecord
run tfrecord-tool head -n 2 --decode yt8m 'test/*.tfrecord'

step 'Which videos have a nearly flat mean image, and the records of the others, byte for byte'
into vids_by_std.csv fake-filter scan 'test/*.tfrecord'
run fake-filter filter --csv-file vids_by_std.csv --source-folder test --dest-folder test_slim

step 'Frames become means, as in the video-level data set; nobody is lost on the way'
run tfrecord-tool pool 'test_slim/*.tfrecord' -o means.tfrecord
run tfrecord-tool info means.tfrecord
into kept tfrecord-tool ids 'test_slim/*.tfrecord'
into pooled tfrecord-tool ids means.tfrecord
run cmp kept pooled
into truth.csv tfrecord-tool labels means.tfrecord

step 'Predictions of three models (the truth, blurred), and what each is worth'
for model in 1 2 3; do
  into model_$model.csv awk -v seed=$model -v noise=1.$model -f "$root/examples/noisy-predictions.awk" truth.csv
done
run merge-preds score --labels truth.csv model_1.csv model_2.csv model_3.csv

step 'The weights with which their mean is best, and the mean'
run merge-preds optimize --labels truth.csv model_1.csv model_2.csv model_3.csv -o weights.json
run merge-preds merge --weights-file weights.json model_1.csv model_2.csv model_3.csv -o good.csv
run merge-preds score --labels truth.csv good.csv

step 'The submission: the predictions, and dummy rows for the artificial videos'
into dummies.csv fake-filter rows vids_by_std.csv
run fake-filter splice -o good.csv -f dummies.csv -s submission.csv.gz
run merge-preds check submission.csv.gz

# What this is run by is none of its business.
unset MAKEFLAGS MAKELEVEL MFLAGS
step 'All of it by one Makefile: records, four trainings, averages, quantization, ensemble, archive, weights, submission'
run cp -r "$root/examples/submission" competition
cd competition
run make -j2
run make evaluate

step 'What is there is not made again; other flags of one model make anew what depends on it'
run make -j2
run touch moe-ema.flags
run make -j2
run merge-preds check submission.csv.gz

printf '\n%s/competition/submission.tgz and submission.csv.gz are ready.\n' "$work"
