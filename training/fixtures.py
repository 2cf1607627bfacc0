"""Copies the fixtures split of the zoo to the tests: python -m training.fixtures [--zoo training/zoo] [--to test/fixtures/hub].

Its containers go beside it, to test/fixtures/hub-containers.
"""

import argparse
import shutil
from pathlib import Path

LIMIT = 15_000_000


def main():
    parser = argparse.ArgumentParser(description="Copies the small committed part of the zoo.")
    parser.add_argument("--zoo", type=Path, default=Path("training/zoo"))
    parser.add_argument("--to", type=Path, default=Path("test/fixtures/hub"))
    args = parser.parse_args()
    pairs = [(args.zoo / f"fixtures{tail}", args.to.with_name(args.to.name + tail)) for tail in ("", "-containers")]
    size = sum(path.stat().st_size for source, _ in pairs for path in source.rglob("*") if path.is_file())
    if size > LIMIT:
        raise SystemExit(f"{args.zoo} holds {size} bytes of fixtures, more than the {LIMIT} that may be committed")
    for source, target in pairs:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
    print(f"{size / 1e6:.1f} MB in {' and '.join(str(target) for _, target in pairs)}")


if __name__ == "__main__":
    main()
