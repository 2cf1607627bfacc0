"""Records in truth.json what the finished files hold: python -m training.containers.record training/zoo/dev-containers ...

Making containers does this too; the command is for truth that was written before.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import gguf


def matrices(folder):
    """How many matrices of which type a folder's GGUF files hold, as the gguf package reads them: {"Q4_K": 11, "Q6_K": 3}, the commonest first."""
    tensors = [tensor for path in sorted(Path(folder).rglob("*.gguf")) for tensor in gguf.GGUFReader(path).tensors]
    return dict(Counter(tensor.tensor_type.name for tensor in tensors if len(tensor.shape) > 1).most_common())


def record_matrices(folder):
    """Sets `recipe.matrices` of every GGUF model in a folder's truth.json; answers of how many."""
    path = Path(folder) / "truth.json"
    truth = json.loads(path.read_text())
    files = [model for model in truth["models"] if model["container"]["format"] == "gguf"]
    for model in files:
        model["recipe"].pop("types", None)  # what truth said before
        model["recipe"]["matrices"] = matrices(Path(folder) / model["id"])
    path.write_text(json.dumps(truth, indent=1) + "\n")
    return len(files)


def main():
    parser = argparse.ArgumentParser(description="Records how many matrices of which type GGUF files hold.")
    parser.add_argument("folders", type=Path, nargs="+")
    for folder in parser.parse_args().folders:
        print(f"{folder}: {record_matrices(folder)} GGUF models")


if __name__ == "__main__":
    main()
