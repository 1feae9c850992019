"""What TensorFlow finds in files that `tfrecord-tool synth` made: python synth_facts.py TFRECORD-TOOL > synth.json"""

import hashlib
import json
import subprocess
import sys
import tempfile
import tensorflow as tf


def values(feature):
    return list(feature.int64_list.value) or list(feature.float_list.value)


def facts(record):
    sequence = tf.train.SequenceExample.FromString(record)
    features = sequence.context.feature
    found = {"id": features["id"].bytes_list.value[0].decode()}
    for name in features:
        if name.startswith("mean"):
            found[name] = len(features[name].float_list.value)
        elif name != "id":
            found[name] = values(features[name])
    for name, steps in sequence.feature_lists.feature_list.items():
        found[name] = [len(step.bytes_list.value[0]) for step in steps.feature]
    if "mean_rgb" in found:
        message = tf.train.Example.FromString(record)
    else:
        message = sequence
    # Whether keys are in order and lists packed.
    found["canonical"] = message.SerializeToString(deterministic=True) == record
    return found


files = {}
with tempfile.TemporaryDirectory() as folder:
    for level in ("video", "frame", "segment"):
        options = f"--level {level} --videos 12 --frames 10-20 --fakes 0.25 --classes 200 --seed 5"
        subprocess.run([sys.argv[1], "synth", *options.split(), "-o", folder + "/" + level], check=True)
        path = f"{folder}/{level}-00000-of-00001.tfrecord"
        files[level] = {
            "sha256": hashlib.sha256(open(path, "rb").read()).hexdigest(),
            "records": [facts(record.numpy()) for record in tf.data.TFRecordDataset(path)],
        }
json.dump(files, sys.stdout, indent=None, sort_keys=True)
print()
