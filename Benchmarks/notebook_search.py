"""notebook_search.py make: writes the rankings s1.csv … s9.csv and the label cache cache.csv.
notebook_search.py search EVALUATIONS: the best MAP that bayesian-optimization finds as the notebook uses it, and seconds."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "Interop"))

from made_ensembles import Segments

segments = Segments()
if sys.argv[1] == "make":
  segments.write()
  segments.write_truth("cache.csv")
else:
  from bayes_opt import BayesianOptimization, acquisition
  names = ["w%d" % number for number in range(1, 10)]
  start = time.time()
  search = BayesianOptimization(
      lambda **point: segments.map([point[name] for name in names], point["w0"]),
      {"w0": (0, 10), **{name: (0, 200) for name in names}},
      acquisition_function=acquisition.UpperConfidenceBound(kappa=2.576), random_state=7, verbose=0,
      allow_duplicate_points=True)
  search.maximize(init_points=3, n_iter=int(sys.argv[2]) - 3)
  print(search.max["target"], time.time() - start)
