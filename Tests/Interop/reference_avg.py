"""Averages checkpoints the way the training scripts of 2018 do, under TensorFlow: the yardstick of `ckpt-tool avg`.

    reference_avg.py OUTPUT CHECKPOINT…      writes OUTPUT-0

Names and shapes come from the first checkpoint; names that start with `global_step` are left out; each tensor is
summed in float64 in the order given, divided by the count and stored as float32; `global_step`, an int32 0, is added.
The result goes through variables, assignments and a Saver, as there.
"""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1


def mean(checkpoints):
  """name -> float64 mean over the checkpoints."""
  shapes = v1.train.NewCheckpointReader(checkpoints[0]).get_variable_to_shape_map()
  sums = {name: np.zeros(shape) for name, shape in shapes.items() if not name.startswith("global_step")}
  for checkpoint in checkpoints:
    reader = v1.train.NewCheckpointReader(checkpoint)
    for name in sums:
      sums[name] += reader.get_tensor(name)
  for name in sums:
    sums[name] /= len(checkpoints)
  return sums


def main(output, checkpoints):
  means = mean(checkpoints)
  with tf.Graph().as_default():
    variables = [v1.get_variable(name, value.shape, tf.float32, use_resource=False) for name, value in means.items()]
    holders = [v1.placeholder(v.dtype.base_dtype, v.shape) for v in variables]
    assignments = [v1.assign(v, h) for v, h in zip(variables, holders)]
    step = v1.get_variable("global_step", [], tf.int32, v1.zeros_initializer(), trainable=False, use_resource=False)
    saver = v1.train.Saver(v1.global_variables())
    with v1.Session() as session:
      session.run(v1.global_variables_initializer())
      for assignment, holder, value in zip(assignments, holders, means.values()):
        session.run(assignment, {holder: value})
      saver.save(session, os.path.abspath(output), global_step=step)


if __name__ == "__main__":
  if len(sys.argv) < 3:
    sys.exit(__doc__)
  main(sys.argv[1], sys.argv[2:])
