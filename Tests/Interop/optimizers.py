"""At an equal number of evaluations our Bayesian optimization finds, in the median of 20 seeds, no worse values than the
packages bayesian-optimization and scikit-optimize, of a function without weights (searches.py has weights).

Both sides compute the functions themselves (Tests/OptimizerTool/Functions.swift has the others), which is checked."""
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

warnings.filterwarnings("ignore")
PROBE = os.environ["OPTIMIZER_PROBE"]
SEEDS = 20


def branin(point):
  x, y = point
  curve = y - 5.1 / (4 * np.pi ** 2) * x * x + 5 / np.pi * x - 6
  return -(curve * curve + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10)


# name -> function, bounds, evaluations
FUNCTIONS = {
    "branin": (branin, [(-5.0, 10.0), (0.0, 15.0)], 25),
}


def bayesian_optimization(job):
  from bayes_opt import BayesianOptimization
  name, seed = job
  function, bounds, evaluations = FUNCTIONS[name]
  names = ["x%d" % index for index in range(len(bounds))]
  search = BayesianOptimization(
      lambda **point: function([point[name] for name in names]), dict(zip(names, bounds)), random_state=seed,
      verbose=0, allow_duplicate_points=True)
  search.maximize(init_points=5, n_iter=evaluations - 5)
  return search.max["target"]


def scikit_optimize(job):
  import skopt
  name, seed = job
  function, bounds, evaluations = FUNCTIONS[name]
  return -skopt.gp_minimize(lambda point: -function(point), bounds, n_calls=evaluations, random_state=seed).fun


def probe(*arguments):
  return subprocess.run(
      [PROBE] + [str(a) for a in arguments], stdout=subprocess.PIPE, check=True, universal_newlines=True).stdout


def ours(name, evaluations, seeds=SEEDS):
  return json.loads(probe("run", "--function", name, "--iterations", evaluations, "--seeds", seeds))["best"]


if __name__ == "__main__":
  with multiprocessing.Pool(os.cpu_count()) as pool:
    for name, (function, bounds, evaluations) in FUNCTIONS.items():
      @check("%s is the same function on both sides" % name)
      def _():
        point = [low + (high - low) * 0.3 * (1 + index) / len(bounds) for index, (low, high) in enumerate(bounds)]
        found = float(probe("value", "--function", name, "--", *point))
        assert abs(found - function(point)) < 1e-9, (found, function(point))

      for package in bayesian_optimization, scikit_optimize:
        @check("%s, %d evaluations: no worse than %s" % (name, evaluations, package.__name__))
        def _():
          theirs = statistics.median(pool.map(package, [(name, seed) for seed in range(SEEDS)], chunksize=1))
          median = statistics.median(ours(name, evaluations))
          print("     ours %.6f, theirs %.6f" % (median, theirs))
          assert median >= theirs
