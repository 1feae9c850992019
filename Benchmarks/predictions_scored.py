"""GAP@20 as the starter code computes it, a heap and a loop in Python: predictions_scored.py PREDICTIONS LABELS."""
import heapq
import random
import sys

truth = {}
with open(sys.argv[2]) as lines:
  next(lines)
  for line in lines:
    name, labels = line.rstrip().split(",")
    truth[name] = set(labels.split())

heap = []
positives = 0
with open(sys.argv[1]) as lines:
  next(lines)
  for line in lines:
    name, cell = line.rstrip().split(",")
    words = cell.split()
    labels = truth[name]
    positives += len(labels)
    for label, score in zip(words[::2], words[1::2]):
      heapq.heappush(heap, (float(score), 1.0 if label in labels else 0.0))

random.seed(0)
shuffled = [heap[place] for place in random.sample(range(len(heap)), len(heap))]
shuffled.sort(key=lambda pair: pair[0], reverse=True)
hits = 0
average = 0.0
for rank, (_, hit) in enumerate(shuffled, 1):
  if hit:
    hits += 1
    average += hits / rank / positives
print("%.6f" % average)
