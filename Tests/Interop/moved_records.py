"""TensorFlow reads what tfrecord-tool moves, and numpy and hashlib find what it promises."""
import hashlib
import os
import subprocess

import numpy as np
import tensorflow as tf

from harness import check, v1

TOOL = os.environ["TFRECORD_TOOL"]
COMPRESSION = {"plain.tfrecord": "", "a.tfrecord.gz": "GZIP", "a.zlib": "ZLIB"}


def tool(*arguments, **options):
  """Standard output of tfrecord-tool, which must end with this status."""
  done = subprocess.run([TOOL] + [str(a) for a in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
  assert done.returncode == options.get("status", 0), "%s: status %d: %s" % (
      " ".join(map(str, arguments)), done.returncode, done.stderr.decode())
  return done.stdout


def write(path, records, compression=""):
  options = tf.io.TFRecordOptions(compression_type=compression)
  with tf.io.TFRecordWriter(path, options) as writer:
    for record in records:
      writer.write(record)


def read(path, compression=""):
  options = tf.io.TFRecordOptions(compression_type=compression)
  return list(v1.io.tf_record_iterator(path, options))


def equal(found, expected):
  assert found == expected, "%d records, %d expected, or others" % (len(found), len(expected))


random = np.random.RandomState(0)
RECORDS = [random.bytes(random.randint(0, 3000)) for _ in range(2000)]
DIGEST = hashlib.sha256(b"".join(sorted(hashlib.sha256(r).digest() for r in RECORDS))).hexdigest()


for name, codec in COMPRESSION.items():
  @check("TensorFlow writes %s, we read it" % name)
  def _():
    write(name, RECORDS, codec)
    assert tool("checksum", name).decode().split()[0] == DIGEST
    tool("verify", name)

for name, codec in COMPRESSION.items():
  for level in [0, 1, 3, 6]:
    @check("we write %s at level %d, TensorFlow reads it" % (name, level))
    def _():
      tool("convert", "plain.tfrecord", "-f", "-o", "out-" + name, "--level", level)
      equal(read("out-" + name, codec), RECORDS)
  @check("an empty %s" % name)
  def _():
    write("empty", [])
    tool("convert", "empty", "-f", "-o", "none-" + name)
    equal(read("none-" + name, codec), [])

@check("shuffle is RandomState.permutation")
def _():
  tool("shuffle", "--seed", 5, "plain.tfrecord", "-o", "shuffled", "--memory", "1MiB")
  equal(read("shuffled"), [RECORDS[i] for i in np.random.RandomState(5).permutation(len(RECORDS))])

@check("sample is what docs/formats.md says")
def _():
  tool("sample", "--seed", 5, "-n", 30, "plain.tfrecord", "-o", "thirty")
  equal(read("thirty"), [RECORDS[i] for i in sorted(np.random.RandomState(5).permutation(len(RECORDS))[:30])])
  tool("sample", "--seed", 5, "--fraction", 0.1, "plain.tfrecord", "-o", "tenth")
  chosen = np.random.RandomState(5).random_sample(len(RECORDS)) < 0.1
  equal(read("tenth"), [r for r, c in zip(RECORDS, chosen) if c])

@check("split and concat")
def _():
  tool("split", "plain.tfrecord", "--shards", 7, "-o", "part.gz")
  parts = ["part-%05d-of-00007.tfrecord.gz" % i for i in range(7)]
  equal([r for part in parts for r in read(part, "GZIP")], RECORDS)
  tool("concat", *(parts + ["-o", "joined"]))
  with open("joined", "rb") as joined, open("plain.tfrecord", "rb") as plain:
    assert joined.read() == plain.read()

@check("repair saves all that TensorFlow reads, and more")
def _():
  with open("plain.tfrecord", "rb") as plain:
    data = bytearray(plain.read())
  data[len(data) // 3] ^= 1
  data[len(data) // 2] ^= 1
  with open("damaged", "wb") as damaged:
    damaged.write(data)
  tool("repair", "damaged", "-o", "repaired", status=1)
  saved = read("repaired")
  assert len(RECORDS) - 2 <= len(saved) < len(RECORDS)
  assert set(saved) <= set(RECORDS)
