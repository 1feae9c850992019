"""Makes gaussian_process.json: what scikit-learn says about a Gaussian process on a few made-up points,
and logarithms of expected improvements by mpmath."""
import json
import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from mpmath import log, mp, mpf, ncdf, npdf

random = np.random.RandomState(5)
X = random.uniform(size=(24, 3))
y = np.sin(5 * X[:, 0]) + X[:, 1] ** 2 + 0.05 * random.normal(size=24)
Q = random.uniform(size=(7, 3))
cases = []
for scales in ([0.3, 0.7, 2.5], [0.5, 0.5, 0.5]):
  kernel = ConstantKernel(1.7) * Matern(length_scale=scales, nu=2.5) + WhiteKernel(3e-3)
  standard = (y - y.mean()) / y.std()
  gp = GaussianProcessRegressor(kernel, alpha=0, optimizer=None).fit(X, standard)
  # theta: log of the constant, the length scales, the noise
  value, gradient = gp.log_marginal_likelihood(kernel.theta, eval_gradient=True)
  mean, deviation = gp.predict(Q, return_std=True)
  # WhiteKernel adds its noise to predictions at points that were not observed too; leave it out.
  deviation = np.sqrt(deviation ** 2 - 3e-3)
  cases.append({"variance": 1.7, "lengthScales": scales, "noise": 3e-3, "likelihood": value,
                "gradient": gradient.tolist(), "mean": (mean * y.std() + y.mean()).tolist(),
                "deviation": (deviation * y.std()).tolist()})
kernel = ConstantKernel(1.0, (1e-2, 1e3)) * Matern([.5] * 3, (5e-3, 1e2), nu=2.5) + WhiteKernel(1e-4, (1e-8, 1))
gp = GaussianProcessRegressor(kernel, alpha=0, n_restarts_optimizer=20, random_state=1).fit(X, standard)
theta = np.exp(gp.kernel_.theta)
fit = {"variance": theta[0], "lengthScales": theta[1:-1].tolist(), "noise": theta[-1],
       "likelihood": gp.log_marginal_likelihood_value_}
gains, deviations = [0.3, -0.2, -4.0, 1.0, -0.5, -9.0, -2.4, -4.0], [0.5, 0.1, 1.0, 1e-3, 0.05, 1.2, 0.1, 0.1]
improvement = []
mp.dps = 2000
for gain, s in zip(gains, deviations):
  z = mpf(gain) / mpf(s)
  improvement.append(float(log(mpf(s) * (npdf(z) + z * ncdf(z)))))
json.dump({"points": X.tolist(), "values": y.tolist(), "queries": Q.tolist(), "cases": cases, "fit": fit,
           "improvement": {"gain": gains, "deviation": deviations, "logarithm": improvement}},
          open("gaussian_process.json", "w"), indent=1)
