"""What `tools/fuzz.py` is made of: ways to damage files, and what each reader of the package must do with them."""
