"""Environments that step outside the core: Gymnasium's, in worker processes, and EnvPool's."""
