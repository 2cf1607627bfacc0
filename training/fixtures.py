"""Copies the fixtures split of the zoo to the tests: python -m training.fixtures [--zoo training/zoo] [--to test/fixtures/hub]."""

import argparse
import shutil
from pathlib import Path

LIMIT = 18_000_000


def main():
    parser = argparse.ArgumentParser(description="Copies the small committed part of the zoo.")
    parser.add_argument("--zoo", type=Path, default=Path("training/zoo"))
    parser.add_argument("--to", type=Path, default=Path("test/fixtures/hub"))
    args = parser.parse_args()
    source = args.zoo / "fixtures"
    size = sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
    if size > LIMIT:
        raise SystemExit(f"{source} holds {size} bytes, more than the {LIMIT} that may be committed")
    shutil.rmtree(args.to, ignore_errors=True)
    shutil.copytree(source, args.to)
    print(f"{size / 1e6:.1f} MB in {args.to}")


if __name__ == "__main__":
    main()
