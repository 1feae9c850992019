"""merge-preds against numpy and the starter code's metrics, re-stated in Python."""
import heapq
import json
import os
import random as python_random
import subprocess
import sys

import numpy as np
from harness import LeftOut, check

TOOL = os.environ["MERGE_PREDS"]
random = np.random.RandomState(2019)
CLASSES = 3862


def run(*arguments, **kwargs):
  """Standard output of merge-preds, which must succeed."""
  done = subprocess.run([TOOL] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)
  assert done.returncode == 0, "%s: status %d: %s" % (arguments, done.returncode, done.stderr.decode())
  return done.stdout


def make(name, count, digits):
  """A file of predictions with scores of so many digits, and its rows."""
  rows = []
  for number in range(count):
    labels = random.choice(CLASSES, 20, replace=False)
    scores = np.sort(np.round(random.rand(20).astype(np.float32), digits))[::-1]
    rows.append(("v%04d" % number, labels, scores))
  with open(name, "w") as file:
    file.write("VideoId,LabelConfidencePairs\n")
    for id, labels, scores in rows:
      file.write("%s,%s\n" % (id, " ".join("%i %g" % pair for pair in zip(labels, scores))))
  return rows


def truth(name, rows):
  labels = [set(random.choice(row[1][:8], 2)) | {random.randint(CLASSES)} for row in rows]
  with open(name, "w") as file:
    file.write("VideoId,Labels\n")
    for row, right in zip(rows, labels):
      file.write("%s,%s\n" % (row[0], " ".join(map(str, sorted(right)))))
  return labels


def average_precision(pairs, positives):
  """AveragePrecisionCalculator: a heap in order of arrival, a shuffle, a stable sort."""
  heap = []
  for pair in pairs:
    heapq.heappush(heap, pair)
  if not heap or not positives:
    return 0.0
  python_random.seed(0)
  shuffled = [heap[place] for place in python_random.sample(range(len(heap)), len(heap))]
  hits, average = 0.0, 0.0
  for rank, (_, hit) in enumerate(sorted(shuffled, key=lambda pair: pair[0], reverse=True)):
    if hit:
      hits += 1
      average += hits / (rank + 1) / positives
  return average


def expected(rows, labels, batch=1024):
  """GAP and MAP over the pairs of all batches, class by class in each."""
  everything, classes = [], {}
  for start in range(0, len(rows), batch):
    for label in range(CLASSES):
      for row, right in list(zip(rows, labels))[start:start + batch]:
        place = np.flatnonzero(row[1] == label)
        if len(place):
          pair = (float(row[2][place[0]]), 1.0 if label in right else 0.0)
          everything.append(pair)
          classes.setdefault(label, []).append(pair)
  positives = {}
  for right in labels:
    for label in right:
      positives[label] = positives.get(label, 0) + 1
  aps = [average_precision(classes.get(label, []), count) for label, count in positives.items()]
  return average_precision(everything, sum(positives.values())), float(np.mean(aps))


for digits, what in [(6, "without"), (1, "with many")]:
  @check("merge-preds score: GAP and MAP of 300 videos %s equal scores" % what)
  def _():
    if sys.version_info < (3, 2):
      raise LeftOut("random.sample of Python 3")
    rows = make("p.csv", 300, digits)
    labels = truth("t.csv", rows)
    found = json.loads(run("score", "-l", "t.csv", "--json", "p.csv").decode())[0]
    gap, mean = expected(rows, labels)
    assert abs(found["gap@20"] - gap) < 1e-9, (found, gap)
    assert abs(found["map"] - mean) < 1e-9, (found, mean)


@check("merge-preds convert: numpy reads the arrays")
def _():
  rows = make("p.csv", 2000, 6)
  run("convert", "p.csv", "-f", "-o", "p.npz")
  arrays = np.load("p.npz")
  assert sorted(arrays) == ["ids", "labels", "scores"]
  assert arrays["ids"].tolist() == [row[0].encode() for row in rows]
  assert arrays["labels"].dtype == np.int32 and arrays["scores"].dtype == np.float32
  for number, (_, labels, scores) in enumerate(rows):
    assert (arrays["labels"][number] == labels).all()
    assert (arrays["scores"][number] == [np.float32("%g" % score) for score in scores]).all()


@check("merge-preds convert: arrays and JSON lines that Python wrote become the text that Python writes")
def _():
  count = 3000
  labels = random.randint(0, CLASSES, (count, 20)).astype(np.int64)
  scores = (random.rand(count, 20) ** 20).astype(np.float32)
  ids = np.array(["\u00e4%d" % number for number in range(count)])
  wanted = "VideoId,LabelConfidencePairs\n" + "".join(
    "%s,%s\n" % (id, " ".join("%i %g" % pair for pair in zip(*row))) for id, row in zip(ids, zip(labels, scores)))
  np.savez_compressed("made.npz", ids=ids, labels=labels, scores=scores)
  assert run("convert", "made.npz").decode("utf8") == wanted
  with open("made.jsonl", "w") as file:
    for id, row, row_scores in zip(ids, labels, scores):
      line = {"video_id": [str(id)], "class_indexes": [row.tolist()], "predictions": [row_scores.tolist()]}
      file.write(json.dumps(line) + "\n")
  assert run("convert", "--precision", "6", "made.jsonl").decode("utf8") == wanted
  six = "".join(
    "%s,%s\n" % (id, " ".join("%i %f" % pair for pair in zip(*row))) for id, row in zip(ids, zip(labels, scores)))
  assert run("convert", "made.jsonl").decode("utf8").split("\n", 1)[1] == six
