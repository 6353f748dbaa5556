"""A network comes in from the files that freight departments keep."""

import csv
import os
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.actors import SYSTEM
from dispatch.models import CustomerRestriction, Lane, LaneRate, Order, Region, Warehouse, WarehousePort
from dispatch.network_files import FilesRefused
from dispatch.operations import import_network
from journal.models import Entry

pytestmark = pytest.mark.django_db

FILES = {
    "WhCapacities": ' Plant ID ,Daily Capacity\nP1,"1,070"\nP2, 8 \n',
    "WhCosts": "Plant ID,Cost/unit\nP1,0.5669761849295618\nP2,1\n",
    "ProductsPerPlant": "Plant Code,Product ID\nP1,A\nP1,B\nP2,A\nCND9,A\n",
    "PlantPorts": "Plant Code,Port\nP1,PORT1\nP1,PORT2\nP2,PORT1\n",
    "VmiCustomers": "Plant Code,Customers\nP2,V5_1\n",
    "FreightRates": "Carrier,orig_port_cd,dest_port_cd,minm_wgh_qty,max_wgh_qty,svc_cd,minimum cost,rate,mode_dsc,"
    "tpt_day_cnt,Carrier type\n"
    "V4_0,PORT1,PORT9,0.0,99.99,DTD,1.2272,0.0424,AIR,2,X\n"
    'V4_0,PORT1,PORT9,100.0,"1,999.99",DTD,1.2272,0.03,AIR,2,X\n'
    'V4_0,PORT1,PORT9,100.0,"1,999.99",DTD,1.2272,0.03,AIR,2,X\n'
    "V4_1,PORT2,PORT9,0,99999.99,DTD,5,0.01,GROUND,5,X\n"
    "V4_1,PORT7,PORT9,0,99999.99,DTD,5,0.01,GROUND,5,X\n",
    "OrderList": "Order ID,Order Date,Origin Port,Carrier,TPT,Service Level,Ship ahead day count,Ship Late Day count,"
    "Customer,Product ID,Plant Code,Destination Port,Unit quantity,Weight\n"
    "1.7,2013-05-26,PORT1,V4_0,2,DTD,0,0,V5_1,A,P1,PORT9,808,99.995\n"
    '2.7,2013-05-26,PORT1,V4_0,2,DTD,0,0,V5_2, A ,P1,PORT9,"1,000",14.3\n'
    "3.7,2013-05-26,PORT1,V44_3,2,CRF,0,0,V5_2,B,P1,PORT9,5,1\n",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8-sig", newline="\r\n")
    return tmp_path


def test_it_brings_in_plants_rates_and_orders(folder):
    done = import_network(folder=folder, by=SYSTEM)
    assert (done.warehouses, done.carriers, done.lanes, done.rates, done.orders) == (2, 3, 3, 5, 3)
    assert done.warnings == [
        "ProductsPerPlant.csv row 5: CND9 is not a plant; left out",
        "FreightRates.csv row 6: no plant has port PORT7; its rates are left out",
    ]
    plant = Warehouse.objects.get(code="P1")
    assert (plant.daily_capacity, plant.unit_cost) == (1070, Decimal("0.5669761849295618"))
    assert (plant.full_assortment, plant.products.count(), plant.ports.count()) == (False, 2, 2)
    assert list(CustomerRestriction.objects.values_list("warehouse_id", "customer_ref")) == [("P2", "V5_1")]
    assert not Warehouse.objects.filter(code="CND9").exists()
    lane = Lane.objects.get(warehouse="P1", origin="PORT1")
    assert (lane.region_id, lane.carrier_id, lane.service_level, lane.transit_hours) == ("PORT9", "V4_0", "DTD", 48)
    assert [(r.min_weight, r.max_weight) for r in lane.rates.all()] == [
        (Decimal("0.0"), Decimal("99.99")),
        (Decimal("100.0"), Decimal("1999.99")),
    ]
    between, banded, collected = Order.objects.order_by("external_id")
    assert (between.lane, banded.lane, collected.lane) == (None, lane, None)
    assert (banded.quantity, banded.weight, banded.warehouse_id) == (1000, Decimal("14.3"), "P1")
    assert banded.lines == [{"product": "A", "quantity": 1000}]
    assert (collected.collected, collected.carrier_id, banded.collected) == (True, "V44_3", False)
    assert Entry.objects.get(kind="dispatch.network_imported").payload["left_out"] == 2


def test_it_changes_nothing_the_second_time(folder):
    import_network(folder=folder, by=SYSTEM)
    before = list(Order.objects.order_by("id").values())
    again = import_network(folder=folder, by=SYSTEM)
    assert (again.lanes, again.rates, again.changed_orders) == (3, 5, 0)
    assert list(Order.objects.order_by("id").values()) == before
    assert (Lane.objects.count(), LaneRate.objects.count(), Region.objects.count()) == (3, 5, 1)


def test_it_follows_the_files(folder):
    import_network(folder=folder, by=SYSTEM)
    change(folder, "OrderList", "808", "809")
    change(folder, "PlantPorts", "P1,PORT2\n", "")
    change(folder, "WhCosts", "P2,1", "P2,2")
    done = import_network(folder=folder, by=SYSTEM)
    assert (done.changed_orders, done.rates) == (1, 4)
    order = Order.objects.get(external_id="1.7")
    assert (order.version, order.quantity) == (2, 809)
    assert WarehousePort.objects.filter(warehouse="P1").count() == 1
    assert Warehouse.objects.get(code="P2").unit_cost == 2


def test_it_keeps_where_an_order_was_rerouted_to(folder):
    import_network(folder=folder, by=SYSTEM)
    Order.objects.filter(external_id="2.7").update(warehouse="P2")
    change(folder, "OrderList", '"1,000"', "1001")
    import_network(folder=folder, by=SYSTEM)
    order = Order.objects.get(external_id="2.7")
    assert (order.warehouse_id, order.quantity) == ("P2", 1001)


def change(folder, name, before, after):
    path = folder / f"{name}.csv"
    text = path.read_text(encoding="utf-8-sig")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


PROBLEMS = [
    ("OrderList", "14.3", "heavy", "OrderList.csv row 3: Weight 'heavy' is not a number"),
    ("OrderList", "14.3", "-1", "OrderList.csv row 3: Weight '-1' is negative"),
    ("OrderList", "14.3", "nan", "OrderList.csv row 3: Weight 'nan' is not a number"),
    ("OrderList", "808", "8.5", "OrderList.csv row 2: Unit quantity '8.5' is not a whole number"),
    ("OrderList", "3.7", "1.7", "OrderList.csv row 4: Order ID 1.7 was listed in row 2 already"),
    ("OrderList", "B,P1", "B,P7", "OrderList.csv row 4: Plant Code 'P7' is not a plant"),
    (
        "OrderList",
        "2013-05-26",
        "26.5.2013",
        "OrderList.csv row 2: Order Date '26.5.2013' is not a date like 2013-05-26",
    ),
    ("OrderList", ",Weight", ",Mass", "OrderList.csv: has no column Weight"),
    ("FreightRates", "0.0,99.99", "100,99.99", "FreightRates.csv row 2: minm_wgh_qty 100 is above max_wgh_qty 99.99"),
    ("FreightRates", ",2,X", ",2", "FreightRates.csv row 2: 10 columns instead of 11"),
    ("WhCosts", "P2,1", "P2,", "WhCosts.csv row 3: Cost/unit '' is not a number"),
    ("WhCosts", "P2,1", "P3,1", "WhCosts.csv: has no row for P2"),
    ("WhCapacities", '"1,070"', '"1,07"', "WhCapacities.csv row 2: Daily Capacity '1,07' is not a number"),
]


@pytest.mark.parametrize(("name", "before", "after", "problem"), PROBLEMS, ids=[p[3][:60] for p in PROBLEMS])
def test_it_refuses_files_by_place(folder, name, before, after, problem):
    change(folder, name, before, after)
    with pytest.raises(FilesRefused) as refusal:
        import_network(folder=folder, by=SYSTEM)
    assert problem in refusal.value.problems
    assert not Order.objects.exists()
    assert not Warehouse.objects.exists()


def test_it_tells_the_shell_what_happened(folder):
    out, err = StringIO(), StringIO()
    call_command("import_network", str(folder), stdout=out, stderr=err)
    assert "2 warehouses, 3 carriers, 3 lanes with 5 rates; 3 orders, 3 of them new or changed" in out.getvalue()
    assert "CND9 is not a plant" in err.getvalue()
    (folder / "PlantPorts.csv").unlink()
    with pytest.raises(CommandError, match="the file is missing"):
        call_command("import_network", str(folder))
    with pytest.raises(CommandError, match="is not a folder"):
        call_command("import_network", str(folder / "nowhere"))


def brunel() -> Path | None:
    checkout = Path(__file__).resolve().parent.parent.parent
    for folder in (os.environ.get("BRUNEL_DIR"), checkout.parent / "shared" / "data" / "brunel-supply-chain"):
        if folder and (Path(folder) / "OrderList.csv").is_file():
            return Path(folder)
    return None


@pytest.mark.skipif(brunel() is None, reason="the Brunel files are not beside the checkout; set BRUNEL_DIR")
def test_it_brings_in_the_brunel_files():
    folder = brunel()
    done = import_network(folder=folder, by=SYSTEM)
    assert (done.warehouses, done.orders, done.changed_orders) == (19, 9215, 9215)
    assert len(done.warnings) == 1
    assert "CND9" in done.warnings[0]
    with (folder / "OrderList.csv").open(newline="") as file:
        rows = {row["Order ID"]: row for row in csv.DictReader(file)}
    for order in Order.objects.iterator():
        row = rows[order.external_id]
        assert (str(order.weight), order.warehouse_id, order.carrier_id) == (
            row["Weight"],
            row["Plant Code"],
            row["Carrier"],
        )
        assert order.collected == (row["Service Level"] == "CRF")
    assert Order.objects.filter(collected=True).count() == 854
    # Every order that needs a lane has the one it was shipped by.
    with_lane = Order.objects.filter(lane__isnull=False)
    assert with_lane.filter(collected=True).count() == 0
    assert import_network(folder=folder, by=SYSTEM).changed_orders == 0
