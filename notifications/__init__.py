"""How we tell people: templates, channels, messages, receipts.

The flow. Words are templates (code, channel, language, version), approved by a second person. `queue_message` renders
one message to staff at once; `fill_batch` turns a SELECT into many notices with one INSERT … SELECT. Either way the
job is a *chunk*: up to 10,000 messages of one channel and template, or a single urgent one. A worker claims a chunk
with SKIP LOCKED and a committed lease (`engine.run`), reads what is queued in it, and cuts that into calls of at most
a hundred. Before each call it commits an *attempt*: which messages, under which key (the provider's OutId). Then it
calls, outside any transaction, several at once; while some are under way a transaction records what came of others and
commits the attempts of the next. A message's row is written once for all that, when a provider has it.
So a kill at any point leaves either messages that no call was made for, which are still queued, or open attempts,
whose messages become *ambiguous*: the provider is asked (QuerySendDetails), a receipt may come, and only what the
provider denies for ten minutes is sent again. Receipts are monotone: duplicates, shuffled and late ones do no harm.
Celery tasks and the clock's sweeps (`due`) are hints; while the broker is away the clock sends staff messages itself.
`moves` is the only writer of a message's state and `states.TRANSITIONS` its table; counters on the chunk follow in
the same transaction, so that progress costs no scan. The journal holds ids, counts and hashes, never an address.
`simulator` stands in for the providers as a separate process and judges by its own ledger.
"""
