"""netvlad_model.py FOLDER [CLUSTERS HIDDEN CLASSES [SEED]]: exports the NetVLAD of the 2018 winner (256 clusters, 1024 hidden
units, 3862 classes, two mixtures, gated) with random weights, as its eval.py --build_only does: FOLDER/inference_model
and model_flags.json. 321 million parameters, 1.3 GB."""
import json
import os
import sys

import tensorflow as tf

v1 = tf.compat.v1
v1.disable_eager_execution()
v1.disable_resource_variables()

folder = sys.argv[1]
CLUSTERS, HIDDEN, CLASSES, SEED = ([int(a) for a in sys.argv[2:]] + [256, 1024, 3862, 0][len(sys.argv) - 2:])
FRAMES, VIDEO, AUDIO, MIXTURES = 300, 1024, 128, 2


def weights(name, shape, deviation):
  return v1.get_variable(name, shape, initializer=v1.random_normal_initializer(stddev=deviation, seed=SEED + len(name)))


def normalized(x, name):
  """Batch normalization by moving statistics; of rank 2, as the fused kernel has it."""
  size = int(x.shape[-1])
  with v1.variable_scope(name):
    gamma = v1.get_variable("gamma", [size], initializer=v1.ones_initializer())
    beta = v1.get_variable("beta", [size], initializer=v1.zeros_initializer())
    mean = v1.get_variable("moving_mean", [size], initializer=v1.zeros_initializer(), trainable=False)
    variance = v1.get_variable("moving_variance", [size], initializer=v1.ones_initializer(), trainable=False)
    rows = v1.reshape(x, [-1, 1, 1, size])
    fused = v1.nn.fused_batch_norm(rows, gamma, beta, mean, variance, epsilon=1e-3, is_training=False)[0]
    return v1.reshape(fused, [-1, size])


def vlad(x, size, clusters, name):
  """[videos * frames, size] to [videos, size * clusters]."""
  with v1.variable_scope(name):
    centers = weights("cluster_weights", [size, clusters], size ** -0.5)
    activation = v1.nn.softmax(normalized(v1.matmul(x, centers), "cluster_bn"))
    activation = v1.reshape(activation, [-1, FRAMES, clusters])
    total = v1.reduce_sum(activation, -2, keepdims=True) * weights("cluster_weights2", [1, size, clusters], size ** -0.5)
    sums = v1.matmul(v1.transpose(activation, [0, 2, 1]), v1.reshape(x, [-1, FRAMES, size]))
    residuals = v1.transpose(sums, [0, 2, 1]) - total
    flat = v1.reshape(v1.nn.l2_normalize(residuals, 1), [-1, size * clusters])
    return v1.nn.l2_normalize(flat, 1)


def experts(x, size):
  gates = v1.matmul(x, weights("gates/weights", [size, CLASSES * (MIXTURES + 1)], size ** -0.5))
  scores = v1.matmul(x, weights("experts/weights", [size, CLASSES * MIXTURES], size ** -0.5))
  scores += v1.get_variable("experts/biases", [CLASSES * MIXTURES], initializer=v1.zeros_initializer())
  gates = v1.nn.softmax(v1.reshape(gates, [-1, MIXTURES + 1]))
  scores = v1.nn.sigmoid(v1.reshape(scores, [-1, MIXTURES]))
  mixed = v1.reshape(v1.reduce_sum(gates[:, :MIXTURES] * scores, 1), [-1, CLASSES])
  gating = v1.matmul(mixed, weights("gating_prob_weights", [CLASSES, CLASSES], CLASSES ** -0.5))
  return mixed * v1.nn.sigmoid(normalized(gating, "gating_prob_bn"))


raw = v1.placeholder(tf.float32, [None, FRAMES, VIDEO + AUDIO], "xmodel_input_raw")
counts = v1.placeholder(tf.int32, None, "xnum_frames")
with v1.variable_scope("tower"):
  frames = v1.nn.l2_normalize(raw, 2)
  # Frames in the order in which they are, the last again where a video has fewer, as sampling a sequence has it.
  videos = v1.shape(frames)[0]
  index = v1.minimum(v1.tile(v1.expand_dims(v1.range(FRAMES), 0), v1.stack([videos, 1])),
                     v1.expand_dims(v1.maximum(counts, 1) - 1, 1))
  batch = v1.tile(v1.expand_dims(v1.range(videos), 1), [1, FRAMES])
  rows = v1.reshape(v1.gather_nd(frames, v1.stack([batch, index], 2)), [-1, VIDEO + AUDIO])
  rows = normalized(rows, "input_bn")
  parts = [vlad(rows[:, :VIDEO], VIDEO, CLUSTERS, "video_VLAD"),
           vlad(rows[:, VIDEO:], AUDIO, CLUSTERS // 2, "audio_VLAD")]
  joined = v1.concat(parts, 1)
  size = VIDEO * CLUSTERS + AUDIO * (CLUSTERS // 2)
  hidden = v1.matmul(joined, weights("hidden1_weights", [size, HIDDEN], CLUSTERS ** -0.5))
  hidden += v1.get_variable("hidden1_biases", [HIDDEN], initializer=v1.random_normal_initializer(stddev=0.01, seed=SEED + 1))
  gates = v1.matmul(hidden, weights("gating_weights_2", [HIDDEN, HIDDEN], HIDDEN ** -0.5))
  hidden *= v1.nn.sigmoid(normalized(gates, "gating_bn"))
  predictions = experts(hidden, HIDDEN)

for name, tensor in [("input_batch_raw", raw), ("num_frames", counts), ("predictions", predictions)]:
  v1.add_to_collection(name, tensor)
os.makedirs(folder, exist_ok=True)
with v1.Session() as session:
  session.run(v1.global_variables_initializer())
  v1.train.Saver().save(session, os.path.join(folder, "inference_model"), write_state=False)
with open(os.path.join(folder, "model_flags.json"), "w") as file:
  json.dump({"model": "NetVLADModelLF", "feature_sizes": "%d,%d" % (VIDEO, AUDIO), "feature_names": "rgb,audio",
             "frame_features": True, "label_loss": "CrossEntropyLoss"}, file)
