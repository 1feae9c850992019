"""Writes the archives beside this file with numpy."""
import os
import numpy as np

os.chdir(os.path.dirname(os.path.abspath(__file__)))
ids = np.array(["ä", "b", "c d"])
labels = np.array([[3, 1], [7, -1], [-1, -1]])
scores = np.array([[0.1, -2.5], [1e-30, 9], [9, 9]])
np.savez("wide.npz", scores=np.asfortranarray(scores), labels=labels.astype(">i8"), ids=ids)
np.savez_compressed("deflated.npz", ids=np.char.encode(ids, "utf8"), labels=labels.astype("i4"),
                    scores=scores.astype("f4"))
np.savez_compressed("nan.npz", ids=ids, labels=labels, scores=np.where(scores > 8, np.nan, scores * 0 + np.nan))
np.savez_compressed("missing.npz", ids=ids, labels=labels)
np.savez_compressed("shape.npz", ids=ids[:2], labels=labels, scores=scores)
np.savez_compressed("negative.npz", ids=ids, labels=labels - 1, scores=scores)
np.savez_compressed("type.npz", ids=ids, labels=labels.astype("f4"), scores=scores)
np.savez_compressed("empty.npz", ids=np.array(["a", "", "b"]), labels=labels, scores=scores)
