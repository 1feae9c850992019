"""How the interoperability scripts report; needs nothing but Python."""
import sys
import time


class LeftOut(Exception):
  """Raised by a check that this machine cannot make; it counts neither as passed nor as failed."""


def check(title):
  """Runs the decorated function at once as one check."""
  def run(body):
    start = time.time()
    try:
      body()
    except LeftOut as reason:
      print("left out: %s: %s" % (title, reason))
    except Exception as error:  # A check that breaks has failed, whatever broke.
      print("FAIL %s: %s: %s" % (title, type(error).__name__, str(error)[:500].replace("\n", " | ")))
    else:
      print("ok   %s (%.1f s)" % (title, time.time() - start))
    sys.stdout.flush()
  return run
