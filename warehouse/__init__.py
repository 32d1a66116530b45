"""Floor 1: holds the star, answers questions on it, and releases results."""

from warehouse.warehouse import Warehouse, open_warehouse

__all__ = ["Warehouse", "open_warehouse"]
