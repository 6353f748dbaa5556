"""The matrix of all words, and the words that are forbidden."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest
from accounts.roles import Permission
from notifications.matrix import matrix
from notifications.models import ForbiddenWord
from notifications.operations import wording


@login_required
@require_GET
def template_matrix(request: StaffRequest) -> HttpResponse:
    """What is approved, waits or is missing, by purpose, channel and language."""
    request.actor.require(Permission.VIEW)
    context = {"purposes": matrix(), "words": ForbiddenWord.objects.all()}
    return render(request, "notifications/matrix.html", context)


@login_required
@require_POST
def word_forbid(request: StaffRequest) -> HttpResponse:
    wording.forbid_word(word=request.POST.get("word", ""), reason=request.POST.get("reason", ""), by=request.actor)
    return redirect("template_matrix")


@login_required
@require_POST
def word_allow(request: StaffRequest) -> HttpResponse:
    wording.allow_word(word=request.POST.get("word", ""), by=request.actor)
    return redirect("template_matrix")
