"""Makes the files beside it, with TensorFlow and numpy; run it in this folder.

frames.tfrecord     frame-level videos, small and odd: 1 to 7 frames, extreme bytes, no labels, unsorted labels
pooled.tfrecord     what pooling makes of them, by numpy in float64
pooled_std.tfrecord the same with standard deviations
statistics.json     numbers of frames.tfrecord and of pooled.tfrecord, by numpy
frames.npz, pooled.npz   both as arrays, by numpy.savez
"""

import json
import numpy as np
import tensorflow as tf

Feature, Features = tf.train.Feature, tf.train.Features
random = np.random.RandomState(8)
SIZES = {"audio": 5, "rgb": 12}


def strings(*values):
    return Feature(bytes_list=tf.train.BytesList(value=values))


def integers(values):
    return Feature(int64_list=tf.train.Int64List(value=values))


def floats(values):
    return Feature(float_list=tf.train.FloatList(value=values))


def write(name, messages):
    with tf.io.TFRecordWriter(name) as writer:
        for message in messages:
            writer.write(message.SerializeToString(deterministic=True))


videos = []
for number in range(9):
    frames = [3, 1, 7, 2, 5, 300, 4, 2, 6][number]
    lists = {}
    for name, size in SIZES.items():
        rows = random.randint(0, 256, (frames, size)).astype(np.uint8)
        if number == 3:
            rows[:] = [[0], [255]]
        lists[name] = rows
    labels = [[3, 1], [], [2], [7, 7, 0], [300, 70000], [1], None, [5, 4, 3, 2], [1]][number]
    videos.append((b"vid%d" % number, labels, lists))

messages = []
for id, labels, lists in videos:
    context = {"id": strings(id)}
    if labels is not None:
        context["labels"] = integers(labels)
    messages.append(
        tf.train.SequenceExample(
            context=Features(feature=context),
            feature_lists=tf.train.FeatureLists(
                feature_list={
                    name: tf.train.FeatureList(feature=[strings(row.tobytes()) for row in rows])
                    for name, rows in lists.items()
                }
            ),
        )
    )
write("frames.tfrecord", messages)


def dequantized(rows):
    return rows.astype(np.float32) * np.float32(4 / 255) + np.float32(4 / 512 - 2)


pooled = []
for has_deviation in (False, True):
    messages = []
    for id, labels, lists in videos:
        feature = {"id": strings(id)}
        if labels is not None:
            feature["labels"] = integers(labels)
        for name, rows in lists.items():
            values = dequantized(rows)
            feature["mean_" + name] = floats(values.mean(0, dtype=np.float64).astype(np.float32))
            if has_deviation:
                feature["std_" + name] = floats(values.std(0, dtype=np.float64).astype(np.float32))
        messages.append(tf.train.Example(features=Features(feature=feature)))
    write("pooled_std.tfrecord" if has_deviation else "pooled.tfrecord", messages)
    pooled.append(messages)


def offsets(counts):
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def moments(values, low, high):
    values = values.astype(np.float64)
    return {
        "count": values.size,
        "mean": values.mean(),
        "std": values.std(),
        "min": values.min(),
        "max": values.max(),
        "histogram": np.histogram(values, 8, (low, high))[0].tolist(),
    }


means = {
    name: np.array([m.features.feature["mean_" + name].float_list.value for m in pooled[0]], np.float32)
    for name in SIZES
}
statistics = {name: moments(np.concatenate([dequantized(v[2][name]) for v in videos]), -2, -2 + 1024 / 255) for name in SIZES}
statistics.update({"mean_" + name: moments(values, -1, 1) for name, values in means.items()})
with open("statistics.json", "w") as file:
    json.dump(statistics, file, indent=1, sort_keys=True)

ids = np.array([v[0] for v in videos])
labels = {
    "labels": np.array([label for v in videos for label in v[1] or []], np.int64),
    "labels_offsets": offsets([len(v[1] or []) for v in videos]),
}
lists = {}
for name in SIZES:
    lists[name] = np.concatenate([v[2][name] for v in videos])
    lists[name + "_offsets"] = offsets([len(v[2][name]) for v in videos])
arrays = {"id": ids, **labels, **lists}
np.savez("frames.npz", **{name: arrays[name] for name in sorted(arrays)})
arrays = {"id": ids, **labels, **{"mean_" + name: values for name, values in means.items()}}
np.savez("pooled.npz", **{name: arrays[name] for name in sorted(arrays)})
