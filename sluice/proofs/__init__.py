"""Proofs that run: load against a throwaway database, then every invariant checked."""

from pathlib import Path

UNIFIED = Path(__file__).with_name("unified.sql")
