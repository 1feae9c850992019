"""Inference graphs of all models, built here with weights of the references: TensorFlow must load them and predict what
the references predicted."""
import json
import os
import subprocess

import numpy as np
import tensorflow as tf

from harness import check, v1
from settings_of_2019 import hyperparameters, lineage

v1.disable_eager_execution()
FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures")


def words(flags):
  out = []
  for name, value in flags.items():
    out += ["%s=%s" % (name, v) for v in (value if isinstance(value, list) else [value])]
  return out


def exported(lineage, model, checkpoint, shape, sizes, classes, flags, rounds=1):
  """The prefix of a model that model-probe exported."""
  folder = os.path.abspath("export%d" % len(os.listdir(".")))
  os.mkdir(folder)
  arguments = [lineage, model, checkpoint, shape[1] if len(shape) == 3 else 0, sizes, classes, rounds, folder]
  done = subprocess.run([os.environ["MODEL_PROBE"], "export"] + [str(a) for a in arguments] + words(flags),
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
  assert done.returncode == 0, done.stderr.decode()
  return os.path.join(folder, "inference_model")


def predictions(prefix, raw, counts, draws=()):
  """What TensorFlow predicts, after it has also run the first values and saved and restored the weights."""
  with tf.Graph().as_default() as graph, v1.Session() as session:
    saver = v1.train.import_meta_graph(prefix + ".meta", clear_devices=True)
    session.run(v1.global_variables_initializer())
    saver.restore(session, prefix)
    copy = saver.save(session, prefix + "-again", write_meta_graph=False)
    saver.restore(session, copy)
    x, n, y = (graph.get_collection(c)[0] for c in ("input_batch_raw", "num_frames", "predictions"))
    feeds = {x: raw, n: counts}
    samplers = [o for o in graph.get_operations() if o.type == "RandomUniform" and "/Initializer" not in o.name]
    feeds.update((o.outputs[0], u) for o, u in zip(samplers, draws))
    loss, labels = graph.get_collection("loss")[0], graph.get_tensor_by_name("xlabels_batch:0")
    feeds[labels] = np.zeros((len(raw), int(y.shape[1])), bool)
    found, value = session.run((y, loss), feeds)
    expected = -np.log(1 - found.astype(np.float64) + 1e-5).sum(1).mean()
    assert abs(value - expected) < 1e-4 * max(1, expected), "loss %g, not %g" % (value, expected)
    return found


def compare(found, expected):
  assert found.shape == expected.shape, "%s, not %s" % (found.shape, expected.shape)
  difference = np.abs(found - expected).max()
  assert difference < 1e-5, "predictions differ by %g" % difference


def of_2018(name):
  folder = os.path.join(FIXTURES, "models", "graphs", name)
  with open(os.path.join(folder, "case.json")) as file:
    case = json.load(file)
  arrays = np.load(os.path.join(folder, "io.npz"))
  raw = arrays["input_batch_raw"]
  prefix = exported("miha", case["model"], os.path.join(folder, "inference_model"), raw.shape, "24,8", 12,
                    case["flags"])
  compare(predictions(prefix, raw, arrays["num_frames"]), arrays["predictions"])


def of_2019(name):
  folder = os.path.join(FIXTURES, "zoo2019", name)
  with open(os.path.join(folder, "case.json")) as file:
    case = json.load(file)
  arrays = np.load(os.path.join(folder, "io.npz"))
  raw = arrays["input_batch_raw"]
  flags = hyperparameters(case["flags"])
  if case["repo"] == "google":
    flags.setdefault("dbof_activation", "sigmoid")
  prefix = exported(lineage(case), case["model"], os.path.join(folder, "model.ckpt-1234"), raw.shape, "24,8", 12, flags)
  compare(predictions(prefix, raw, arrays["num_frames"]), arrays["predictions"])


def of_2017(name):
  folder = os.path.join(FIXTURES, "zoo", name)
  with open(os.path.join(folder, "flags.json")) as file:
    case = json.load(file)
  arrays = np.load(os.path.join(folder, "io.npz"))
  flags = {k: v for k, v in case["model_flags"].items() if k != "alpha"}
  if "cluster_size" in case:
    flags.update(netvlad_cluster_size=case["cluster_size"], netvlad_hidden_size=case["hidden_size"],
                 ensemble_wts=case.get("ensemble_wts", [1.0]))
    if isinstance(case["cluster_size"], list):
      flags["ensemble_num"] = len(case["cluster_size"])
  counts = arrays["num_frames"]
  if "quantized" in arrays:
    raw = arrays["quantized"].astype(np.float32) * np.float32(4.0 / 255) + np.float32(4.0 / 512 - 2)
    raw[np.arange(raw.shape[1])[None, :] >= counts[:, None]] = 0
  else:
    raw = arrays["input_batch_raw"]
  code = case["code"] if case["code"] in ("willow", "boliu") else "willow"
  prefix = exported(code, case["model"], os.path.join(folder, "model.ckpt-1234"), raw.shape, "1024,128", 25, flags)
  draws = [arrays["u%d" % i] for i in range(8) if "u%d" % i in arrays]
  compare(predictions(prefix, raw, counts, draws), arrays["predictions"])


for case in sorted(os.listdir(os.path.join(FIXTURES, "models", "graphs"))):
  # Those that draw at random have numbers of the reference's seeds.
  if not case.startswith("random_") and case != "frame_shuffle_seed7":
    check("an export of %s" % case)(lambda: of_2018(case))
for case in sorted(os.listdir(os.path.join(FIXTURES, "zoo"))):
  check("an export of %s of 2017 or the 10th place" % case)(lambda: of_2017(case))
for case in sorted(name for name in os.listdir(os.path.join(FIXTURES, "zoo2019")) if "." not in name):
  check("an export of %s of 2019" % case)(lambda: of_2019(case))
