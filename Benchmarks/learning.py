"""learning.py FOLDER: does what learning.sh says, in FOLDER."""
import concurrent.futures
import json
import os
import statistics
import subprocess
import sys

work = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))


def setting(name, default):
  return os.environ.get(name) or default


TRAINER, TFRECORD_TOOL = os.environ["TRAINER"], os.environ["TFRECORD_TOOL"]
TF_PYTHON = os.environ.get("TF_PYTHON")
VIDEOS, TEST_VIDEOS, SHARDS = int(setting("VIDEOS", 12000)), 3000, 8
FEATURES, FRAMES, CLASSES, BATCH = (32, 16), 30, 20, 16
SEEDS = list(range(1, 1 + int(setting("SEEDS", 5))))
TF_SEEDS = SEEDS[:int(setting("TF_SEEDS", 1))] if TF_PYTHON else []
JOBS = int(setting("JOBS", len(os.sched_getaffinity(0))))

BAGS = {"iterations": 20, "dbof_cluster_size": 64, "dbof_hidden_size": 32}
NEXTVLAD = {"iterations": 20, "nextvlad_cluster_size": 8, "nextvlad_hidden_size": 32, "groups": 4}
BERT = {"no_sample": "true", "bert_attention_heads": 4, "bert_intermediate_size": 64}
# Model, level, steps, learning rate, flags. Those with batch normalization take more steps, until the running means and
# variances, which move by a thousandth a step, have forgotten what they began with.
MODELS = [
    ("LogisticModel", "video", 3000, 0.02, {}),
    ("MoeModel", "video", 3000, 0.02, {}),
    ("FrameLevelLogisticModel", "frame", 3000, 0.02, {}),
    ("DbofModel", "frame", 6000, 0.01, BAGS),
    ("SoftDbofModelLF", "frame", 6000, 0.01, BAGS),
    ("GatedDbofModelLF", "frame", 6000, 0.01, BAGS),
    ("DbofModelLF", "frame", 6000, 0.01, BAGS),
    ("NetVLADModelLF", "frame", 6000, 0.01, {"iterations": 20, "netvlad_cluster_size": 8, "netvlad_hidden_size": 32}),
    ("NetFVModelLF", "frame", 6000, 0.01, {"iterations": 20, "fv_cluster_size": 8, "fv_hidden_size": 32}),
    ("LstmModel", "frame", 3000, 0.01, {"lstm_cells": 32, "lstm_layers": 1}),
    ("GruModel", "frame", 3000, 0.01, {"gru_cells": 32}),
    ("Lstmbidirect", "frame", 3000, 0.01, {"lstm_cells": 32}),
    ("GRUbidirect", "frame", 3000, 0.01, {"lstm_cells": 32}),
    ("GRUbidirect_branchedBN", "frame", 6000, 0.01, {}),
    ("attention_frames_v0", "frame", 6000, 0.01, {}),
    ("NeXtVLADModel", "frame", 6000, 0.01, NEXTVLAD),
    ("MixNeXtVladModel", "frame", 6000, 0.01, dict(NEXTVLAD, video_level_classifier_model="LogisticModel")),
    ("Bert", "frame", 6000, 0.001, BERT),
    ("BertCross", "frame", 6000, 0.001, BERT),
]
STUDENT, STUDENT_VIDEOS = {"gru_cells": 16, "gru_layers": 1}, 1500


def run(*words):
  done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
  if done.returncode != 0:
    sys.exit("%s: status %d\n%s" % (" ".join(map(str, words)), done.returncode, done.stderr))
  return done.stdout


def synthesize(prefix, level, first, count):
  run(TFRECORD_TOOL, "synth", "-q", "--level", level, "--first", first, "--videos", count, "--classes", CLASSES,
      "--frames", "16-%d" % FRAMES, "--feature-sizes", "%d,%d" % FEATURES, "--seed", 1, "--shards", SHARDS, "-o", prefix)


def records(level, part):
  return "%s/%s-%s-*" % (work, level, part)


def train(folder, model, level, steps, seed, data=None, **options):
  names = "--feature_names=mean_rgb,mean_audio" if level == "video" else \
      "--feature_names=rgb,audio --frame_features"
  settings = dict(batch_size=BATCH, max_frames=FRAMES, num_classes=CLASSES, feature_sizes="%d,%d" % FEATURES,
                  train_data_pattern=data or records(level, "train"), num_epochs=1000, threads=1, **options)
  run(TRAINER, "train", "-q", "--model", model, "--train_dir", folder, "--seed", seed, "--max_steps", steps,
      *names.split(), *("--%s=%s" % item for item in settings.items()))


def gap(folder, level, *options):
  return json.loads(run(TRAINER, "eval", "-q", "--json", "--train_dir", folder, "--run_once", "--seed", 1, "--threads", 1,
                        *options, records(level, "test")))["gap@20"]


def text(values):
  spread = " ± %.3f" % statistics.stdev(values) if len(values) > 1 else ""
  return "%.3f%s" % (statistics.mean(values), spread)


def table(head, rows):
  for cells in [head, ["---"] * len(head), *rows]:
    print("| " + " | ".join(map(str, cells)) + " |")
  print(flush=True)


def learned(name, level, steps, rate, flags, seed):
  """GAP of what a model learns with a seed, and of what TensorFlow makes of the same (None when it is not asked)."""
  folder = "%s/%s-%d" % (work, name, seed)
  steps = int(setting("STEPS", steps))
  train(folder, name, level, steps, seed, base_learning_rate=rate, learning_rate_decay=0.1,
        learning_rate_decay_examples=BATCH * steps // 2, **flags)
  ours, theirs = gap(folder, level), None
  if seed in TF_SEEDS:
    run(TF_PYTHON, here + "/learning_tensorflow.py", folder, steps, "seed=%d" % seed, "features=%d,%d" % FEATURES,
        "frames=%d" % (FRAMES if level == "frame" else 0), "classes=%d" % CLASSES, "batch=%d" % BATCH,
        records(level, "train"))
    theirs = gap(folder + "-tensorflow", level)
  print(name, seed, ours, theirs, sep="\t", file=sys.stderr, flush=True)
  return ours, theirs


def cells(model, gaps):
  """A model's row of the table."""
  name, level, steps = model[:3]
  pairs = [pair for pair in gaps if pair[1] is not None]
  return ["`%s`" % name, "means" if level == "video" else "frames", setting("STEPS", steps),
          text([pair[0] for pair in gaps]), *(map(text, zip(*pairs)) if pairs else ["–", "–"])]


def averaged(seed):
  """GAP of weights that a large learning rate keeps moving, and of their averages over a third of the steps."""
  before, after = ("%s/%s-%d" % (work, name, seed) for name in ("before", "averages"))
  recipe = dict(STUDENT, base_learning_rate=0.03)
  train(before, "GruModel", "frame", 600, seed, **recipe)
  train(after, "GruModel", "frame", 600, seed, ema_source=before + "/model.ckpt-600", ema_halflife=200, **recipe)
  return gap(after, "frame"), gap(after, "frame", "--use_EMA")


def teach():
  """Trains the teacher and lets it predict the students' videos: a part of those that it saw itself."""
  teacher, students = work + "/teacher", work + "/students"
  train(teacher, "GruModel", "frame", 3000, 1, gru_cells=32, base_learning_rate=0.01, learning_rate_decay=0.1,
        learning_rate_decay_examples=BATCH * 1500)
  run(TRAINER, "export", "-q", "--train_dir", teacher, "-o", work + "/teacher-exported")
  synthesize(students, "frame", 0, STUDENT_VIDEOS)
  run(TRAINER, "distill-dataset", "-q", "--train_dir", work + "/teacher-exported", "-o", work + "/distilled",
      students + "-*")


def distilled(seed):
  """GAP of a student that learns from labels, from labels and the teacher alike, from the teacher alone."""
  gaps = []
  for name, data, options in (("labels", "/students-*", {}), ("both", "/distilled/*", {"loss_lambda": 0.5}),
                              ("teacher", "/distilled/*", {"loss_lambda": 1})):
    folder = "%s/student-%s-%d" % (work, name, seed)
    train(folder, "GruModel", "frame", 1000, seed, data=work + data, base_learning_rate=0.01, **STUDENT, **options)
    gaps.append(gap(folder, "frame"))
  return gaps


def main():
  for level in ("video", "frame"):
    for part, first, count in (("train", 0, VIDEOS), ("test", VIDEOS, TEST_VIDEOS)):
      synthesize("%s/%s-%s" % (work, level, part), level, first, count)
  chosen = os.environ.get("MODELS", "").split() or [model[0] for model in MODELS] + ["averages", "distillation"]
  models = [model for model in MODELS if model[0] in chosen]
  with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
    try:
      runs = [[pool.submit(learned, *model, seed) for seed in SEEDS] for model in models]
      rows = [cells(model, [run.result() for run in gaps]) for model, gaps in zip(models, runs)]
      averages = list(pool.map(averaged, SEEDS)) if "averages" in chosen else []
      if "distillation" in chosen:
        teach()
        students = list(pool.map(distilled, SEEDS))
      else:
        students = []
    except SystemExit:
      pool.shutdown(cancel_futures=True)
      raise
  if rows:
    seeds = "seed 1" if len(TF_SEEDS) == 1 else "seeds 1 to %d" % len(TF_SEEDS)
    table(["model", "sees", "steps", "GAP", "%s alone" % seeds, "the same by TensorFlow"], rows)
  if averages:
    table(["weights", "GAP"], zip(["as the last step left them", "their moving averages"], map(text, zip(*averages))))
  if students:
    table(["a student learns from", "GAP"],
          zip(["labels", "labels and its teacher (`--loss_lambda 0.5`)", "its teacher (`--loss_lambda 1`)"],
              map(text, zip(*students))))


main()
