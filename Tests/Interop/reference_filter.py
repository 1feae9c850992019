"""The filter of the 2018 1st place, re-stated: reference_filter.py SOURCE DEST CSV.

Reads every SequenceExample of SOURCE/*.tfrecord through TensorFlow, keeps those whose context `id` has a std above 0.1
in the CSV file, and writes them again, serialized anew, to a file of the same name in DEST.
"""
import csv
import glob
import math
import os
import sys

import tensorflow as tf

v1 = tf.compat.v1


def good_ids(path):
  with open(path, newline="") as table:
    rows = list(csv.DictReader(table))
  return {row["vids"] for row in rows if float(row["std"] or math.nan) > 0.1}


def run(source, destination, table):
  good = good_ids(table)
  os.makedirs(destination, exist_ok=True)
  for path in glob.glob(os.path.join(source, "*.tfrecord")):
    with tf.io.TFRecordWriter(os.path.join(destination, os.path.basename(path))) as writer:
      for record in v1.io.tf_record_iterator(path):
        example = tf.train.SequenceExample.FromString(record)
        if example.context.feature["id"].bytes_list.value[0].decode() in good:
          writer.write(example.SerializeToString())


if __name__ == "__main__":
  v1.logging.set_verbosity("ERROR")
  run(*sys.argv[1:4])
