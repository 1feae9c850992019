"""merge-preds optimize against bayesian-optimization, scikit-optimize, an exhaustive search and plain sense, on predictions
of made-up models and on rankings that the 2019 9th place's programs made: all maximize the same metric, which numpy
computes for the others.

  INTEROP_SEARCHES=full   nine models and 100 evaluations too, which takes an hour or more"""
import html.parser
import itertools
import json
import multiprocessing
import os
import statistics
import subprocess
import warnings

# Each process of the pool has one core.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

from checks import check
from made_ensembles import Videos

warnings.filterwarnings("ignore")
TOOL, LABELS = os.environ["MERGE_PREDS"], os.environ["TFRECORD_TOOL"]
FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures")
SEEDS = range(20)
FULL = os.environ.get("INTEROP_SEARCHES") == "full"

# models, evaluations
SEARCHES = [(5, 20)] + ([(9, 100)] if FULL else [])
SETS = {models: Videos(models, videos=600 if models == 3 else 2000) for models in (3, 5, 9)}


def optimize(names, *arguments):
  """The weights file that optimize writes, and what it says."""
  done = subprocess.run(
      [TOOL, "optimize", *map(str, arguments), *names], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
      universal_newlines=True)
  assert done.returncode == 0, done.stderr
  return json.loads(done.stdout), done.stderr


def numbers(answer, names):
  return np.array([answer["weights"][name] for name in names])


def log(path):
  with open(path) as lines:
    return [json.loads(line) for line in lines]


def gap(models, weights):
  return SETS[models].gap(weights) if sum(weights) > 0 else 0.0


def bayesian_optimization(job):
  from bayes_opt import BayesianOptimization
  models, evaluations, seed = job
  names = ["w%d" % index for index in range(models)]
  search = BayesianOptimization(
      lambda **point: gap(models, [point[name] for name in names]), {name: (0, 1) for name in names},
      random_state=seed, verbose=0, allow_duplicate_points=True)
  search.maximize(init_points=5, n_iter=evaluations - 5)
  return search.max["target"]


def scikit_optimize(job):
  import skopt
  models, evaluations, seed = job
  found = skopt.gp_minimize(
      lambda weights: -gap(models, weights), [(0.0, 1.0)] * models, n_calls=evaluations, random_state=seed)
  return -found.fun


def exhaustive(value, steps):
  """The best of three models' weights in steps."""
  return max(
      value([a, b, steps - a - b]) for a, b in itertools.product(range(steps + 1), repeat=2) if a + b <= steps)


class Rankings:
  """Three models' rankings of the segments of a held-out file, and what people say."""

  def __init__(self):
    self.truth = os.path.join(FIXTURES, "records", "tm", "validate0000.tfrecord")
    folder = os.path.join(FIXTURES, "merging", "blends")
    self.names = [os.path.join(folder, name + ".csv") for name in ("bert_all3", "bert_shift1_single", "framelog_all1")]
    with open(os.path.join(folder, "expected.json")) as file:
      self.expected = json.load(file)
    self.ranks = [dict(self.lines(name)) for name in self.names]
    told = subprocess.run(
        [LABELS, "labels", "--segments", self.truth], stdout=subprocess.PIPE, check=True, universal_newlines=True)
    self.rated = {}
    for line in told.stdout.splitlines():
      segment, label, score = line.split(",")
      self.rated[segment, label] = float(score) > 0
    self.positives = {}
    for (_, label), positive in self.rated.items():
      self.positives[label] = self.positives.get(label, 0) + positive
    self.classes = [label for label in self.ranks[0] if self.positives.get(label)]

  @staticmethod
  def lines(name):
    with open(name) as lines:
      for line in lines.read().splitlines()[1:]:
        label, segments = line.split(",")
        yield label, segments.split(" ")

  def map(self, weights, w0):
    """As the notebook computes it: over the classes that the files have."""
    total = 0
    for label in self.classes:
      scores = {}
      for weight, ranks in zip(weights, self.ranks):
        for place, segment in enumerate(ranks[label]):
          scores[segment] = scores.get(segment, 0) + weight * w0 / (place + w0)
      order = [segment for segment in sorted(scores, key=lambda segment: -scores[segment]) if (segment, label) in self.rated]
      hits = np.array([self.rated[segment, label] for segment in order])
      total += (np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].sum() / self.positives[label]
    return total / len(self.classes)


class Page(html.parser.HTMLParser):
  """Demands that each element ends where it should, and that nothing is loaded."""

  def __init__(self, text):
    super().__init__()
    self.open, self.texts = [], []
    self.feed(text)
    self.close()
    assert not self.open, self.open

  def handle_starttag(self, tag, attributes):
    for name, value in attributes:
      assert name not in ("src", "href") and "://" not in value and "url(" not in value, (tag, name, value)
    if tag != "meta":
      self.open.append(tag)

  def handle_startendtag(self, tag, attributes):
    pass

  def handle_endtag(self, tag):
    assert self.open.pop() == tag, tag

  def handle_data(self, data):
    self.texts.append(data.strip())


def fold_estimate(videos, names, folds, seed, evaluations):
  """What --folds does, by hand: numpy draws the folds and measures, one search for each knows only the others."""
  count = len(videos.truth)
  order = np.argsort(np.random.RandomState(seed).random_sample(count), kind="stable")
  found, equal, searched = [], [], []
  for fold in range(folds):
    held_out, others = np.sort(order[fold::folds]), np.sort(np.delete(order, np.s_[fold::folds]))
    videos.write_truth("others.csv", others)
    answer, _ = optimize(names, "-l", "others.csv", "-i", evaluations, "--seed", seed)
    found.append(videos.gap(numbers(answer, names), held_out))
    equal.append(videos.gap(np.ones(len(names)), held_out))
    searched.append(videos.gap(numbers(answer, names), others))
  return np.mean(found), np.mean(equal), np.mean(searched)


if __name__ == "__main__":
  for models, videos in SETS.items():
    videos.write("v%d_" % models)
    videos.write_truth("truth%d.csv" % models)
  names = {models: ["v%d_%d.csv" % (models, model) for model in range(models)] for models in SETS}

  with multiprocessing.Pool(os.cpu_count()) as pool:
    for models, evaluations in SEARCHES:
      mine = []

      @check("%d models, %d evaluations: numpy computes the same GAP for each of them" % (models, evaluations))
      def _():
        for seed in SEEDS:
          answer, _ = optimize(
              names[models], "-l", "truth%d.csv" % models, "-i", evaluations, "--seed", seed, "--log", "run.json", "-f")
          logged = log("run.json")
          assert len(logged) == evaluations, len(logged)
          for line in logged:
            np.testing.assert_allclose(line["target"], gap(models, numbers({"weights": line["params"]}, names[models])),
                                       atol=2e-6)
          worth = gap(models, numbers(answer, names[models]))
          np.testing.assert_allclose(answer["score"], worth, atol=2e-6)
          mine.append(worth)

      for package in bayesian_optimization, scikit_optimize:
        @check("%d models, %d evaluations: no worse than %s" % (models, evaluations, package.__name__))
        def _():
          theirs = pool.map(package, [(models, evaluations, seed) for seed in SEEDS], chunksize=1)
          print("     median (least) of 20 seeds: ours %.6f (%.6f), theirs %.6f (%.6f)" % (
              statistics.median(mine), min(mine), statistics.median(theirs), min(theirs)))
          assert statistics.median(mine) >= statistics.median(theirs)

    @check("three models, 60 evaluations: within 1e-4 of an exhaustive search")
    def _():
      best = exhaustive(SETS[3].gap, 100)
      found = [
          gap(3, numbers(optimize(names[3], "-l", "truth3.csv", "-i", 60, "--seed", seed)[0], names[3]))
          for seed in SEEDS]
      print("     ours %.6f at worst, %.6f in the median, exhaustive %.6f" % (
          min(found), statistics.median(found), best))
      assert min(found) >= best - 1e-4

  @check("on the half that was not searched better than equal weights")
  def _():
    for models in 5, 9:
      videos, gains = SETS[models], []
      for split in range(5):
        order = np.random.RandomState(split).permutation(len(videos.truth))
        halves = [np.sort(order[:len(order) // 2]), np.sort(order[len(order) // 2:])]
        for searched, held_out in halves, halves[::-1]:
          videos.write_truth("half.csv", searched)
          weights = numbers(optimize(names[models], "-l", "half.csv", "-i", 60)[0], names[models])
          gains.append(videos.gap(weights, held_out) - videos.gap(np.ones(models), held_out))
      print("     %d models: gain %.5f in the median of 10 halves, %.5f at least" % (
          models, statistics.median(gains), min(gains)))
      assert statistics.median(gains) > 0

  @check("--folds tells what numpy finds by hand")
  def _():
    videos = SETS[5]
    _, said = optimize(names[5], "-l", "truth5.csv", "-i", 40, "--seed", 6, "--folds", 4)
    line = next(line for line in said.splitlines() if "over 4 folds" in line)
    told = [float(word.rstrip(",;")) for word in line.split("folds: ")[1].split() if word[:2] == "0."]
    np.testing.assert_allclose(told, fold_estimate(videos, names[5], 4, 6, 40), atol=2e-6)

  @check("three models' rankings of segments: the notebook's MAP, and its maximum by an exhaustive search")
  def _():
    rankings, w0 = Rankings(), 3.72384689385059
    for blend in rankings.expected["blends"]:
      np.testing.assert_allclose(rankings.map(blend["weights"], blend["w0"]), blend["map"], atol=1e-12)
    # We count classes that no file has as 0, which no weights change.
    share = len(rankings.classes) / sum(count > 0 for count in rankings.positives.values())
    best = exhaustive(lambda weights: rankings.map(weights, w0), 20)
    found = []
    for seed in SEEDS:
      answer, _ = optimize(rankings.names, "-l", rankings.truth, "-i", 60, "--seed", seed, "--log", "run.json", "-f")
      for line in log("run.json")[:20]:
        np.testing.assert_allclose(
            line["target"], share * rankings.map(numbers({"weights": line["params"]}, rankings.names), w0), atol=1e-12)
      found.append(answer["score"] / share)
    print("     ours %.6f at worst, exhaustive %.6f" % (min(found), best))
    assert min(found) >= best - 1e-4

  @check("the page about a run is sound HTML and tells what numpy finds")
  def _():
    optimize(names[5], "-l", "truth5.csv", "-i", 40, "--log", "run.json", "-f")
    best = max(log("run.json"), key=lambda line: line["target"])
    done = subprocess.run(
        [TOOL, "report", "--log", "run.json", "-l", "truth5.csv", *names[5]], stdout=subprocess.PIPE, check=True,
        universal_newlines=True)
    texts = [text for text in Page(done.stdout).texts if text]
    losses = texts[texts.index("Loss of gap@20 without each model") + 1:]
    weights = numbers({"weights": best["params"]}, names[5])
    for left, name in enumerate(names[5]):
      others = np.where(np.arange(5) == left, 0, weights)
      assert losses[3 * left:3 * left + 2] == [name, name], losses[3 * left:3 * left + 2]
      np.testing.assert_allclose(float(losses[3 * left + 2]), gap(5, weights) - gap(5, others), atol=4e-6)
