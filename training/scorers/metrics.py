"""What the cards say of a scorer."""

import torch


def expected_calibration_error(confidence, right, bins=10):
    """Mean gap between confidence and accuracy over equally filled bins."""
    order = confidence.argsort()
    gaps = [(confidence[part].mean() - right[part].float().mean()).abs() * len(part) for part in order.chunk(bins)]
    return (sum(gaps) / len(order)).item()


def halves(groups):
    """Every other group: for calibrating on one half of the families and measuring on the other."""
    order = {group: i % 2 for i, group in enumerate(sorted(set(groups)))}
    return torch.tensor([order[group] for group in groups])


def cross_calibrated(logits, groups, fit):
    """Logits of each half over the temperature that `fit(logits, chosen)` finds on the other half."""
    part = halves(groups)
    scaled = logits.clone()
    for half in (0, 1):
        scaled[part == half] /= fit(logits[part != half], part != half)
    return scaled
