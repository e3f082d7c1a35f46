"""Scores on episodes and samples that nothing was chosen on, and comparisons with other methods."""

from wann.scoring.baselines.classifiers import Baseline
from wann.scoring.baselines.neat import Neat, NeatGeneration
from wann.scoring.classification import ClassifierEvaluation, evaluate_classifier
from wann.scoring.classifier_comparison import ClassifierComparison, compare_classifiers
from wann.scoring.comparison import Comparison, Row, compare
from wann.scoring.evaluation import (
    Evaluation,
    Fit,
    RegressionEvaluation,
    WeightProfile,
    evaluate,
    evaluate_rewards,
    weight_profile,
)
from wann.scoring.score import Score
from wann.scoring.stages import Budget, Stages

__all__ = [
    "Baseline",
    "Budget",
    "ClassifierComparison",
    "ClassifierEvaluation",
    "Comparison",
    "Evaluation",
    "Fit",
    "Neat",
    "NeatGeneration",
    "RegressionEvaluation",
    "Row",
    "Score",
    "Stages",
    "WeightProfile",
    "compare",
    "compare_classifiers",
    "evaluate",
    "evaluate_classifier",
    "evaluate_rewards",
    "weight_profile",
]
