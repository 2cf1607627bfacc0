"""Pictures to train on: generated tasks of eight classes each (shapes, stripes, gradients, checks, blobs, hues)."""

import colorsys
import functools

import numpy as np

CLASSES = 8
SIZE = 24
PER_TASK = 1600


def _grid():
    y, x = np.mgrid[0:SIZE, 0:SIZE] / (SIZE - 1) * 2 - 1
    return x, y


def _shape(label, rng):
    x, y = _grid()
    x, y, r = x - rng.uniform(-0.3, 0.3), y - rng.uniform(-0.3, 0.3), rng.uniform(0.4, 0.65)
    d = np.hypot(x, y)
    masks = [
        d < r,
        (abs(x) < r) & (abs(y) < r),
        (y > -r) & (abs(x) < (r - y) / 2),
        ((abs(x) < r / 3) | (abs(y) < r / 3)) & (d < r * 1.3),
        (d < r) & (d > r * 0.55),
        abs(x) + abs(y) < r,
        (abs(y) < r / 3) & (abs(x) < r * 1.4),
        (abs(x) < r / 3) & (abs(y) < r * 1.4),
    ]
    return masks[label].astype(float)


def _stripes(label, rng):
    x, y = _grid()
    angle = np.pi * (label + rng.uniform(-0.3, 0.3)) / CLASSES
    return np.sin((x * np.cos(angle) + y * np.sin(angle)) * rng.uniform(6, 14) + rng.uniform(0, 6)) / 2 + 0.5


def _gradient(label, rng):
    x, y = _grid()
    angle = 2 * np.pi * (label + rng.uniform(-0.3, 0.3)) / CLASSES
    return (x * np.cos(angle) + y * np.sin(angle)) * rng.uniform(0.2, 0.4) + 0.5


def _checks(label, rng):
    x, y = _grid()
    k = 2 + label * 1.3
    return ((np.sin(x * k + rng.uniform(0, 6)) * np.sin(y * k + rng.uniform(0, 6))) > 0).astype(float)


def _blobs(label, rng):
    x, y = _grid()
    image = np.zeros((SIZE, SIZE))
    for _ in range(label + 1):
        image += np.exp(-((x - rng.uniform(-0.85, 0.85)) ** 2 + (y - rng.uniform(-0.85, 0.85)) ** 2) / 0.02)
    return np.clip(image, 0, 1)


def _hues(label, rng):
    return np.full((SIZE, SIZE), rng.uniform(0.4, 0.9)) + rng.normal(0, 0.1, (SIZE, SIZE))


TASKS = {"shapes": _shape, "stripes": _stripes, "gradients": _gradient, "checks": _checks, "blobs": _blobs, "hues": _hues}


def _colour(image, task, label, rng):
    hue = (label + rng.uniform(-0.35, 0.35)) / CLASSES if task == "hues" else rng.random()
    front = np.array(colorsys.hsv_to_rgb(hue % 1, rng.uniform(0.5, 1), 1))
    back = np.array(colorsys.hsv_to_rgb(rng.random(), 0.5, 0.3)) * (task != "hues")
    picture = image * front[:, None, None] + (1 - image) * back[:, None, None]
    return (picture + rng.normal(0, 0.08, picture.shape) - 0.5) / 0.25


@functools.cache
def _task(task):
    """All pictures [n, 3, SIZE, SIZE] of a task, and their labels [n]."""
    rng = np.random.default_rng([ord(c) for c in task])
    labels = rng.integers(CLASSES, size=PER_TASK)
    pictures = [_colour(TASKS[task](label, rng), task, label, rng) for label in labels]
    return np.stack(pictures).astype(np.float32), labels


class PictureSource:
    """Batches of a mixture of tasks; task number i owns labels 8i .. 8i+7."""

    def __init__(self, tasks, seed):
        parts = [_task(task) for task in tasks]
        self.pictures = np.concatenate([pictures for pictures, _ in parts])
        self.labels = np.concatenate([labels + CLASSES * i for i, (_, labels) in enumerate(parts)])
        self.rng = np.random.default_rng(seed)

    def batch(self, count):
        """Pictures [count, 3, SIZE, SIZE] in random order, labels [count]."""
        pick = self.rng.integers(len(self.labels), size=count)
        return self.pictures[pick], self.labels[pick]
