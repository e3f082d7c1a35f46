"""Control tasks of the compiled core: one file a task."""
