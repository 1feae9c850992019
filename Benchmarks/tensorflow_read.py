"""tensorflow_read.py PREFIX: best of five times of reading every tensor with TensorFlow's own reader, in seconds."""
import sys
import time

import tensorflow as tf

best = float("inf")
for _ in range(5):
  start = time.perf_counter()
  reader = tf.compat.v1.train.NewCheckpointReader(sys.argv[1])
  for name in reader.get_variable_to_shape_map():
    reader.get_tensor(name)
  best = min(best, time.perf_counter() - start)
print("%.4f" % best)
