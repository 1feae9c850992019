"""Makes a.meta and b.meta with TensorFlow 1.15: graphs that call functions of the same names.

`half` is the same in both; `scale` multiplies by 3 in one and by 5 in the other; `both` calls the two and reads the
same in both; `only` is in the second alone and gets `scale` as an attribute. Run: python make.py FOLDER
"""
import os
import sys

import tensorflow as tf
from tensorflow.python.framework import function

v1 = tf.compat.v1


def build(factor, is_second):
  @function.Defun(tf.float32, func_name="half")
  def half(x):
    return 0.5 * x

  @function.Defun(tf.float32, func_name="scale")
  def scale(x):
    return float(factor) * x

  @function.Defun(tf.float32, func_name="both")
  def both(x):
    return scale(half(x))

  @function.Defun(tf.float32, func_name="only")
  def only(x):
    return v1.gradients(scale(x), x)[0] * half(x)

  videos = v1.placeholder(tf.float32, [None, 3, 4], "videos")
  frames = v1.placeholder(tf.int32, [None], "frames")
  means = tf.reduce_sum(videos, 1) / tf.cast(frames, tf.float32)[:, None]
  weights = v1.get_variable("weights", initializer=tf.linspace(0.1, 1.0 * factor, 8))
  logits = both(tf.matmul(means, tf.reshape(weights, [4, 2])))
  if is_second:
    logits = logits + only(logits)
  return videos, frames, tf.sigmoid(0.01 * logits)


def main(folder):
  for name, factor in [("a", 3), ("b", 5)]:
    with tf.Graph().as_default(), v1.Session() as session:
      videos, frames, predictions = build(factor, name == "b")
      for collection, tensor in [("input_batch_raw", videos), ("num_frames", frames), ("predictions", predictions)]:
        v1.add_to_collection(collection, tensor)
      session.run(v1.global_variables_initializer())
      v1.train.Saver().save(session, os.path.join(folder, name))
  os.remove(os.path.join(folder, "checkpoint"))


if __name__ == "__main__":
  main(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))
