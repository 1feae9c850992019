"""learning_tensorflow.py RUN STEPS BATCHES…: trains by TensorFlow what `trainer train` began in the folder RUN, from its
checkpoint at step 0, on the batches that `model-probe batches` makes of the words BATCHES. Writes RUN-tensorflow, which is
RUN with TensorFlow's weights."""
import os
import shutil
import subprocess
import sys

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
v1.disable_eager_execution()
run, steps, words = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
settings = dict(word.split("=", 1) for word in words if "=" in word)
batch, frames, classes = (int(settings[name]) for name in ("batch", "frames", "classes"))
width = sum(map(int, settings["features"].split(",")))
layout = np.dtype([("features", "<f4", (batch, frames, width) if frames else (batch, width)),
                   ("counts", "<i4", batch), ("labels", "?", (batch, classes))])
probe = subprocess.Popen([os.environ["MODEL_PROBE"], "batches", "steps=%d" % steps] + words, stdout=subprocess.PIPE)
one = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
with tf.Graph().as_default() as graph, v1.Session(config=one) as session:
  saver = v1.train.import_meta_graph(run + "/model.ckpt-0.meta", clear_devices=True)
  saver.restore(session, run + "/model.ckpt-0")
  ends = [graph.get_collection(name)[0] for name in ("input_batch_raw", "num_frames", "labels")]
  step = session.make_callable(graph.get_collection("train_op"), feed_list=ends)
  for _ in range(steps):
    step(*np.frombuffer(probe.stdout.read(layout.itemsize), layout)[0])
  shutil.copytree(run, run + "-tensorflow")
  saver.save(session, "%s-tensorflow/model.ckpt-%d" % (run, steps), write_meta_graph=False, write_state=False)
assert probe.wait() == 0
