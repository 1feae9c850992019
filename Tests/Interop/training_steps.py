"""Training graphs of ours in TensorFlow: from its own checkpoints, on its own batches, it must find the losses, gradients
and variables that its own graphs had."""
import json
import os
import subprocess

import numpy as np
import tensorflow as tf

from harness import check, v1
from settings_of_2019 import hyperparameters, lineage

v1.disable_eager_execution()
PROBE = os.environ["MODEL_PROBE"]
RUNS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures", "training")


def graph(model, out, settings):
  """Writes a training graph; what the probe tells of it: kind -> list of the other words."""
  words = ["%s=%s" % item for item in sorted(settings.items())]
  done = subprocess.run([PROBE, "train", model, out] + words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
  assert done.returncode == 0, done.stderr.decode()
  told = {}
  for line in done.stdout.decode().splitlines():
    kind, *rest = line.split("\t")
    told.setdefault(kind, []).append(rest)
  return told


def steps(model, checkpoint, arrays, out, count, settings):
  """Trains by our session; the losses."""
  words = ["%s=%s" % item for item in sorted(settings.items())]
  done = subprocess.run(
      [PROBE, "steps", model, checkpoint, arrays, out, "steps=%d" % count] + words,
      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
  assert done.returncode == 0, done.stderr.decode()
  return [float(line.split("\t")[1]) for line in done.stdout.decode().splitlines()]


def feeds_of(told, facts, arrays, step):
  """A batch of a fixture, as our graph takes it."""
  labels = arrays["labels"]
  features = arrays["video_matrix" if "video_matrix" in arrays.files else "input_batch_raw"][step]
  feeds = {told["features"][0][0]: features, told["labels"][0][0]: labels[step] > 0}
  feeds[told["frameCounts"][0][0]] = (
      arrays["num_frames"][step].astype(np.int32) if facts["level"] == "frame" else np.ones(len(labels[step]), np.int32))
  if "teacher" in told:
    feeds[told["teacher"][0][0]] = arrays["teacher_predictions"][step]
  return feeds


def settings_of(facts, classes):
  """What the run of a fixture was made with."""
  train = facts["train"]
  settings = {name: str(value) for name, value in hyperparameters(facts["flags"]).items()}
  settings.update(
      features=",".join(map(str, facts["feature_sizes"])), frames=facts["max_frames"] if facts["level"] == "frame" else 0,
      classes=classes, rate=train["base_learning_rate"], decay=train["learning_rate_decay"],
      period=train["learning_rate_decay_examples"], batch=train["batch_size"], clip=train["clip_gradient_norm"],
      penalty=train["regularization_penalty"])
  settings["optimizer"] = train.get("optimizer", "AdamOptimizer")
  custom = facts["flags"].get("custom_optimizer")
  if custom:
    settings["optimizer"] = {"radam": "RAdamOptimizer", "bert": "AdamWeightDecayOptimizer"}[custom]
  if custom == "bert":  # The reference does not count the steps of this one, so that its rate never falls.
    settings["decay"] = 1
  if "repo" in facts:
    settings["lineage"] = lineage(facts)
  if "ema_decay" in facts:
    settings["average"] = facts["ema_decay"]
  if train.get("label_loss") == "MixedCrossEntropyLoss":
    settings["teacher"] = facts["loss_lambda"]
  else:
    settings["loss"] = train.get("label_loss", "CrossEntropyLoss")
  return settings


def allowed(reader, first, variable, count):
  """How far the elements of a variable may be from TensorFlow's after so many steps.

  Adam divides a gradient by its own size, the root of its slot of squares; where that is near the rounding of the sums that
  it comes from, a step may be anything up to the learning rate, and so may the means of what such a weight shifts."""
  own = 2e-4 if "/moving_mean" in variable or "_FV/" in "".join(reader.get_variable_to_shape_map()) else 2e-6
  weight = variable.replace("/ExponentialMovingAverage", "")
  slots = [weight + ending for ending in ("/Adam_1", "/RAdam_1", "/adam_v")]
  slot = next((slot for slot in slots if slot in reader.get_variable_to_shape_map()), None)
  if slot is None:
    return own
  sizes = [np.sqrt(r.get_tensor(slot) / (0.001 * steps)) for r, steps in ((first, 1), (reader, count))]
  rounding = max(3e-7, 5e-6 * sizes[1].max())
  return own + 0.02 * count * np.minimum(1, rounding / np.maximum(np.minimum(*sizes), 1e-12))


def trained(name):
  folder = os.path.join(RUNS, name)
  with open(os.path.join(folder, "case.json")) as file:
    facts = json.load(file)
  arrays = np.load(os.path.join(folder, "io.npz"))
  labels = arrays["labels"]
  told = graph(facts["model"], name + ".meta", settings_of(facts, labels.shape[2]))
  with tf.Graph().as_default(), v1.Session() as session:
    saver = v1.train.import_meta_graph(name + ".meta", clear_devices=True)
    saver.restore(session, os.path.join(folder, "init.ckpt-0"))
    count = facts["train"].get("steps", 3)
    for step in range(count):
      feeds = feeds_of(told, facts, arrays, step)
      if step == 0:
        found = session.run([tensor for _, tensor in told["gradient"]], feeds)
        for (variable, _), gradient in zip(told["gradient"], found):
          expected = arrays["grad0/" + variable]
          error = np.abs(gradient - expected).max() / max(1e-2, np.abs(expected).max())
          assert error < 1e-4, "gradient of %s: %g" % (variable, error)
      loss, rate, predictions, _ = session.run(
          [told["loss"][0][0], told["learningRate"][0][0], told["predictions"][0][0], told["step"][0][0]], feeds)
      if "average" in told:
        session.run(told["average"][0][0])
      if name == "dbof" and step > 0:
        continue
      assert abs(loss - arrays["label_loss"][step]) <= 1e-5 * abs(loss), "step %d loss %g not %g" % (step, loss, arrays["label_loss"][step])
      assert rate == arrays["learning_rate"][step], "learning rate %g" % rate
      assert np.abs(predictions - arrays["predictions"][step]).max() < 1e-5, "predictions"
    if name == "dbof":  # Its later steps depend on how rounding goes, see below: values are cut off at 6 or not.
      return
    reader = v1.train.NewCheckpointReader(os.path.join(folder, "model.ckpt-%d" % count))
    first = v1.train.NewCheckpointReader(os.path.join(folder, "step1.ckpt-1"))
    names = sorted(reader.get_variable_to_shape_map())
    assert names == sorted(v.op.name for v in v1.global_variables()), "names"
    for variable, value in zip(names, session.run([n + ":0" for n in names])):
      if variable == "global_step" and facts["flags"].get("custom_optimizer") == "bert":
        assert value == count
        continue
      excess = (np.abs(value - reader.get_tensor(variable)) - allowed(reader, first, variable, count)).max()
      assert excess <= 0, "%s: %g too much" % (variable, excess)
    saver.save(session, name + "-saved", write_meta_graph=False)


def ten_by_tensorflow(name, folder, facts, arrays, told, shaken):
  """Losses and variables of ten steps of our graph; `shaken` moves each first weight by one rounding, up or down."""
  with tf.Graph().as_default(), v1.Session() as session:
    saver = v1.train.import_meta_graph(name + ".meta", clear_devices=True)
    saver.restore(session, os.path.join(folder, "init.ckpt-0"))
    rng = np.random.RandomState(shaken)
    if shaken:  # All at once: each call with other ends makes TensorFlow plan anew.
      weights = v1.trainable_variables()
      values = session.run([variable.op.name + ":0" for variable in weights])
      session.run([variable.initializer for variable in weights], {
          variable.initializer.inputs[1]: np.nextafter(
              value, np.where(rng.rand(*value.shape) < 0.5, -9, 9).astype(np.float32))
          for variable, value in zip(weights, values)})
    losses = []
    for step in range(10):
      loss, _ = session.run([told["loss"][0][0], told["step"][0][0]], feeds_of(told, facts, arrays, step % len(arrays["labels"])))
      losses.append(loss)
      if "average" in told:
        session.run(told["average"][0][0])
    names = sorted(v.op.name for v in v1.global_variables())
    return np.array(losses), dict(zip(names, session.run([n + ":0" for n in names])))


def ten_steps(name):
  """Ours and TensorFlow's variables after ten steps of our graph from the same checkpoint.

  Adam makes steps of the size of the learning rate of gradients that are nothing but rounding, and so goes another way
  each time the rounding is other: where TensorFlow itself does when a last bit of its first weights differs, we may be as
  far from it as that takes it, some times over."""
  folder = os.path.join(RUNS, name)
  with open(os.path.join(folder, "case.json")) as file:
    facts = json.load(file)
  arrays = np.load(os.path.join(folder, "io.npz"))
  settings = settings_of(facts, arrays["labels"].shape[2])
  losses = np.array(steps(facts["model"], folder + "/init.ckpt-0", folder + "/io.npz", name + "-ten", 10, settings))
  told = graph(facts["model"], name + "-ten.meta", settings)
  expected, variables = ten_by_tensorflow(name + "-ten", folder, facts, arrays, told, 0)
  others = [ten_by_tensorflow(name + "-ten", folder, facts, arrays, told, shaken) for shaken in (1, 2, 3)]
  spread = np.max([np.abs(other - expected) for other, _ in others], axis=0)
  assert (np.abs(losses - expected) <= 1e-5 * np.abs(expected) + 4 * spread).all(), (losses, expected, spread)
  reader = v1.train.NewCheckpointReader(name + "-ten")
  assert sorted(variables) == sorted(reader.get_variable_to_shape_map()), "names"
  for variable, value in variables.items():
    error = np.abs(value - reader.get_tensor(variable)).max()
    spread = max(np.abs(value - other[variable]).max() for _, other in others)
    assert error <= 2e-6 + 4 * spread, "%s: %g, where TensorFlow is %g from itself" % (variable, error, spread)


def continued():
  """TensorFlow's own training graph goes on from a checkpoint of ours as we do."""
  folder = os.path.join(RUNS, "ema_netvlad_gated")
  with open(os.path.join(folder, "case.json")) as file:
    facts = json.load(file)
  arrays = np.load(os.path.join(folder, "io.npz"))
  settings = settings_of(facts, arrays["labels"].shape[2])
  steps(facts["model"], folder + "/init.ckpt-0", folder + "/io.npz", "ema-3", 3, settings)
  (_, _, _, ours) = steps(facts["model"], folder + "/init.ckpt-0", folder + "/io.npz", "ema-4", 4, settings)
  with tf.Graph().as_default() as graph, v1.Session() as session:
    saver = v1.train.import_meta_graph(folder + "/model.ckpt-3.meta", clear_devices=True)
    saver.restore(session, "ema-3")
    inputs = dict(zip(("input_batch_raw", "num_frames", "labels"), (
        arrays["input_batch_raw"][0], arrays["num_frames"][0].astype(np.int32), arrays["labels"][0])))
    loss, _ = session.run([graph.get_collection("loss")[0], graph.get_collection("train_op")[0]], {
        source(graph.get_collection(name)[0]): value for name, value in inputs.items()})
    session.run(graph.get_collection("ema_op")[0])
    assert abs(loss - ours) <= 1e-5 * abs(loss), "loss %g not %g" % (ours, loss)
    reader = v1.train.NewCheckpointReader("ema-4")
    for variable in v1.global_variables():
      name = variable.op.name
      error = np.abs(session.run(name + ":0") - reader.get_tensor(name)).max()
      assert error <= 2e-6, "%s: %g" % (name, error)


def source(tensor):
  """The placeholder that a tensor is made of."""
  while tensor.op.type != "Placeholder":
    tensor = tensor.op.inputs[0]
  return tensor


for run in sorted(os.listdir(RUNS)):
  check("TensorFlow %s and we are at the same place after ten steps of %s" % (tf.__version__, run))(
      lambda run=run: ten_steps(run))
  check("TensorFlow %s trains our graph of %s as its own" % (tf.__version__, run))(lambda run=run: trained(run))
check("TensorFlow %s goes on in its own training graph from our checkpoint" % tf.__version__)(continued)
