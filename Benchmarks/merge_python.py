"""The published programs' merging, in the Python they are written in.

  merge_python.py scores A.csv B.csv …     as file_averaging.py of the 2017 winner: a Counter for each video, of the
                                           first half of each row's pairs
  merge_python.py ranks W0 A.csv B.csv …   as Ensemble.ipynb of the 2019 9th place: a dictionary for each class
"""
import collections
import csv
import sys


def scores(paths):
  blend = collections.defaultdict(collections.Counter)
  for path in paths:
    with open(path) as lines:
      next(lines)
      for line in lines:
        video, pairs = line.rstrip("\n").split(",")
        words = pairs.split(" ")
        for i in range(0, len(words) // 2, 2):
          blend[video][int(words[i])] += int(100000 * float(words[i + 1]))
  sys.stdout.write("VideoID,LabelConfidencePairs\n")
  for video, row in blend.items():
    best = row.most_common(20)
    pairs = " ".join("%d %6f" % (label, value / 100000.0 / len(paths)) for label, value in best)
    sys.stdout.write("%s,%s\n" % (video, pairs))


def ranks(w0, paths):
  csv.field_size_limit(1 << 30)
  files = [sorted(csv.DictReader(open(path)), key=lambda row: row["Class"]) for path in paths]
  places = [w0 / (i + w0) for i in range(100000)]
  sys.stdout.write("Class,Segments\n")
  for rows in zip(*files):
    blend = {}
    for row in rows:
      for place, segment in enumerate(row["Segments"].split(" ")):
        blend[segment] = blend.get(segment, 0.0) + places[place]
    best = sorted(blend.items(), key=lambda item: -item[1])[:100000]
    sys.stdout.write("%s,%s\n" % (rows[0]["Class"], " ".join(segment for segment, _ in best)))


if sys.argv[1] == "scores":
  scores(sys.argv[2:])
else:
  ranks(float(sys.argv[2]), sys.argv[3:])
