"""measure.py REPEAT COMMAND…: median and best wall time in seconds, and peak resident memory in MB."""
import os
import statistics
import subprocess
import sys
import time

repeat, command = int(sys.argv[1]), sys.argv[2:]
times, peak = [], 0
for _ in range(repeat):
  start = time.perf_counter()
  process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
  _, status, usage = os.wait4(process.pid, 0)
  times.append(time.perf_counter() - start)
  process.returncode = status
  if status != 0:
    sys.exit("%s: status %d" % (" ".join(command), status))
  peak = max(peak, usage.ru_maxrss / 1024.0)
print("%.4f %.4f %.0f" % (statistics.median(times), min(times), peak))
