"""tensorflow_infer.py MODEL BATCH FILE…: the exported model on frame-level records by TensorFlow, records by tf.data
on all cores. Prints the seconds of reading and predicting all videos, after the weights are there and a batch of zeros
has been run, how many videos, the peak memory in MB, and the sum of all scores."""
import resource
import sys
import time

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
SIZES = {"rgb": 1024, "audio": 128}
model, batch_size, files = sys.argv[1], int(sys.argv[2]), sys.argv[3:]


def video(record):
  context, lists = tf.io.parse_single_sequence_example(
      record, context_features={"id": tf.io.FixedLenFeature([], tf.string)},
      sequence_features={name: tf.io.FixedLenSequenceFeature([], tf.string) for name in SIZES})
  parts = []
  for name, size in SIZES.items():
    raw = tf.reshape(tf.cast(tf.io.decode_raw(lists[name], tf.uint8), tf.float32), [-1, size])[:300]
    count = tf.shape(raw)[0]
    parts.append(tf.pad(raw * (4.0 / 255.0) + (4.0 / 512.0 - 2.0), [[0, 300 - count], [0, 0]]))
  return tf.ensure_shape(tf.concat(parts, 1), [300, 1152]), count


records = tf.data.TFRecordDataset(files, buffer_size=8 << 20).map(video, tf.data.experimental.AUTOTUNE)
graph = tf.Graph()
session = v1.Session(graph=graph)
with graph.as_default():
  v1.train.import_meta_graph(model + ".meta", clear_devices=True).restore(session, model)
  raw, counts, predictions = (graph.get_collection(name)[0] for name in ("input_batch_raw", "num_frames", "predictions"))
session.run(predictions, {raw: np.zeros([batch_size, 300, 1152], np.float32), counts: [300] * batch_size})
start, videos, total = time.perf_counter(), 0, 0.0
for features, frames in records.batch(batch_size).prefetch(2):
  scores = session.run(predictions, {raw: features.numpy(), counts: frames.numpy()})
  total += float(scores.sum(dtype="float64"))
  videos += len(scores)
seconds = time.perf_counter() - start
print("%.4f %d %.0f %.6f" % (seconds, videos, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, total))
