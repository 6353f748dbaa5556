"""Batches: filled by one statement, all or nothing, deduplicated."""

import pytest

from journal.models import Entry
from notifications.models import Chunk, Message
from notifications.operations import batches, fill_batch, launch_batch, open_batch, pause_batch, resume_batch
from notifications.queries import batch_progress
from notifications.refusals import BatchEmpty, BatchNotOpen, IllegalBatchStep, UnknownTemplate, VariableMissing
from tests.notifications.providers import ALIYUN, add_gateway

pytestmark = pytest.mark.django_db

PEOPLE = """
SELECT 'notice:' || n, CASE WHEN n %% 10 = 0 THEN 'email' ELSE %s END, '139' || lpad(n::text, 8, '0'),
    CASE WHEN n %% 2 = 0 THEN 'en' ELSE 'zh-hans' END,
    jsonb_build_object('no', 'SO' || n, 'cause', '台风', 'eta', '8月12日', 'url', 'https://example.test/s/' || n)
FROM generate_series(1, %s) AS n
"""


@pytest.fixture
def batch(commander):
    return open_batch(template="delay", by=commander, reference="incident:1", key="notice:1")


def test_it_fills_once_per_key(batch, monkeypatch):
    monkeypatch.setattr(batches, "CHUNK_SIZE", 2_000)
    assert fill_batch(batch.pk, PEOPLE, ["sms", 5_000]) == 5_000
    assert fill_batch(batch.pk, PEOPLE, ["sms", 5_001]) == 1
    assert Message.objects.count() == batch_progress(batch.pk).total == 5_001
    assert max(Chunk.objects.values_list("size", flat=True)) == 2_000
    for chunk in Chunk.objects.all():
        rows = Message.objects.filter(batch=batch, template=chunk.template, id__range=(chunk.first, chunk.last))
        assert rows.count() == chunk.size
        assert set(rows.values_list("channel", flat=True)) == {chunk.channel}


def test_it_makes_small_chunks_where_a_call_carries_one(batch, monkeypatch):
    monkeypatch.setattr(batches, "SINGLE_CHUNK_SIZE", 10)
    add_gateway(ALIYUN, "https://sms.example.test", batch_size=1)
    assert fill_batch(batch.pk, PEOPLE, ["sms", 35]) == 35
    assert sorted(Chunk.objects.values_list("size", flat=True)) == [
        3,
        4,
        8,
        10,
        10,
    ]  # e-mails, English and Chinese texts


def test_it_refuses_all_when_one_lacks_a_variable(batch):
    with pytest.raises(VariableMissing) as refusal:
        fill_batch(batch.pk, PEOPLE.replace("'url'", "CASE WHEN n = 7 THEN 'link' ELSE 'url' END"), ["sms", 20])
    assert refusal.value.extra == {"missing": ["url"]}
    assert not Message.objects.exists()


def test_it_refuses_a_channel_without_words(batch):
    with pytest.raises(UnknownTemplate):
        fill_batch(batch.pk, PEOPLE, ["voice", 20])


def test_it_launches_pauses_and_resumes(batch, commander):
    with pytest.raises(BatchEmpty):
        launch_batch(batch_id=batch.pk, by=commander)
    fill_batch(batch.pk, PEOPLE, ["sms", 20])
    launch_batch(batch_id=batch.pk, by=commander)
    assert set(Chunk.objects.values_list("state", flat=True)) == {"due"}
    with pytest.raises(BatchNotOpen):
        fill_batch(batch.pk, PEOPLE, ["sms", 40])
    pause_batch(batch_id=batch.pk, by=commander)
    assert set(Chunk.objects.values_list("state", flat=True)) == {"waiting"}
    with pytest.raises(IllegalBatchStep) as refusal:
        pause_batch(batch_id=batch.pk, by=commander)
    assert refusal.value.extra["legal"] == ["cancel", "resume"]
    resume_batch(batch_id=batch.pk, by=commander)
    assert set(Chunk.objects.values_list("state", flat=True)) == {"due"}
    assert Entry.objects.filter(subject=f"batch:{batch.pk}").count() == 4
