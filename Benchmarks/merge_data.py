"""Made-up files to merge, alike as those of different models are.

  merge_data.py videos OUT SEED ROWS PAIRS       predictions of videos, and OUT.truth of 3 labels each if SEED is 0
  merge_data.py segments OUT SEED CLASSES IDS    ranked segments
"""
import random
import sys

kind, out, seed, rows, width = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
noise = random.Random(seed)


def videos():
  # Texts are drawn from a pool: making millions of them would take longer than all that is measured.
  pool = ["%g" % (noise.random() ** 6) for _ in range(100000)]
  ranks = [sorted((noise.choice(pool) for _ in range(width)), key=float, reverse=True) for _ in range(2000)]
  truth = open(out + ".truth", "w") if seed == 0 else None
  with open(out, "w") as lines:
    lines.write("VideoId,LabelConfidencePairs\n")
    made = []
    for row in range(rows):
      if row < 200000:
        first = row * 7919
        labels = noise.sample(range(2 * width), width)
        right = sorted({(first + 131 * label) % 3862 for label in noise.sample(range(2 * width), 3)}) if truth else []
        made.append((" ".join(
          "%d %s" % ((first + 131 * label) % 3862, score) for label, score in zip(labels, noise.choice(ranks))),
          " ".join(map(str, right))))
      pairs, right = made[row % 200000]
      lines.write("v%07d,%s\n" % (row, pairs))
      if truth:
        truth.write("v%07d,%s\n" % (row, right))


def segments():
  with open(out, "w") as lines:
    lines.write("Class,Segments\n")
    made = []
    for label in range(rows):
      if label >= 10:
        lines.write("%d,%s\n" % (label, made[label % 10]))
        continue
      ids = ["%04x:%d" % (i * 40503 % 65536, 5 * (i % 60)) for i in range(label, label + width + width // 4)]
      # Each model moves each segment about a little.
      ids = [name for _, name in sorted((i + noise.random() * width / 4, name) for i, name in enumerate(ids))]
      made.append(" ".join(dict.fromkeys(ids[:width])))
      lines.write("%d,%s\n" % (label, made[label]))


videos() if kind == "videos" else segments()
