"""Ensembles that we make of models that TensorFlow exported: TensorFlow loads them and predicts the weighted mean."""
import os
import subprocess

import numpy as np
import tensorflow as tf

from harness import TF2, LeftOut, check, v1

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


FUNCTIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures", "functions")


def functions_mean(prefixes, weights):
  """Ensembles models of videos [?,3,4], and compares with the mean of what TensorFlow predicts with each."""
  random = np.random.RandomState(1)
  inputs = {"input_batch_raw": random.rand(5, 3, 4).astype(np.float32), "num_frames": np.full(5, 3, np.int32)}
  subprocess.run([TOOL, "ensemble", "--models"] + prefixes + ["--weights"] + [str(w) for w in weights]
                 + ["--save_folder", "ensemble"], check=True)
  made = predict("ensemble/inference_model", inputs)
  subprocess.run(["rm", "-r", "ensemble"], check=True)
  parts = [predict(prefix, inputs) for prefix in prefixes]
  assert np.abs(parts[0] - parts[1]).max() > 1e-3
  assert np.abs(sum(w * p for w, p in zip(weights, parts)) - made).max() < 1e-6


@check("models of TensorFlow 1.15 that call functions of the same names")
def functions():
  functions_mean([os.path.join(FUNCTIONS, name) for name in "aba"], [0.2, 0.3, 0.5])


@check("models that call functions of TensorFlow 2")
def newer_functions():
  if not TF2:
    raise LeftOut("TensorFlow 2")
  for name, factor in [("a", 3.0), ("b", 5.0)]:
    with tf.Graph().as_default(), v1.Session() as session:
      scale = tf.function(lambda x: factor * x, input_signature=[tf.TensorSpec([None, 2])])
      both = tf.function(lambda x: scale(0.5 * x), input_signature=[tf.TensorSpec([None, 2])])
      videos, frames = v1.placeholder(tf.float32, [None, 3, 4]), v1.placeholder(tf.int32, [None])
      means = tf.reduce_sum(videos, 1) / tf.cast(frames, tf.float32)[:, None]
      weights = v1.get_variable("weights", initializer=tf.linspace(0.1, factor, 8), use_resource=True)
      predictions = tf.sigmoid(0.1 * both(tf.matmul(means, tf.reshape(weights, [4, 2]))))
      for collection, tensor in [("input_batch_raw", videos), ("num_frames", frames), ("predictions", predictions)]:
        v1.add_to_collection(collection, tensor)
      session.run(v1.global_variables_initializer())
      v1.train.Saver().save(session, "./" + name)
  functions_mean(["./a", "./b"], [0.25, 0.75])
