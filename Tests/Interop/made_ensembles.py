"""Predictions of made-up models that err alike, their truth, and numpy's opinion of a weighted merge of them."""
import numpy as np

# A place's weight is w0 / (i + w0); w0 = 0 is taken for its limit, which leaves the order of the places.
LEAST_W0 = 1e-30


def noise(random, models, shape):
  """What each model gets wrong: partly what all do, partly what every third does, partly its own."""
  shared, families = random.randn(*shape), [random.randn(*shape) for _ in range(3)]
  return [
      shared + 0.5 * families[model % 3] + (0.6 + 0.1 * model) * random.randn(*shape)
      for model in range(models)]


class Videos:
  """Predictions of videos: the best 20 of each row as the starter code writes them, `%i %g`."""

  def __init__(self, models, videos=2000, classes=60, seed=8, labels=0.05):
    random = np.random.RandomState(seed)
    self.truth = random.rand(videos, classes) < labels
    kept = []
    for model, wrong in enumerate(noise(random, models, (videos, classes))):
      scores = 1 / (1 + np.exp(5 - (3.8 - 0.1 * (model % 4)) * self.truth - wrong))
      best = np.argsort(-scores, axis=1, kind="stable")[:, :20]
      rounded = np.array([float("%g" % score) for score in np.take_along_axis(scores, best, 1).ravel()])
      kept.append((best, rounded.reshape(best.shape)))
    self.kept = kept
    # Labels that no model keeps cannot be in a merge: what remains of each row, padded with scores below all.
    known = np.zeros(self.truth.shape, bool)
    for best, _ in kept:
      np.put_along_axis(known, best, True, 1)
    self.labels = np.argsort(~known, axis=1, kind="stable")[:, :known.sum(1).max()]
    self.is_known = np.take_along_axis(known, self.labels, 1)
    self.hits = np.take_along_axis(self.truth, self.labels, 1) & self.is_known
    self.scores = []
    for best, scores in kept:
      dense = np.zeros(self.truth.shape)
      np.put_along_axis(dense, best, scores, 1)
      self.scores.append(np.take_along_axis(dense, self.labels, 1))
    self.scores = np.array(self.scores)

  def write(self, prefix="m"):
    """Writes the files and returns their names."""
    names = ["%s%d.csv" % (prefix, model) for model in range(len(self.kept))]
    for name, (best, scores) in zip(names, self.kept):
      with open(name, "w") as out:
        out.write("VideoId,LabelConfidencePairs\n")
        for video, pairs in enumerate(zip(best, scores)):
          out.write("v%d,%s\n" % (video, " ".join("%i %g" % pair for pair in zip(*pairs))))
    return names

  def write_truth(self, name, videos=None):
    with open(name, "w") as out:
      out.write("VideoId,Labels\n")
      for video in range(len(self.truth)) if videos is None else videos:
        out.write("v%d,%s\n" % (video, " ".join(map(str, np.flatnonzero(self.truth[video])))))

  def gap(self, weights, videos=slice(None)):
    """Global average precision of the best 20 of each video of the merge, or of some of the videos."""
    weights = np.asarray(weights, float)
    merged = np.tensordot(weights / weights.sum(), self.scores[:, videos], 1)
    merged[~self.is_known[videos]] = -1
    best = np.argpartition(-merged, 19, axis=1)[:, :20]
    flat = np.take_along_axis(merged, best, 1).ravel()
    hits = np.take_along_axis(self.hits[videos], best, 1).ravel()[np.argsort(-flat, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].sum() / self.truth[videos].sum())


class Segments:
  """Ranked segments, as many of them rated as in the 300 files that the 2019 9th place held out: 18,000."""

  def __init__(self, models=9, classes=300, segments=500, rated=60, seed=2019):
    random = np.random.RandomState(seed)
    positive = np.zeros((classes, segments), bool)
    positive[:, :rated] = random.rand(classes, rated) < random.uniform(0.2, 0.7, (classes, 1))
    self.positive = positive[:, :rated]
    self.order = []
    places = []
    for model, wrong in enumerate(noise(random, models, positive.shape)):
      # The segments that were given to people to rate are those that some model thought of.
      score = (2.2 - 0.05 * (model % 4)) * positive + 0.8 * (np.arange(segments) < rated) + wrong
      order = np.argsort(-score, axis=1, kind="stable")
      self.order.append(order)
      places.append(np.argsort(order, axis=1, kind="stable")[:, :rated].astype(float))
    self.places = np.array(places)

  def write(self, prefix="s"):
    names = ["%s%d.csv" % (prefix, model + 1) for model in range(len(self.order))]
    for name, order in zip(names, self.order):
      with open(name, "w") as out:
        out.write("Class,Segments\n")
        for label, row in enumerate(order):
          out.write("%d,%s\n" % (label, " ".join("v%03d:%d" % (i // 60, i % 60 * 5) for i in row)))
    return names

  def write_truth(self, name):
    """A label cache: `segment,class,score`."""
    with open(name, "w") as out:
      for label, row in enumerate(self.positive):
        for i, positive in enumerate(row):
          out.write("v%03d:%d,%d,%d\n" % (i // 60, i % 60 * 5, label, positive))

  def map(self, weights, w0):
    """Mean average precision of the rated segments of the merge by places."""
    w0 = max(w0, LEAST_W0)
    weights = np.asarray(weights, float)
    merged = np.tensordot(weights, w0 / (self.places + w0), 1)
    hits = np.take_along_axis(self.positive, np.argsort(-merged, axis=1, kind="stable"), 1)
    precisions = np.cumsum(hits, 1) / np.arange(1, hits.shape[1] + 1)
    return float(((precisions * hits).sum(1) / self.positive.sum(1)).mean())
