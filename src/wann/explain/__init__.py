"""A look inside a network: what matters, the smallest network that does as well, what the weight does, its formula."""

from wann.explain.explanation import Explanation, explain
from wann.explain.importance import Importance
from wann.explain.pruning import Pruned
from wann.explain.regimes import Regimes
from wann.explain.trials import Mean

__all__ = ["Explanation", "Importance", "Mean", "Pruned", "Regimes", "explain"]
