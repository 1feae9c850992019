"""weights.py KIND MEGABYTES >FILE.safetensors: one tensor of made-up weights, as training leaves them.

KIND is f32 (normal, deviation 0.05), f16 (the same in half) or u8 (the same in 256 uniform steps from the smallest
to the largest). 4 Mi numbers are drawn and repeated: deflate looks back 32 KiB and cannot notice.
"""
import array
import json
import random
import struct
import sys

kind, total = sys.argv[1], int(sys.argv[2]) * 1000000
random.seed(20180910)
weights = array.array("f", (random.gauss(0, 0.05) for _ in range(4 << 20)))
if kind == "f32":
  name, size, block = "F32", 4, weights.tobytes()
elif kind == "f16":
  name, size, block = "F16", 2, struct.pack("<%de" % len(weights), *weights)
else:
  low = min(weights)
  step = (max(weights) - low) / 255
  name, size, block = "U8", 1, bytes(round((weight - low) / step) for weight in weights)

count = total // size
header = json.dumps({"tower/weights": {"dtype": name, "shape": [count], "data_offsets": [0, count * size]}}).encode()
out = sys.stdout.buffer
out.write(struct.pack("<Q", len(header)) + header)
left = count * size
while left > 0:
  out.write(block[:left])
  left -= len(block)
