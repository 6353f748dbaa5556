"""Where the freight data of the end-to-end reroute test comes from: the published files, or others of their shape."""

from __future__ import annotations

import csv
import os
import random
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
BESIDE = CHECKOUT.parent / "shared" / "data" / "brunel-supply-chain"
SEED = 7558679


def folder(temporary: Path) -> Path:
    """$BRUNEL_DIR, or the folder beside the checkout, or files generated into `temporary`."""
    given = os.environ.get("BRUNEL_DIR")
    if given:
        return Path(given)
    if (BESIDE / "OrderList.csv").exists():
        return BESIDE
    generate(temporary)
    return temporary


def write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def generate(path: Path, orders: int = 900) -> None:
    """Seven files of the same shape with every trap of the published ones: one plant far over its capacity, products
    and customers nobody else may serve, gaps between weight bands, a plant with two ports and one whose port has no
    rate, a product of something that is no plant."""
    chance = random.Random(SEED)  # reproducible on purpose, not a secret
    plants = [f"PLANT{number:02d}" for number in range(1, 9)]
    ports = {plant: [f"PORT{min(number, 6):02d}"] for number, plant in enumerate(plants, start=1)}
    ports["PLANT05"].append("PORT02")
    products = [str(1_700_000 + number) for number in range(60)]
    makes = {plant: set(chance.sample(products, 12)) for plant in plants}
    makes["PLANT03"] = set(products[:54])
    customers = [f"V5555_{number}" for number in range(20)]
    managed = [("PLANT02", customer) for customer in customers[:4]] + [("PLANT06", customers[5])]
    write(path / "WhCapacities.csv", ["Plant ID", "Daily Capacity"], [[p, chance.choice([7, 20, 60])] for p in plants])
    write(path / "WhCosts.csv", ["Plant ID", "Cost/unit"], [[p, repr(chance.uniform(0.3, 2.1))] for p in plants])
    write(
        path / "ProductsPerPlant.csv",
        ["Plant Code", "Product ID"],
        [[plant, product] for plant in plants for product in sorted(makes[plant])] + [["CND9", products[0]]],
    )
    write(path / "PlantPorts.csv", ["Plant Code", "Port"], [[plant, port] for plant in plants for port in ports[plant]])
    write(path / "VmiCustomers.csv", ["Plant Code", "Customers"], [list(pair) for pair in managed])
    rates: list[list[object]] = []
    for port in ("PORT01", "PORT02", "PORT03", "PORT04", "PORT05"):
        for carrier in chance.sample(["V444_0", "V444_1", "V444_2"], 2):
            for service in ("DTD", "DTP"):
                low = 0.0
                for high in (0.5, 4.99, 49.99, 499.99):
                    minimum, per_kg = chance.uniform(1, 40), chance.uniform(0.03, 1.2)
                    days = chance.randint(0, 5)
                    rates.append(
                        [carrier, port, "PORT09", low, high, service, repr(minimum), repr(per_kg), "AIR", days, "V8_0"]
                    )
                    low = round(high + 0.01, 2)
    write(
        path / "FreightRates.csv",
        [
            *("Carrier", "orig_port_cd", "dest_port_cd", "minm_wgh_qty", "max_wgh_qty", "svc_cd", "minimum cost"),
            *("rate", "mode_dsc", "tpt_day_cnt", "Carrier type"),
        ],
        rates,
    )
    rows: list[list[object]] = []
    for number in range(orders):
        plant = "PLANT03" if chance.random() < 0.92 else chance.choice(plants)
        service = chance.choice(["DTD", "DTP", "DTP", "CRF"])
        weight = chance.choice([repr(chance.uniform(0, 60)), "4.995", "0.5", "700"])
        rows.append(
            [
                *(f"14470{number:05d}.7", "2013-05-26", ports[plant][0], "V444_0", 1, service, 3, 0),
                *(chance.choice(customers), chance.choice(sorted(makes[plant])), plant, "PORT09"),
                *(chance.randint(1, 4000), weight),
            ]
        )
    write(
        path / "OrderList.csv",
        [
            *("Order ID", "Order Date", "Origin Port", "Carrier", "TPT", "Service Level", "Ship ahead day count"),
            *("Ship Late Day count", "Customer", "Product ID", "Plant Code", "Destination Port", "Unit quantity"),
            "Weight",
        ],
        rows,
    )
