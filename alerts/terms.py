"""CAP's code words as people read them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

WORDS: dict[str, str | Promise] = {
    "Actual": pgettext_lazy("CAP", "Actual"),
    "Exercise": pgettext_lazy("CAP", "Exercise"),
    "System": pgettext_lazy("CAP", "System"),
    "Test": pgettext_lazy("CAP", "Test"),
    "Draft": pgettext_lazy("CAP", "Draft"),
    "Alert": pgettext_lazy("CAP", "Alert"),
    "Update": pgettext_lazy("CAP", "Update"),
    "Cancel": pgettext_lazy("CAP", "Cancel"),
    "Ack": pgettext_lazy("CAP", "Acknowledgement"),
    "Error": pgettext_lazy("CAP", "Error"),
    "Geo": pgettext_lazy("CAP", "Geological"),
    "Met": pgettext_lazy("CAP", "Meteorological"),
    "Safety": pgettext_lazy("CAP", "Safety"),
    "Security": pgettext_lazy("CAP", "Security"),
    "Rescue": pgettext_lazy("CAP", "Rescue"),
    "Fire": pgettext_lazy("CAP", "Fire"),
    "Health": pgettext_lazy("CAP", "Health"),
    "Env": pgettext_lazy("CAP", "Environment"),
    "Transport": pgettext_lazy("CAP", "Transport"),
    "Infra": pgettext_lazy("CAP", "Infrastructure"),
    "CBRNE": pgettext_lazy("CAP", "CBRNE threat"),
    "Other": pgettext_lazy("CAP", "Other"),
    "Shelter": pgettext_lazy("CAP", "Take shelter"),
    "Evacuate": pgettext_lazy("CAP", "Evacuate"),
    "Prepare": pgettext_lazy("CAP", "Prepare"),
    "Execute": pgettext_lazy("CAP", "Carry out the plan"),
    "Avoid": pgettext_lazy("CAP", "Avoid the area"),
    "Monitor": pgettext_lazy("CAP", "Follow the news"),
    "Assess": pgettext_lazy("CAP", "Assess"),
    "AllClear": pgettext_lazy("CAP", "All clear"),
    "None": pgettext_lazy("CAP", "No action"),
    "Immediate": pgettext_lazy("CAP", "Immediate"),
    "Expected": pgettext_lazy("CAP", "Within the hour"),
    "Future": pgettext_lazy("CAP", "Later"),
    "Past": pgettext_lazy("CAP", "Past"),
    "Extreme": pgettext_lazy("CAP", "Extreme"),
    "Severe": pgettext_lazy("CAP", "Severe"),
    "Moderate": pgettext_lazy("CAP", "Moderate"),
    "Minor": pgettext_lazy("CAP", "Minor"),
    "Observed": pgettext_lazy("CAP", "Observed"),
    "Likely": pgettext_lazy("CAP", "Likely"),
    "Possible": pgettext_lazy("CAP", "Possible"),
    "Unlikely": pgettext_lazy("CAP", "Unlikely"),
    "Unknown": pgettext_lazy("CAP", "Unknown"),
}


def word(code: str) -> str:
    return str(WORDS.get(code, code))
