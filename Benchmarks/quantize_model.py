"""quantize_model.py PREFIX ROWS COLUMNS: a model with one variable of normal numbers, as TensorFlow saves it."""
import sys

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
v1.disable_eager_execution()
v1.disable_resource_variables()
prefix, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
values = np.random.default_rng(0).standard_normal((rows, columns), dtype=np.float32) * np.float32(0.05)
with tf.Graph().as_default(), v1.Session() as session:
  x = v1.placeholder(tf.float32, [None, rows], "x")
  frames = v1.placeholder(tf.int32, [None], "frames")
  weights = v1.get_variable("tower/hidden1_weights", [rows, columns], initializer=v1.zeros_initializer())
  predictions = tf.matmul(x, weights)
  for name, tensor in [("input_batch_raw", x), ("num_frames", frames), ("predictions", predictions)]:
    v1.add_to_collection(name, tensor)
  given = v1.placeholder(tf.float32, weights.shape)
  session.run(v1.assign(weights, given), {given: values})
  v1.train.Saver([weights]).save(session, prefix, write_state=False)
