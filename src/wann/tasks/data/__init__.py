"""Labelled data as tasks: samples from arrays, tables and named data sets."""
