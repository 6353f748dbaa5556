"""What variables may hold, to show words that nobody fills in yet."""

from __future__ import annotations

from notifications.models import Template

SAMPLES = {
    "lv": ("Ⅱ", "II"),
    "event": ("台风利奇马·华东", "Typhoon Lekima, East China"),
    "role": ("现场指挥", "Site Commander"),
    "time": ("03:25", "03:25"),
    "url": ("https://fenghuo.example/c/7Qx2", "https://fenghuo.example/c/7Qx2"),
    "what": ("仓库清点", "the head count"),
    "text": ("受影响订单12,480单，已改派81%。", "12,480 orders hit, 81% rerouted."),
    "no": ("SO20260812001", "SO20260812001"),
    "cause": ("台风", "a typhoon"),
    "eta": ("8月14日18时", "14 August, 18:00"),
    "area": ("台州市", "Taizhou"),
    "amt": ("5", "5"),
    "d": ("3", "3"),
}


def examples(template: Template) -> dict[str, str]:
    """A value for each of a template's variables, in its language."""
    column = 0 if template.language == "zh-hans" else 1
    return {name: SAMPLES.get(name, (f"‹{name}›",) * 2)[column] for name in template.variables}
