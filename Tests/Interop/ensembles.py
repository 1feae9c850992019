"""Ensembles that we make of models that TensorFlow exported: TensorFlow loads them and predicts the weighted mean."""
import os
import subprocess

import numpy as np
import tensorflow as tf

from harness import check, v1

v1.disable_eager_execution()
MODELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures", "models")
TOOL = os.environ["CKPT_TOOL"]


def predict(prefix, inputs):
  with tf.Graph().as_default(), v1.Session() as session:
    v1.train.import_meta_graph(prefix + ".meta", clear_devices=True).restore(session, prefix)
    x, frames, predictions = (v1.get_collection(c)[0] for c in ("input_batch_raw", "num_frames", "predictions"))
    return session.run(predictions, {x: inputs["input_batch_raw"], frames: inputs["num_frames"]})


def ensemble(members, weights, *options):
  """What TensorFlow predicts with the members, and with the ensemble that we make of them."""
  prefixes = [os.path.join(MODELS, member, "inference_model") for member in members]
  inputs = np.load(os.path.join(MODELS, members[0], "io.npz"))
  subprocess.run([TOOL, "ensemble", "--models"] + prefixes + ["--weights"] + [str(w) for w in weights]
                 + ["--save_folder", "ensemble"] + list(options), check=True)
  made = predict("ensemble/inference_model", inputs)
  parts = [predict(prefix, inputs).astype(np.float64) for prefix in prefixes]
  subprocess.run(["rm", "-r", "ensemble"], check=True)
  return parts, made


def mean(members, weights):
  parts, made = ensemble(members, weights)
  assert np.abs(sum(w * p for w, p in zip(weights, parts)) - made).max() < 1e-6


@check("log odds")
def logit():
  parts, made = ensemble(["graphs/netvlad_gated_probgating", "graphs/dbof"], [0.3, 0.7], "--how", "logit")
  odds = sum(w * np.log(p / (1 - p)) for w, p in zip([0.3, 0.7], parts))
  assert np.abs(1 / (1 + np.exp(-odds)) - made).max() < 1e-6


@check("two models and one with loops")
def loops():
  mean(["graphs/netvlad_gated_probgating", "graphs_oldops/grubidirect_gating", "graphs/lstm2"], [0.5, 0.3, 0.2])


@check("quantized models and an ensemble")
def nested():
  mean(["quantized/netvlad_gated_probgating_quant_uniform", "quantized/netvlad_gated_probgating_float16",
        "ensembles/float32_70_30"], [0.2, 0.3, 0.5])


@check("a model twice, whose tensors are stored once")
def twice():
  mean(["graphs/netfv_coupled", "graphs/netfv_coupled"], [0.5, 0.5])
