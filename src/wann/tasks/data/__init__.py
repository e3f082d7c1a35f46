"""Labelled data as tasks: samples from arrays, tables and named data sets."""

from wann.tasks.data.samples import Classification, DataTask, Regression

__all__ = ["Classification", "DataTask", "Regression"]
