"""tensorflow_batches.py video|frame FILE: the same batches by the input pipelines of the published solutions
(readers.py with queues: TFRecordReader, parse, batch_join), and by tf.data on all cores. For each the best of three
times in s, the videos, the frames, the sum of first numbers."""
import sys
import time

import tensorflow as tf

v1 = tf.compat.v1
SIZES = {"rgb": 1024, "audio": 128}
BATCH = {"video": 1024, "frame": 16}


def frames(record):
  context, lists = tf.io.parse_single_sequence_example(
      record, context_features={"id": tf.io.FixedLenFeature([], tf.string), "labels": tf.io.VarLenFeature(tf.int64)},
      sequence_features={name: tf.io.FixedLenSequenceFeature([], tf.string) for name in SIZES})
  parts, count = [], None
  for name, size in SIZES.items():
    raw = tf.reshape(tf.cast(tf.io.decode_raw(lists[name], tf.uint8), tf.float32), [-1, size])
    count = tf.minimum(tf.shape(raw)[0], 300) if count is None else count
    raw = (raw * (4.0 / 255.0) + (4.0 / 512.0 - 2.0))[:300]
    parts.append(tf.pad(raw, [[0, 300 - tf.shape(raw)[0]], [0, 0]]))
  return tf.ensure_shape(tf.concat(parts, 1), [300, 1152]), count


def means(records):
  parsed = tf.io.parse_example(records, {
      "id": tf.io.FixedLenFeature([], tf.string), "labels": tf.io.VarLenFeature(tf.int64),
      "mean_rgb": tf.io.FixedLenFeature([1024], tf.float32), "mean_audio": tf.io.FixedLenFeature([128], tf.float32)})
  return tf.concat([parsed["mean_rgb"], parsed["mean_audio"]], 1), tf.ones_like(records, tf.int32)


def batches(level, path):
  """The batches of tf.data."""
  records = tf.data.TFRecordDataset(path, buffer_size=8 << 20)
  if level == "video":
    return records.batch(BATCH[level]).map(means, tf.data.experimental.AUTOTUNE).prefetch(2)
  return records.map(frames, tf.data.experimental.AUTOTUNE).batch(BATCH[level]).prefetch(2)


def queued(level, path):
  """The batches of queues, as get_input_data_tensors of the solutions makes them."""
  with tf.Graph().as_default(), v1.Session() as session:
    files = v1.train.string_input_producer([path], num_epochs=1, shuffle=False)
    pairs = []
    for _ in range(2):
      reader = v1.TFRecordReader()
      if level == "video":
        pairs.append(means(reader.read_up_to(files, BATCH[level])[1]))
      else:
        batch, count = frames(reader.read(files)[1])
        pairs.append((tf.expand_dims(batch, 0), tf.expand_dims(count, 0)))
    for batch, count in pairs:
      batch.set_shape([None, 300, 1152] if level == "frame" else [None, 1152])
      count.set_shape([None])
    out = v1.train.batch_join(
        pairs, BATCH[level], capacity=3 * BATCH[level], allow_smaller_final_batch=True, enqueue_many=True)
    session.run([v1.local_variables_initializer(), v1.global_variables_initializer()])
    coordinator = v1.train.Coordinator()
    threads = v1.train.start_queue_runners(session, coordinator)
    try:
      while True:
        yield session.run(out)
    except tf.errors.OutOfRangeError:
      pass
    coordinator.request_stop()
    coordinator.join(threads)


def measure(make):
  best = float("inf")
  for _ in range(3):
    videos, counted, total = 0, 0, 0.0
    start = time.perf_counter()
    for batch, counts in make(*sys.argv[1:]):
      batch, counts = (x.numpy() if hasattr(x, "numpy") else x for x in (batch, counts))
      videos += batch.shape[0]
      counted += int(counts.sum())
      total += float((batch[:, 0, 0] if len(batch.shape) == 3 else batch[:, 0]).sum(dtype="float64"))
    best = min(best, time.perf_counter() - start)
  print("%.4f %d %d %r" % (best, videos, counted, total))


measure(queued)
measure(batches)
