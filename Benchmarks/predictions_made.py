"""Makes predictions and labels: predictions_made.py ROWS PREDICTIONS LABELS."""
import random
import sys

random.seed(1)
with open(sys.argv[2], "w") as predictions, open(sys.argv[3], "w") as truth:
  predictions.write("VideoId,LabelConfidencePairs\n")
  truth.write("VideoId,Labels\n")
  for row in range(int(sys.argv[1])):
    scores = sorted((random.random() ** 4 for _ in range(20)), reverse=True)
    labels = random.sample(range(3862), 21)
    name = "%04x%06d" % (random.getrandbits(16), row)
    predictions.write("%s,%s\n" % (name, " ".join("%d %g" % pair for pair in zip(labels, scores))))
    truth.write("%s,%d %d %d\n" % (name, labels[0], labels[random.randrange(1, 6)], labels[20]))
