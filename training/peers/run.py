"""Runs a method on the models of a split: measures comparable models once, then decides with and without dates."""

import time
from datetime import datetime

from .shelf import Reader, comparable

MODES = {True: "with dates", False: "without dates"}


class Measured:
    """What a method read of a split, with its cost."""

    def __init__(self, method, models, choices):
        started = time.process_time()
        self.method, self.models, reader = method, models, Reader()
        self.groups = [(group, method.measure(group, reader, choices)) for group in comparable(models)]
        self.bytes, self.seconds = reader.bytes, time.process_time() - started

    def decide(self, time, settings, told=None):
        """The claims about all models."""
        claims = []
        for group, found in self.groups:
            dates = [_seconds(model.created) if time else 0.0 for model in group]
            claims += self.method.decide(group, found, dates, settings, told)
        return claims


def _seconds(created):
    """A date as a number; unknown ones are older than all others."""
    return datetime.fromisoformat(created).timestamp() if created else float("-inf")
