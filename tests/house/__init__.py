"""The shape of the code: who may know whom."""
