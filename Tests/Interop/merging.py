"""numpy merges the same predictions, and judges the weights that merge-preds finds."""
import gzip
import json
import os
import subprocess

import numpy as np

from checks import check

TOOL = os.environ["MERGE_PREDS"]
VIDEOS, CLASSES, MODELS = 400, 60, 3
random = np.random.RandomState(8)
TRUTH = random.rand(VIDEOS, CLASSES) < 0.05
NAMES = ["m%d.csv" % i for i in range(MODELS)]


def tool(*arguments, **options):
  done = subprocess.run(
      [TOOL] + [str(a) for a in arguments], input=options.get("input"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
  assert done.returncode == 0, "%s: %s" % (" ".join(map(str, arguments)), done.stderr.decode())
  return done.stdout


def write(name, scores, order):
  """The best 20 of each row, as the reference's inference writes them; the scores as they can be read there."""
  kept = np.zeros_like(scores)
  with open(name, "w") as out:
    out.write("VideoId,LabelConfidencePairs\n")
    for video in order:
      best = np.argsort(-scores[video], kind="stable")[:20]
      out.write("v%d,%s\n" % (video, " ".join("%i %g" % (c, scores[video, c]) for c in best)))
      for c in best:
        kept[video, c] = float("%g" % scores[video, c])
  return kept


def rows(text):
  """id -> [(label, score)] of a file of predictions."""
  lines = text.decode().splitlines()
  assert lines[0] == "VideoId,LabelConfidencePairs"
  found = {}
  for line in lines[1:]:
    name, cell = line.split(",")
    fields = cell.split(" ")
    found[name] = list(zip(map(int, fields[::2]), map(float, fields[1::2])))
  return found


def gap(scores):
  """Global average precision of the best 20 of each video."""
  best = np.argsort(-scores, axis=1, kind="stable")[:, :20]
  flat = np.take_along_axis(scores, best, 1).ravel()
  hits = np.take_along_axis(TRUTH, best, 1).ravel()[np.argsort(-flat, kind="stable")]
  return (np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].sum() / TRUTH.sum()


KEPT = np.array([
    write(name, 1 / (1 + np.exp(3 - 3 * TRUTH - (1 + 0.3 * i) * random.randn(VIDEOS, CLASSES))), random.permutation(VIDEOS))
    for i, name in enumerate(NAMES)])
with open("truth.csv", "w") as out:
  out.write("VideoId,Labels\n")
  for video in range(VIDEOS):
    out.write("v%d,%s\n" % (video, " ".join(map(str, np.flatnonzero(TRUTH[video])))))


def same_as(expected, text, tolerance):
  """Demands that each row has the 20 best of `expected`, with their scores."""
  found = rows(text)
  assert len(found) == VIDEOS
  for video in range(VIDEOS):
    pairs = found["v%d" % video]
    best = np.sort(expected[video])[::-1][:len(pairs)]
    np.testing.assert_allclose([s for _, s in pairs], best, rtol=tolerance, atol=1e-12)
    np.testing.assert_allclose([expected[video, c] for c, _ in pairs], best, rtol=tolerance, atol=1e-12)


@check("a weighted mean is numpy's, files in any order")
def _():
  weights = np.array([0.5, 0.2, 0.3])
  expected = np.tensordot(weights, KEPT, 1)
  same_as(expected, tool("merge", "--weights", ".5,.2,.3", *NAMES), 6e-6)
  tool("merge", "--weights", ".5,.2,.3", "--precision", 12, "-o", "merged.csv.gz", *NAMES)
  with gzip.open("merged.csv.gz") as merged:
    same_as(expected, merged.read(), 1e-11)

@check("a power mean, and rank places, are numpy's")
def _():
  same_as(((KEPT**3).mean(0))**(1 / 3.0), tool("merge", "--how", "power:3", "--precision", 12, *NAMES), 1e-9)
  places = np.zeros_like(KEPT)
  for model in range(MODELS):
    for video in range(VIDEOS):
      order = [c for c in np.argsort(-KEPT[model, video], kind="stable") if KEPT[model, video, c] > 0]
      for rank, label in enumerate(order):
        places[model, video, label] = 5.0 / (rank + 5.0)
  found = rows(tool("merge", "--how", "place:5", "--precision", 12, *NAMES))
  for video in range(VIDEOS):
    scores = np.array([s for _, s in found["v%d" % video]])
    expected = np.sort(places.mean(0)[video])[::-1][:len(scores)]
    np.testing.assert_allclose(scores / scores[0], expected / expected[0], rtol=1e-9)

@check("geometric means and means of log-odds are numpy's")
def _():
  weights = np.array([0.5, 0.2, 0.3])
  options = ["--weights", ".5,.2,.3", "--precision", 12]
  logs = np.log(np.maximum(KEPT, 1e-6))
  same_as(np.exp(np.tensordot(weights, logs, 1)), tool("merge", "--how", "geometric", *(options + NAMES)), 1e-9)
  clipped = np.clip(KEPT, 1e-6, 1 - 1e-6)
  odds = np.tensordot(weights, np.log(clipped / (1 - clipped)), 1)
  same_as(1 / (1 + np.exp(-odds)), tool("merge", "--how", "logit", *(options + NAMES)), 1e-9)

@check("labels that files lack count as said")
def _():
  weights = np.array([0.5, 0.2, 0.3])[:, None, None]
  options = ["--weights", ".5,.2,.3", "--precision", 12]
  present = KEPT > 0
  anywhere = present.any(0)
  sums = (weights * KEPT).sum(0)
  rescaled = np.divide(sums, (weights * present).sum(0), out=np.zeros_like(sums), where=anywhere)
  same_as(rescaled, tool("merge", "--missing", "rescale", *(options + NAMES)), 1e-9)
  means = np.divide(KEPT.sum(0), present.sum(0), out=np.zeros_like(sums), where=anywhere)
  filled = (weights * np.where(present, KEPT, means)).sum(0) * anywhere
  same_as(filled, tool("merge", "--missing", "mean", *(options + NAMES)), 1e-9)

@check("pipes")
def _():
  first = tool(*NAMES[:2])
  assert rows(tool("merge", "-", NAMES[2], input=first)).keys() == rows(first).keys()

@check("score is numpy's GAP")
def _():
  answers = json.loads(tool("score", "--json", "--labels", "truth.csv", *NAMES))
  for answer, scores in zip(answers, KEPT):
    np.testing.assert_allclose(answer["gap@20"], gap(scores), atol=1e-5)  # Ties are ordered otherwise.

for method in ["bayes", "greedy", "sbplx", "coordinate", "random"]:
  @check("the weights that %s finds are worth what is said, and no less than what is plain" % method)
  def _():
    tool("optimize", "--method", method, "--labels", "truth.csv", "-f", "-o", "weights.json", "-i", 60, *NAMES)
    with open("weights.json") as file:
      answer = json.load(file)
    weights = np.array([answer["weights"][name] for name in NAMES])
    np.testing.assert_allclose(weights.sum(), 1, atol=1e-9)
    worth = gap(np.tensordot(weights, KEPT, 1))
    np.testing.assert_allclose(answer["score"], worth, atol=1e-6)
    assert worth >= max([gap(KEPT.mean(0))] + [gap(scores) for scores in KEPT]) - 1e-9

@check("bayes comes within 1e-4 of the best of a fine grid")
def _():
  tool("optimize", "--labels", "truth.csv", "-f", "-o", "weights.json", "-i", 90, *NAMES)
  with open("weights.json") as file:
    found = json.load(file)["score"]
  grid = [np.array([a, b, 100 - a - b]) / 100.0 for a in range(101) for b in range(101 - a)]
  best = max(gap(np.tensordot(weights, KEPT, 1)) for weights in grid)
  assert found >= best - 1e-4, "%.6f, the grid has %.6f" % (found, best)
