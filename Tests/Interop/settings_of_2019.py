"""The flags of the 2019 programs, as hyperparameters of ours."""
import json
import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures", "zoo2019")


def hyperparameters(flags):
  """The flags of a model: what the file of BERT's settings says takes its place, and what chooses an optimizer is left
  out."""
  found = {name: value for name, value in flags.items() if name != "custom_optimizer"}
  if "bert_config_file" in found:
    with open(os.path.join(FOLDER, found.pop("bert_config_file"))) as file:
      bert = json.load(file)
    for name in ("intermediate_size", "initializer_range", "max_position_embeddings"):
      found["bert_" + name] = bert[name]
  if found.get("moe_prob_gating_input", "prob") != "prob":  # Any other word means this.
    found["moe_prob_gating_input"] = "input"
  return found


def lineage(case):
  return {"tm": "tm", "google": "miha"}[case["repo"]]
