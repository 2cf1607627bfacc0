"""A small network over a set of tokens: any number of them, in any order."""

import torch
from torch import nn


class SetNetwork(nn.Module):
    """Each token through an MLP, then mean, maximum and attention over the set, then a head.

    tokens [P, T, F], mask [P, T] with 1 for tokens that are there -> [P, outputs].
    """

    def __init__(self, features, outputs, width=32, heads=2, dropout=0.2):
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        self.token = nn.Sequential(nn.Linear(features, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, width), nn.ReLU())
        self.attention = nn.Linear(width, heads)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear((2 + heads) * width, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, outputs))

    def standardise(self, tokens, mask):
        """Takes mean and spread from the training tokens; what hardly varies is not blown up."""
        real = tokens[mask > 0]
        self.mean.copy_(real.mean(0))
        self.scale.copy_(1 / real.std(0).clamp(min=0.1))

    def forward(self, tokens, mask):
        there = mask.unsqueeze(2)
        x = self.token((tokens - self.mean) * self.scale) * there
        mean = x.sum(1) / there.sum(1).clamp(min=1)
        largest = x.amax(1)
        weight = torch.softmax(self.attention(x) - 30 * (1 - there), 1)
        attended = torch.matmul(weight.transpose(1, 2), x).flatten(1)
        return self.head(torch.cat([mean, largest, attended], 1))
