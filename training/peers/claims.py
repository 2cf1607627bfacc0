"""What a method answers."""

from dataclasses import dataclass

import numpy as np

from . import trees


@dataclass(frozen=True)
class Claim:
    """A child descends from a parent; `relation` where the method names one, `share` for a merge's parents."""

    child: str
    parent: str
    relation: str | None = None
    share: float | None = None


@dataclass(frozen=True)
class Told:
    """What a method may be told of the truth, in rows of the table that say so: the families, and which edges are right."""

    families: dict
    edges: frozenset

    def right(self, claims):
        """How many of the claims are true."""
        return sum((claim.parent, claim.child) in self.edges for claim in claims)


def nearest_earlier(models, distance, related, dates, limit):
    """For every model its nearest of those that come before it (trees.order), where `related` is within the limit."""
    claims = []
    for members in trees.components(related, limit):
        inner = distance[np.ix_(members, members)]
        order = trees.order(inner, [dates[i] for i in members])
        for position, node in enumerate(order):
            parent = trees.nearest(inner[node], order[:position])
            if parent is not None and related[members[node], members[parent]] <= limit:
                claims.append(Claim(models[members[node]].id, models[members[parent]].id))
    return claims
