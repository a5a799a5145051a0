"""Proofs that a user can run: each puts a promise under load and counts what breaks."""
