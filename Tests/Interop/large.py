"""Size: a hundred thousand tensors, and one tensor of 3 GB (where disk and memory allow; INTEROP_LARGE=0 skips it)."""
import os
import shutil
import subprocess
import time

import numpy as np
import tensorflow as tf

from harness import LeftOut, TOOL, check, listing, read, save, tool, v1

GIGABYTE = 10 ** 9


def memory():
  """Bytes of memory that are free to use."""
  with open("/proc/meminfo") as lines:
    fields = dict(line.split(":") for line in lines)
  return int(fields["MemAvailable"].split()[0]) * 1024


@check("100000 tensors")
def _():
  names = ["layer_%06d/kernel" % i for i in range(100000)]
  save("many", {n: np.float32(i) for i, n in enumerate(names)})
  start = time.time()
  found = listing("many")
  assert list(found) == names, "names or their order"
  assert all(v == ("float32", [], 4) for v in found.values())
  tool("verify", "-q", "many")
  tool("rename", "many", "s/kernel/weights/", "-o", "renamed")
  print("     ls, verify and rename took %.2f s" % (time.time() - start))
  reader = v1.train.NewCheckpointReader("renamed")
  assert len(reader.get_variable_to_shape_map()) == 100000
  for i in range(0, 100000, 997):
    assert reader.get_tensor("layer_%06d/weights" % i) == i, i


@check("a tensor of 3 GB")
def _():
  if os.environ.get("INTEROP_LARGE") == "0" or shutil.disk_usage(".").free < 12 * GIGABYTE or memory() < 8 * GIGABYTE:
    raise LeftOut("needs 12 GB of disk and 8 GB of memory, and INTEROP_LARGE not 0")
  big = np.arange(750 * 10 ** 6, dtype=np.uint32).view(np.float32)
  save("large", {"a/big": big, "b/tail": np.arange(5.0)})
  assert listing("large")["a/big"] == ("float32", [len(big)], 3 * GIGABYTE)
  tool("verify", "-q", "large")
  raw = subprocess.Popen([TOOL, "cat", "--raw", "large", "a/big"], stdout=subprocess.PIPE)
  position, bytes_of_big = 0, memoryview(big).cast("B")
  while True:
    chunk = raw.stdout.read(1 << 24)
    if not chunk:
      break
    assert chunk == bytes_of_big[position:position + len(chunk)], "differs near byte %d" % position
    position += len(chunk)
  assert raw.wait() == 0 and position == 3 * GIGABYTE, position
  tool("rename", "large", "s/big/huge/", "-o", "copy")
  os.remove("large.data-00000-of-00001")
  found = v1.train.NewCheckpointReader("copy").get_tensor("a/huge")
  assert np.array_equal(found.view(np.uint32), big.view(np.uint32))
