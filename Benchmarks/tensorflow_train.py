"""tensorflow_train.py META ENDS BATCH FRAMES STEPS: steps of a training graph by TensorFlow on a batch in memory; ENDS is
what model-probe told of the graph. Prints the median rate of the steps after the first, in videos a second, and the peak
memory in MB."""
import resource
import sys
import time

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
meta, ends, batch, frames, steps = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
told = {}
with open(ends) as file:
  for line in file:
    kind, *rest = line.rstrip("\n").split("\t")
    told.setdefault(kind, []).append(rest[0])
random = np.random.RandomState(1)
shape = [batch, frames, 1152] if frames else [batch, 1152]
with tf.Graph().as_default(), v1.Session() as session:
  v1.train.import_meta_graph(meta, clear_devices=True)
  session.run(told["initializer"])
  feeds = {
      told["features"][0]: random.rand(*shape).astype(np.float32),
      told["frameCounts"][0]: np.full(batch, frames or 1, np.int32),
      told["labels"][0]: random.rand(batch, 3862) < 0.001,
  }
  seconds = []
  for _ in range(steps):
    start = time.perf_counter()
    session.run([told["loss"][0], told["predictions"][0], told["step"][0]], feeds)
    seconds.append(time.perf_counter() - start)
print("%.3f %.0f" % (batch / np.median(seconds[1:]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
