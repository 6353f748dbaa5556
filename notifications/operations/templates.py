"""Writing, approving and retiring templates."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import Channel
from accounts.roles import Permission
from journal import operations as journal
from journal.clock import now
from notifications import defaults
from notifications.models import Kind, Registration, Retention, Review, Template
from notifications.operations.wording import refuse_forbidden
from notifications.refusals import OwnTemplate, TemplateInvalid, TemplateNotApproved
from notifications.rendering import placeholders

LONGEST_SUBJECT = 200


@transaction.atomic
def add_version(
    *,
    code: str,
    channel: str,
    language: str,
    body: str,
    variables: Sequence[str],
    by: Actor,
    subject: str = "",
    name: str = "",
    name_en: str = "",
) -> Template:
    """Write a new version of a template as a draft; what is in use stays in use until the draft is approved.

    Journals template.written. Raises TemplateInvalid for an undeclared variable or a stray "$",
    WordForbidden, NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    if channel not in Channel.values or language not in {"zh-hans", "en"}:
        raise TemplateInvalid(_("Choose a known channel and language."))
    if "\n" in subject or "\r" in subject or len(subject) > LONGEST_SUBJECT:
        raise TemplateInvalid(_("A subject is one line of at most 200 characters."))
    try:
        undeclared = (placeholders(body) | placeholders(subject)) - set(variables)
    except ValueError as error:
        raise TemplateInvalid(_('A "$" that is not part of ${name} must be written "$$".')) from error
    if undeclared:
        raise TemplateInvalid(
            _("The text uses variables that are not declared: %(names)s.") % {"names": ", ".join(sorted(undeclared))}
        )
    refuse_forbidden(subject, body)
    versions = Template.objects.filter(code=code, channel=channel, language=language)
    newest = versions.order_by("-version").select_for_update().first()
    highest = versions.aggregate(highest=Max("version"))["highest"] or 0
    template = Template.objects.create(
        code=code,
        channel=channel,
        language=language,
        version=highest + 1,
        name=name or (newest.name if newest else code),
        name_en=name_en or (newest.name_en if newest else ""),
        subject=subject,
        body=body,
        variables=list(variables),
        created_by=str(by),
    )
    note("template.written", template, by)
    return template


@transaction.atomic
def approve_template(*, template_id: int, by: Actor) -> Template:
    """Put a draft into use, by somebody other than its author.

    Journals template.approved. Raises OwnTemplate, TemplateNotApproved when it is no draft, WordForbidden,
    NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    template = Template.objects.select_for_update().get(pk=template_id)
    if template.state != "draft":
        raise TemplateNotApproved(_("Only a draft can be approved."))
    if template.created_by == str(by):
        raise OwnTemplate(_("Ask a second person to approve what you wrote."))
    refuse_forbidden(template.subject, template.body)
    template.approve()
    template.approved_by, template.approved_at = str(by), now()
    template.save()
    note("template.approved", template, by)
    return template


@transaction.atomic
def retire_template(*, template_id: int, by: Actor) -> Template:
    """Take a version out of use; an older approved one, if any, is used again.

    Journals template.retired. Raises TemplateNotApproved when it is retired already, NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    template = Template.objects.select_for_update().get(pk=template_id)
    if template.state == "retired":
        raise TemplateNotApproved(_("This version is retired already."))
    template.retire()
    template.save()
    note("template.retired", template, by)
    return template


def load_defaults() -> int:
    """Insert the templates that ship with the house wherever a code, channel and language has none yet, under the ids
    that the simulator knows them by.

    Runs after every migration, so that a fresh or upgraded database can always call people. Journals nothing.
    """
    known = set(Template.objects.values_list("code", "channel", "language"))
    rows = [row for row in defaults.rows() if (row["code"], row["channel"], row["language"]) not in known]
    Template.objects.bulk_create(
        [Template(**row, state="approved", created_by="system", approved_by="system") for row in rows],
        ignore_conflicts=True,
    )
    codes = {(row["code"], row["channel"], row["language"]): defaults.provider_code(row) for row in rows}
    fresh = Template.objects.filter(version=1, code__in={row["code"] for row in rows}, registrations=None)
    Registration.objects.bulk_create(
        [
            Registration(
                template=template,
                kind=Kind.ALIYUN_VOICE if template.channel == Channel.VOICE else Kind.ALIYUN_SMS,
                code=code,
                drill_code=f"{code}_DRILL",
                state=Review.APPROVED,
                drill_state=Review.APPROVED,
            )
            for template in fresh
            if (code := codes.get((template.code, template.channel, template.language)))
        ],
        ignore_conflicts=True,
    )
    Retention.objects.get_or_create(pk=1, defaults={"purge_at": now()})
    return len(rows)


def note(kind: str, template: Template, by: Actor, /, **payload: str) -> None:
    journal.write(
        kind=kind,
        subject=f"template:{template.pk}",
        by=by,
        payload={
            "code": f"purpose:{template.code}",
            "channel": f"channel:{template.channel}",
            "language": template.language,
            "version": template.version,
            **payload,
        },
    )
