"""bayesian_optimization.py OBSERVATIONS MEASURED: milliseconds that the package takes for an iteration in ten dimensions."""
import sys
import time

from bayes_opt import BayesianOptimization

observations, measured = int(sys.argv[1]), int(sys.argv[2])


def hill(**point):
  return -sum((value - index / 45) ** 2 for index, value in enumerate(point.values()))


search = BayesianOptimization(
    hill, {"x%d" % index: (0, 1) for index in range(10)}, random_state=1, verbose=0, allow_duplicate_points=True)
search.maximize(init_points=observations, n_iter=0)
start = time.time()
search.maximize(init_points=0, n_iter=measured)
print(1000 * (time.time() - start) / measured)
