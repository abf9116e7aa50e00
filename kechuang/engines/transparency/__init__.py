"""A log that cannot be rewritten unseen: a hash tree, its proofs, and signed checkpoints."""

from kechuang.engines.transparency.log import Edge, Log
from kechuang.engines.transparency.proofs import (
    NoSuchProof,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from kechuang.engines.transparency.tiles import Tiles, grown

__all__ = [
    "Edge",
    "Log",
    "NoSuchProof",
    "Tiles",
    "consistency_proof",
    "grown",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "root",
    "verify_consistency",
    "verify_inclusion",
]
